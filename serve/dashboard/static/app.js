// The dashboard: sign in, follow the run, refresh the panels.

import { ApiError, follow, forgetToken, get, keepToken, takeToken } from "./client.js";
import { byId } from "./dom.js";
import { count, session, words } from "./format.js";
import { PANELS, showFailure } from "./panels.js";

const REFRESH_MS = 1_500; // shortest time between two refreshes of all panels
const POLL_MS = 3_000; // without the event stream
const RETRY_STREAM_MS = 15_000;

const IDLE_REFRESH_MS = 30_000; // when nothing is replayed, the services' health still changes

// `visit` ends everything that a sign-in began.
const board = { visit: null, refreshing: false, again: false, lastAt: null };
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function showConnection(state, text) {
  const pill = byId("connection");
  pill.hidden = false;
  pill.className = `pill ${state}`;
  pill.textContent = text;
}

function showBanner(text) {
  const banner = byId("banner");
  banner.hidden = !text;
  banner.textContent = text ?? "";
}

function lost(error) {
  if (error.status === 401) {
    signOut("This token is not accepted. The run prints the right one when it starts.");
    return;
  }
  const since = board.lastAt ? ` What you see is of ${board.lastAt.toLocaleTimeString("en-GB")}.` : "";
  showConnection("down", error.status === 0 ? "connection lost" : "platform unavailable");
  showBanner(`${error.message} Trying again.${since}`);
}

function showProgress(progress) {
  const { phase, sessions_done: done, sessions_total: total } = progress;
  const place = total === null ? "" : `session ${count(done)} of ${count(total)}`;
  const text = {
    replaying: `Replaying ${place} · ${session(progress.session)}`,
    reporting: `Writing the report · ${session(progress.session)}`,
    done: `Replay complete · ${count(done)} sessions to ${session(progress.session)}`,
    failed: "The run failed",
  }[phase];
  byId("phase").textContent = [text ?? words(phase).replace(/^./, (c) => c.toUpperCase()), progress.detail]
    .filter(Boolean)
    .join(" · ");
  byId("phase").classList.toggle("failed", phase === "failed");
  const bar = byId("progress");
  bar.hidden = !total || phase === "done" || phase === "following";
  bar.max = total || 1;
  bar.value = done;
  document.title = phase === "replaying" ? `${count(done)}/${count(total)} · inplay` : "inplay";
}

async function refreshOnce() {
  const asked = new Map(); // panels share answers
  const answer = (path) => {
    if (!asked.has(path)) {
      asked.set(path, get(path));
    }
    return asked.get(path);
  };
  const results = await Promise.allSettled(
    PANELS.map(async (panel) => panel.show(...(await Promise.all(panel.paths.map(answer))))),
  );
  const failed = results.map((result, k) => [PANELS[k], result.reason]).filter(([, reason]) => reason);
  for (const [panel, reason] of failed) {
    if (!(reason instanceof ApiError)) {
      throw reason; // a defect of this page belongs on the console
    }
    showFailure(panel, reason);
  }
  if (failed.length < PANELS.length) {
    board.lastAt = new Date();
  }
  const refused = failed.find(([, reason]) => reason.status === 401);
  if (refused) {
    lost(refused[1]);
  }
}

/** All panels show the present soon; calls in quick succession become one. */
async function refresh() {
  board.again = true;
  if (board.refreshing) {
    return;
  }
  board.refreshing = true;
  try {
    while (board.again && board.visit) {
      board.again = false;
      await refreshOnce();
      await wait(REFRESH_MS);
    }
  } finally {
    board.refreshing = false;
  }
}

function onEvent(name, data) {
  if (name === "unavailable") {
    lost(new ApiError(503, "The platform can't be asked just now."));
    return;
  }
  if (name === "progress") {
    showProgress(data);
  }
  showConnection("live", "live");
  showBanner(null);
  refresh();
}

async function poll(visit, until) {
  let seen = null;
  while (!visit.aborted && Date.now() < until) {
    try {
      const progress = await get("/v1/progress");
      if (visit.aborted) {
        return;
      }
      showProgress(progress);
      showConnection("live", "connected");
      showBanner(null);
      if (JSON.stringify(progress) !== seen) {
        seen = JSON.stringify(progress);
        refresh();
      }
    } catch (error) {
      seen = null;
      if (!visit.aborted) {
        lost(error);
      }
    }
    await wait(POLL_MS);
  }
}

/** The event stream while there is one, polling in between. */
async function watch(visit) {
  while (!visit.aborted) {
    try {
      await follow("/v1/stream", onEvent, visit);
    } catch (error) {
      if (error.status === 401) {
        lost(error);
      }
    }
    await poll(visit, Date.now() + RETRY_STREAM_MS);
  }
}

function signIn() {
  const visit = new AbortController();
  board.visit = visit;
  const idle = setInterval(refresh, IDLE_REFRESH_MS);
  visit.signal.addEventListener("abort", () => clearInterval(idle), { once: true });
  byId("sign-in").hidden = true;
  for (const id of ["board", "run", "sign-out"]) {
    byId(id).hidden = false;
  }
  byId("phase").textContent = "Connecting";
  watch(visit.signal);
}

function signOut(reason) {
  forgetToken();
  board.visit?.abort();
  board.visit = null;
  board.lastAt = null;
  for (const id of ["board", "run", "sign-out", "connection"]) {
    byId(id).hidden = true;
  }
  for (const panel of PANELS) {
    byId(panel.id).replaceChildren(); // nobody else on this screen reads on
  }
  showBanner(null);
  byId("sign-in").hidden = false;
  byId("login-error").hidden = !reason;
  byId("login-error").textContent = reason ?? "";
  byId("token").value = "";
  byId("token").focus();
}

byId("login").addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken(byId("token").value.trim());
  byId("login-error").hidden = true;
  signIn();
});
byId("sign-out").addEventListener("click", () => signOut());

if (takeToken()) {
  signIn();
} else {
  signOut();
}

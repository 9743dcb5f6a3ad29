// Talking to the API: one request, and the event stream.

const KEY = "inplay.token";
const REQUEST_TIMEOUT_MS = 15_000;
const SILENCE_MS = 40_000; // the server says something every 15 s

/** An answer that isn't one. `status` is 0 when there was no connection. */
export class ApiError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** The token of this tab: from the address once (#token=…, which browsers don't send), then from the session storage. */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(KEY);
}

export const keepToken = (token) => sessionStorage.setItem(KEY, token);
export const forgetToken = () => sessionStorage.removeItem(KEY);

const headers = () => ({ Authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ""}` });

async function request(path, signal, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", signal, ...options, headers: { ...headers(), ...options.headers } });
  } catch (error) {
    throw new ApiError(0, "The platform can't be reached.");
  }
  if (response.ok) {
    return response;
  }
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(response.status, problem.detail ?? `The platform answered ${response.status}.`);
}

/** The JSON at `path`. Throws ApiError. */
export async function get(path) {
  const response = await request(path, AbortSignal.timeout(REQUEST_TIMEOUT_MS));
  try {
    return await response.json();
  } catch (error) {
    throw new ApiError(0, "The answer broke off.");
  }
}

/** What is answered to `body`, sent once. Throws ApiError. */
export async function post(path, body) {
  const options = { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  const response = await request(path, AbortSignal.timeout(REQUEST_TIMEOUT_MS), options);
  try {
    return await response.json();
  } catch (error) {
    throw new ApiError(0, "The answer broke off.");
  }
}

/** Calls `onEvent(name, data)` for each server-sent event until the stream or `signal` ends it. Throws ApiError. */
export async function follow(path, onEvent, signal) {
  const stop = new AbortController();
  signal.addEventListener("abort", () => stop.abort(), { once: true });
  let watchdog = setTimeout(() => stop.abort(), SILENCE_MS);
  let rest = "";
  try {
    const response = await request(path, stop.signal);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        return;
      }
      clearTimeout(watchdog);
      watchdog = setTimeout(() => stop.abort(), SILENCE_MS);
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      blocks.forEach((block) => dispatch(block, onEvent));
    }
  } catch (error) {
    throw error instanceof ApiError ? error : new ApiError(0, "The connection broke off.");
  } finally {
    clearTimeout(watchdog);
    stop.abort();
  }
}

function dispatch(block, onEvent) {
  let name = "message";
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) {
      name = line.slice(7);
    } else if (line.startsWith("data: ")) {
      data += line.slice(6);
    }
  }
  if (data) {
    onEvent(name, JSON.parse(data));
  }
}

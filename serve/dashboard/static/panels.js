// The panels: which answers each needs and how it shows them. Nothing is computed here that the API doesn't say.

import { accountCard } from "./accounts.js";
import { equityChart } from "./chart.js";
import { showCosts } from "./costs.js";
import { byId, el, empty, table } from "./dom.js";
import { count, interval, number, percent, session, signedPercent, signedUsd, time, tone, usd, words } from "./format.js";
import { showTrading } from "./trading.js";

const ROWS = 8;

const note = (id, text) => {
  byId(`${id}-note`).textContent = text ?? "";
};
const put = (id, ...nodes) => byId(id).replaceChildren(...nodes);
const badge = (text, kind) => el("span", { class: `badge ${kind}` }, text);
/** A badge for an account by its name, with the title that /v1/portfolio gives it. */
const badges = (portfolio) => {
  const titles = new Map(portfolio.accounts.map((one) => [one.book, one.title]));
  return (name) => badge(titles.get(name) ?? words(name), name);
};
const coloured = (value, text) => el("span", { class: tone(value) }, text);
const symbol = (text) => el("b", { class: "symbol" }, text);

/** The panel keeps what it showed and says why it isn't newer. */
export function showFailure(panel, error) {
  const place = byId(panel.id);
  place.querySelector(".failure")?.remove();
  place.prepend(el("p", { class: "failure" }, `Could not be loaded: ${error.message}`));
}

function showEquity(curves) {
  note("equity", curves.sessions.length ? `${count(curves.sessions.length)} sessions` : "");
  if (!curves.sessions.length) {
    put("equity", empty("No session is complete yet. The chart starts with the first one."));
    return;
  }
  const focused = byId("equity").contains(document.activeElement);
  put("equity", ...equityChart(curves));
  if (focused) {
    byId("equity").querySelector(".chart").focus();
  }
}

function showAccounts(portfolio, performance) {
  const cards = portfolio.accounts.map((account) => accountCard(account, performance));
  put("accounts", ...(cards.length ? cards : [empty("No account is open yet.")]));
}

function scoreBar(score) {
  const bar = el("meter", { min: 0, max: 1, value: score, "aria-hidden": "true" });
  return el("span", { class: "score" }, bar, number(score));
}

function decision(signal) {
  if (!signal) {
    return "no signal";
  }
  const kind = signal.decision === "buy" ? "buy" : "none";
  return el(
    "span",
    { class: "why" },
    badge(signal.decision === "buy" ? "buy" : "no trade", kind),
    el("span", {}, ` ${signal.reason}`),
  );
}

/** The regime in words, with the close it was seen at. */
function regimeLine(regime) {
  return regime.session
    ? el("p", { class: "lead", id: "regime" }, `Market at the close of ${session(regime.session)}: ${regime.words}.`)
    : el("p", { class: "lead", id: "regime" }, "The market's regime isn't known yet.");
}

function showScan(scan, signals, regime) {
  const bySymbol = new Map(signals.signals.map((signal) => [signal.symbol, signal]));
  const left = Object.entries(scan.excluded).map(([why, how]) => `${count(how)} ${words(why)}`);
  note(
    "scan",
    scan.session && `${session(scan.session)} · ${count(scan.considered)} looked at` +
      (left.length ? ` · left out: ${left.join(", ")}` : ""),
  );
  if (!scan.in_play.length) {
    const none = scan.session ? "No stock is in play in this session." : "No session was scanned yet.";
    put("scan", regimeLine(regime), empty(none));
    return;
  }
  const of = (row) => bySymbol.get(row.symbol);
  put(
    "scan",
    regimeLine(regime),
    table(
      "Stocks in play of the latest session",
      [
        { title: "#", class: "num slim", cell: (row) => count(row.rank) },
        { title: "Symbol", cell: (row) => symbol(row.symbol) },
        { title: "Score", cell: (row) => scoreBar(row.score) },
        { title: "Why in play", class: "text", cell: (row) => row.reason },
        { title: "Ensemble", class: "num", cell: (row) => number(of(row)?.strength) },
        { title: "Expected", class: "num", cell: (row) => signedPercent(of(row)?.expected_return, 2) },
        { title: "Rule", class: "num", cell: (row) => number(of(row)?.rule.confidence) },
        { title: "Decision of the hybrid account", class: "text", cell: (row) => decision(of(row)) },
      ],
      scan.in_play,
    ),
  );
}

function showPositions(answer, portfolio) {
  const book = badges(portfolio);
  note("positions", answer.session ? `marked at the close of ${session(answer.session)}` : "");
  if (!answer.positions.length) {
    put("positions", empty("No positions yet."));
    return;
  }
  put(
    "positions",
    table(
      "Open positions",
      [
        { title: "Account", cell: (row) => book(row.book) },
        { title: "Symbol", cell: (row) => symbol(row.symbol) },
        { title: "Shares", class: "num", cell: (row) => count(row.shares) },
        { title: "Entry", class: "num", cell: (row) => usd(row.entry_price_usd) },
        { title: "Last", class: "num", cell: (row) => usd(row.last_price_usd) },
        {
          title: "Gain or loss",
          class: "num pair",
          cell: (row) =>
            coloured(row.unrealised_usd, `${signedUsd(row.unrealised_usd)} (${signedPercent(row.unrealised_return)})`),
        },
        { title: "Why", class: "text", cell: (row) => row.reason },
      ],
      answer.positions,
    ),
  );
}

/** What an accuracy is worth against always saying the more frequent class. */
function verdict(accuracy) {
  if (!accuracy || accuracy.model.low === null || accuracy.majority === null) {
    return null;
  }
  const better = accuracy.model.low > accuracy.majority;
  const worse = accuracy.model.high !== null && accuracy.model.high < accuracy.majority;
  const text = better ? "above majority" : worse ? "below majority" : "not clearly above majority";
  return badge(text, better ? "met" : worse ? "missed" : "unsure");
}

function accuracyLine(title, detail, accuracy) {
  const facts = accuracy
    ? [
        el("b", {}, percent(accuracy.model.value)),
        ` right (${interval(accuracy.model, percent)}) · majority ${percent(accuracy.majority)} · rule ${percent(accuracy.rule)}${accuracy.logistic === null ? "" : ` · logistic ${percent(accuracy.logistic)}`} · ${count(accuracy.rows)} rows`,
      ]
    : ["never measured out of sample"];
  return el(
    "li",
    {},
    el("p", { class: "model" }, el("span", {}, el("b", {}, title), ` ${detail}`), verdict(accuracy)),
    el("p", {}, ...facts),
  );
}

/** Who decided the latest session, and what each ensemble is. */
function rolesTable(answer) {
  return table(
    "Ensembles on record",
    [
      { title: "Role", cell: (row) => badge(row.role, row.role === "champion" ? "met" : "none") },
      { title: "Ensemble", cell: (row) => row.ensemble_id },
      { title: "From", class: "date", cell: (row) => session(row.from_session) },
      { title: "Learned before", class: "date", cell: (row) => session(row.known_before) },
      { title: "Why", class: "text", cell: (row) => row.events.at(-1)?.why ?? "" },
    ],
    answer.ensembles,
  );
}

function showModels(answer, performance) {
  const { deciding } = answer;
  note("models", deciding && `${session(deciding.session)} decided by ${deciding.champion ?? "the rules"}`);
  const ensemble = answer.ensembles[0];
  if (!ensemble) {
    put("models", empty("No ensemble is trained yet."));
    return;
  }
  const lines = ensemble.models.map((model) =>
    accuracyLine(words(model.kind), `${model.algorithm}, weight ${number(model.weight, 1)}`, model.accuracy),
  );
  const targets = performance.targets.filter((target) => target.measure === "accuracy").map((target) => el("li", {}, target.text));
  const trained = `Direction of ${ensemble.ensemble_id} out of sample. Trained on outcomes known before ${session(ensemble.known_before)}.`;
  put(
    "models",
    rolesTable(answer),
    el("p", { class: "lead" }, trained),
    el("ul", { class: "lines" }, accuracyLine("ensemble", "weighted decision", ensemble.accuracy), lines, targets),
  );
}

function showTrades(answer, portfolio) {
  const book = badges(portfolio);
  note("trades", answer.total ? `${count(Math.min(ROWS, answer.trades.length))} of ${count(answer.total)}` : "");
  if (!answer.trades.length) {
    put("trades", empty("No trade is closed yet."));
    return;
  }
  put(
    "trades",
    table(
      "Latest closed trades",
      [
        { title: "Closed", class: "date", cell: (row) => session(row.exit_session) },
        { title: "Account", cell: (row) => book(row.book) },
        { title: "Symbol", cell: (row) => symbol(row.symbol) },
        { title: "Shares", class: "num", cell: (row) => `${row.direction === "short" ? "short " : ""}${count(row.shares)}` },
        { title: "Entry", class: "num", cell: (row) => usd(row.entry_price_usd) },
        { title: "Exit", class: "num", cell: (row) => usd(row.exit_price_usd) },
        {
          title: "Profit",
          class: "num pair",
          cell: (row) => coloured(row.profit_usd, `${signedUsd(row.profit_usd)} (${signedPercent(row.trade_return)})`),
        },
        { title: "Why opened", class: "text", cell: (row) => row.entry_reason },
        { title: "Why closed", class: "text", cell: (row) => row.exit_reason },
      ],
      answer.trades,
    ),
  );
}

function showOrders(answer, portfolio) {
  const book = badges(portfolio);
  if (!answer.orders.length) {
    put("orders", empty("No order was given yet."));
    return;
  }
  put(
    "orders",
    table(
      "Latest orders",
      [
        { title: "Decided", class: "date", cell: (row) => session(row.decided_session) },
        { title: "Account", cell: (row) => book(row.book) },
        { title: "Order", class: "text", cell: (row) => el("span", {}, `${row.side} ${count(row.shares)} `, symbol(row.symbol), ` ${words(row.status)}`) },
        { title: "Why", class: "text", cell: (row) => row.reason },
      ],
      answer.orders,
    ),
  );
}

function showHealth(answer) {
  note("health", answer.services.length ? `overall: ${answer.state}` : "");
  const items = answer.services.map((service) =>
    el(
      "li",
      {},
      el("span", { class: `state ${service.state}` }, service.state),
      el("b", {}, words(service.service)),
      service.detail && el("span", { class: "detail" }, service.detail),
      el("span", { class: "at" }, service.at ? time(service.at) : "never reported"),
    ),
  );
  put("health", items.length ? el("ul", { class: "services" }, items) : empty("No service has reported yet."));
}

export const PANELS = [
  { id: "equity", paths: ["/v1/equity"], show: showEquity },
  { id: "accounts", paths: ["/v1/portfolio", "/v1/performance"], show: showAccounts },
  { id: "scan", paths: ["/v1/scanner?limit=25", "/v1/signals?limit=25", "/v1/regime"], show: showScan },
  { id: "positions", paths: ["/v1/positions", "/v1/portfolio"], show: showPositions },
  { id: "models", paths: ["/v1/models", "/v1/performance"], show: showModels },
  { id: "trades", paths: [`/v1/trades?limit=${ROWS}`, "/v1/portfolio"], show: showTrades },
  { id: "orders", paths: [`/v1/orders?limit=${ROWS}`, "/v1/portfolio"], show: showOrders },
  { id: "health", paths: ["/v1/health"], show: showHealth },
  { id: "trading", paths: ["/v1/trading"], show: showTrading },
  { id: "costs", paths: ["/v1/costs"], show: showCosts },
];

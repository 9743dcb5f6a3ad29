// The card of one account: equity, return with its interval, and each measure beside its target.

import { el } from "./dom.js";
import { count, interval, number, percent, signedPercent, tone, usd } from "./format.js";
import { MEASURES } from "./measures.js";

const FORMATS = {
  fraction: (value) => percent(value),
  number: (value) => number(value),
  count: (value) => count(value),
  usd: (value) => usd(value),
};
const SHORTER = { max_drawdown: "max. drawdown" };
const BESIDE = ["total_return", "trades"]; // in the card's head and foot

function verdict(target, format) {
  if (!target) {
    return "–";
  }
  const [kind, said] = target.met === null ? ["none", "not known"] : target.met ? ["met", "met"] : ["missed", "not met"];
  return el(
    "span",
    { class: "target", title: target.text },
    `${target.comparison} ${format(target.target)} `,
    el("span", { class: `badge ${kind}` }, said),
  );
}

const UNKNOWN = { value: null, low: null, high: null };

/** A measure's estimate; a whole number is one without an interval. */
function estimateOf(measured, name) {
  const found = measured?.[name] ?? UNKNOWN;
  return typeof found === "number" ? { ...UNKNOWN, value: found } : found;
}

function titleOf(measure) {
  const title = SHORTER[measure.name] ?? measure.title;
  return title[0].toUpperCase() + title.slice(1);
}

function row(measure, measured, targets) {
  const estimate = estimateOf(measured, measure.name);
  const format = FORMATS[measure.unit];
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, titleOf(measure)),
    el("td", { class: "num strong" }, format(estimate.value)),
    el("td", { class: "num faint" }, interval(estimate, format)),
    el("td", { class: "num" }, verdict(targets.find((target) => target.measure === measure.name), format)),
  );
}

function hero(account, measured) {
  const total = estimateOf(measured, "total_return");
  const change =
    total.value === null
      ? el("p", { class: "faint" }, "no return yet")
      : el(
          "p",
          { class: `return ${tone(total.value)}` },
          signedPercent(total.value),
          el("span", { class: "faint" }, ` (${interval(total, (value) => signedPercent(value))})`),
        );
  return el("div", { class: "hero" }, el("p", { class: "equity" }, usd(account.equity_usd)), change);
}

function foot(account, measured, benchmark) {
  const facts = [
    `${count(measured?.trades)} closed trades`,
    `${count(account.open_positions)} open`,
    `cash ${usd(account.cash_usd)}`,
  ];
  if (benchmark) {
    facts.push(`${benchmark.name}: ${signedPercent(benchmark.total_return)}, Sharpe ${number(benchmark.sharpe)}`);
  }
  return el("p", { class: "foot" }, facts.join(" · "));
}

/** The card of an account of /v1/portfolio, with its measures out of /v1/performance. */
export function accountCard(account, performance) {
  const { book: name, title } = account;
  const measured = performance.accounts.find((one) => one.book === name);
  const targets = performance.targets.filter((target) => target.book === name);
  const level = performance.interval_level === null ? "Interval" : `${percent(performance.interval_level, 0)} interval`;
  const shown = MEASURES.filter((measure) => !BESIDE.includes(measure.name));
  const paused = account.state !== "trading" ? el("span", { class: "badge missed" }, account.state) : null;
  return el(
    "article",
    { class: `card account ${name}` },
    el("div", { class: "head" }, el("h2", {}, title), paused, hero(account, measured)),
    el(
      "table",
      { class: "measures" },
      el("caption", { class: "unseen" }, `${title}: measures, their intervals and targets`),
      el(
        "thead",
        {},
        el("tr", {}, ["Measure", "Value", level, "Target"].map((title, k) => el("th", { scope: "col", class: k ? "num" : null }, title))),
      ),
      el("tbody", {}, shown.map((measure) => row(measure, measured, targets))),
    ),
    foot(account, measured, performance.benchmark),
  );
}

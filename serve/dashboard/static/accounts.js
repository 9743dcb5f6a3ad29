// The card of one account: equity, return with its interval, and each measure beside its target.

import { el } from "./dom.js";
import { count, interval, number, percent, signedPercent, tone, usd } from "./format.js";

const TITLES = { rule: "Rule account", ensemble: "Ensemble account" };
const MEASURES = [
  { name: "sharpe", title: "Sharpe ratio", format: (value) => number(value) },
  { name: "max_drawdown", title: "Max. drawdown", format: (value) => percent(value) },
  { name: "win_rate", title: "Win rate", format: (value) => percent(value) },
  { name: "profit_factor", title: "Profit factor", format: (value) => number(value) },
];

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

function row(measure, measured, targets) {
  const estimate = measured?.[measure.name] ?? { value: null, low: null, high: null };
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, measure.title),
    el("td", { class: "num strong" }, measure.format(estimate.value)),
    el("td", { class: "num faint" }, interval(estimate, measure.format)),
    el("td", { class: "num" }, verdict(targets.find((target) => target.measure === measure.name), measure.format)),
  );
}

function hero(account, measured) {
  const total = measured?.total_return ?? { value: null, low: null, high: null };
  const change =
    total.value === null
      ? el("p", { class: "faint" }, "no return yet")
      : el(
          "p",
          { class: `return ${tone(total.value)}` },
          signedPercent(total.value),
          el("span", { class: "faint" }, ` (${interval(total, (value) => signedPercent(value))})`),
        );
  return el("div", { class: "hero" }, el("p", { class: "equity" }, usd(account?.equity_usd)), change);
}

function foot(account, measured, benchmark) {
  const facts = [
    `${count(measured?.trades)} closed trades`,
    `${count(account?.open_positions)} open`,
    `cash ${usd(account?.cash_usd)}`,
  ];
  if (benchmark) {
    facts.push(`${benchmark.name}: ${signedPercent(benchmark.total_return)}, Sharpe ${number(benchmark.sharpe)}`);
  }
  return el("p", { class: "foot" }, facts.join(" · "));
}

/** The card of the account `name` out of /v1/portfolio and /v1/performance. */
export function accountCard(name, portfolio, performance) {
  const account = portfolio.accounts.find((one) => one.book === name);
  const measured = performance.accounts.find((one) => one.book === name);
  const targets = performance.targets.filter((target) => target.book === name);
  const level = performance.interval_level === null ? "Interval" : `${percent(performance.interval_level, 0)} interval`;
  const paused = account && account.state !== "trading" ? el("span", { class: "badge missed" }, account.state) : null;
  return el(
    "article",
    { class: `card account ${name}` },
    el("div", { class: "head" }, el("h2", {}, TITLES[name]), paused, hero(account, measured)),
    el(
      "table",
      { class: "measures" },
      el("caption", { class: "unseen" }, `${TITLES[name]}: measures, their intervals and targets`),
      el(
        "thead",
        {},
        el("tr", {}, ["Measure", "Value", level, "Target"].map((title, k) => el("th", { scope: "col", class: k ? "num" : null }, title))),
      ),
      el("tbody", {}, MEASURES.map((measure) => row(measure, measured, targets))),
    ),
    foot(account, measured, performance.benchmark),
  );
}

// The panel of trading: suspended or not, armed or not, the account at the broker, and the switch.

import { post } from "./client.js";
import { byId, el, empty } from "./dom.js";
import { count, time, usd } from "./format.js";

function account(broker) {
  const state = broker.connected ? "connected" : `NOT CONNECTED: ${broker.detail}`;
  return [
    `${broker.broker}: ${state}`,
    `Reconciled ${broker.reconciled_at ? time(broker.reconciled_at) : "never"}, ${count(broker.open_orders)} open orders, ` +
      `${count(broker.unknown_orders)} without an answer`,
    `Equity ${usd(broker.equity_usd)}, cash ${usd(broker.cash_usd)} at the close of ${broker.session ?? "–"}`,
  ];
}

function arming(answer) {
  return answer.armed_until
    ? `Live trading is armed until ${time(answer.armed_until)}: ${usd(answer.spent_usd)} of ${usd(answer.limit_usd)} spent`
    : "Live trading is not armed";
}

async function turn(path, button) {
  button.disabled = true;
  try {
    showTrading(await post(path, { reason: "by the dashboard" }));
  } catch (error) {
    byId("trading-note").textContent = error.message;
    button.disabled = false;
  }
}

export function showTrading(answer) {
  const [path, words] = answer.suspended ? ["/v1/trading/resume", "Resume"] : ["/v1/trading/suspend", "Open nothing new"];
  const button = el("button", { type: "button" }, words);
  button.addEventListener("click", () => turn(path, button));
  byId("trading-note").textContent = answer.suspended ? `suspended: ${answer.suspended}` : "not suspended";
  const lines = answer.broker ? [...account(answer.broker), arming(answer)] : [];
  byId("trading").replaceChildren(
    lines.length ? el("ul", { class: "lines" }, lines.map((line) => el("li", {}, line))) : empty("No broker is set."),
    button,
  );
}

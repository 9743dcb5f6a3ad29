// The panel of the machines in the cloud: what they cost, and the training sessions that rent them.

import { byId, el, empty, table } from "./dom.js";
import { number, time, usd, words } from "./format.js";

const SESSIONS = 5;

function figures(answer) {
  return el(
    "p",
    { class: "lead" },
    `Today ${usd(answer.today_usd)}, this month ${usd(answer.month_to_date_usd)}, by its end ${usd(answer.month_forecast_usd)}; `,
    `GPUs ${number(answer.gpu_hours, 1)} h, ${usd(answer.gpu_usd)}. Running now: `,
    answer.machines.map((machine) => machine.size).join(", ") || "none",
    ".",
  );
}

export function showCosts(answer) {
  const plans = answer.plans.map((plan) => el("li", {}, `${plan.kind.toUpperCase()} training: ${plan.reason}`));
  const known = answer.month_to_date_usd !== null;
  byId("costs-note").textContent = known ? `${usd(answer.now_usd_per_h)} an hour now` : "";
  if (!known && !plans.length) {
    byId("costs").replaceChildren(empty("No machine was rented and no training is planned."));
    return;
  }
  const columns = [
    { title: "Opened", class: "date", cell: (row) => time(row.opened_at) },
    { title: "Kind", cell: (row) => row.kind.toUpperCase() },
    { title: "Outcome", cell: (row) => words(row.state) },
    { title: "Cost", class: "num", cell: (row) => usd(row.cost_usd) },
    { title: "Detail", class: "text", cell: (row) => row.detail || row.device || "" },
  ];
  byId("costs").replaceChildren(
    known ? figures(answer) : empty("No machine was rented yet."),
    el("ul", { class: "lines" }, plans),
    answer.sessions.length ? table("Training sessions", columns, answer.sessions.slice(0, SESSIONS)) : empty("No session was held yet."),
  );
}

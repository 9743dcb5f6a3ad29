// The equity chart: lines over sessions, axes with units, values under the pointer or the arrow keys.

import { el, svg } from "./dom.js";
import { session, usd, wholeUsd } from "./format.js";

const SIZE = { width: 720, height: 440 };
const NARROW = { width: 380, height: 330 };
const PAD = { left: 92, right: 14, top: 14, bottom: 46 };

/** Round steps (1, 2, 2.5 or 5 times a power of ten) that cover low..high in about `count` parts. */
export function ticks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw) * power;
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) {
    found.push(value);
  }
  return found;
}

function scales(sessions, curves, size) {
  const values = curves.flatMap((curve) => curve.equity_usd).filter((value) => value !== null);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = Math.max((most - least) * 0.08, most * 0.002);
  const [low, high] = [least - room, most + room];
  const last = Math.max(sessions.length - 1, 1);
  return {
    low,
    high,
    x: (k) => PAD.left + (k / last) * (size.width - PAD.left - PAD.right),
    y: (value) => PAD.top + ((high - value) / (high - low)) * (size.height - PAD.top - PAD.bottom),
  };
}

/** An SVG path; a null value breaks the line instead of being bridged. */
function path(values, { x, y }) {
  let pen = "M";
  let text = "";
  values.forEach((value, k) => {
    if (value === null) {
      pen = "M";
      return;
    }
    text += `${pen}${x(k).toFixed(1)},${y(value).toFixed(1)}`;
    pen = "L";
  });
  return text;
}

function axes(sessions, scale, size) {
  const bottom = size.height - PAD.bottom;
  const rows = ticks(scale.low, scale.high, 5).map((value) => [
    svg("line", { class: "grid", x1: PAD.left, x2: size.width - PAD.right, y1: scale.y(value), y2: scale.y(value) }),
    svg("text", { class: "tick", x: PAD.left - 8, y: scale.y(value) + 4, "text-anchor": "end" }, wholeUsd(value)),
  ]);
  const parts = Math.min(size.width > 500 ? 5 : 2, sessions.length - 1);
  const places = [...new Set(Array.from({ length: parts + 1 }, (_, k) => Math.round((k / Math.max(parts, 1)) * (sessions.length - 1))))];
  const columns = places.map((k, at) => {
    const anchor = places.length === 1 ? "middle" : at === 0 ? "start" : at === places.length - 1 ? "end" : "middle";
    return svg("text", { class: "tick", x: scale.x(k), y: bottom + 18, "text-anchor": anchor }, session(sessions[k]));
  });
  const middle = (PAD.top + bottom) / 2;
  return [
    rows,
    columns,
    svg("line", { class: "axis", x1: PAD.left, x2: size.width - PAD.right, y1: bottom, y2: bottom }),
    svg("text", { class: "title", x: (PAD.left + size.width - PAD.right) / 2, y: size.height - 8, "text-anchor": "middle" }, "Session"),
    svg("text", { class: "title", x: 0, y: 0, "text-anchor": "middle", transform: `translate(11 ${middle}) rotate(-90)` }, "Equity at the close, US dollars"),
  ].flat(2);
}

const latest = (curve) => usd(curve.equity_usd.at(-1) ?? null);

function legend(curves) {
  const items = curves.map((curve) => {
    const value = el("b", { class: "value" }, latest(curve));
    return { value, node: el("li", {}, el("span", { class: `key ${curve.name}`, "aria-hidden": "true" }), curve.label, value) };
  });
  return { node: el("ul", { class: "legend" }, items.map((item) => item.node)), items };
}

/** Shows the values at session `k`, or the latest ones for null. */
function reader(data, scale, size, marks, keys, when) {
  return (k) => {
    const at = k ?? data.sessions.length - 1;
    marks.toggleAttribute("hidden", k === null);
    when.textContent = k === null ? `Latest: ${session(data.sessions[at])}` : session(data.sessions[at]);
    data.curves.forEach((curve, row) => {
      keys.items[row].value.textContent = usd(curve.equity_usd[at]);
    });
    if (k === null) {
      return;
    }
    const dots = data.curves
      .filter((curve) => curve.equity_usd[k] !== null)
      .map((curve) => svg("circle", { class: `dot ${curve.name}`, cx: scale.x(k), cy: scale.y(curve.equity_usd[k]), r: 4 }));
    marks.replaceChildren(
      svg("line", { class: "cross", x1: scale.x(k), x2: scale.x(k), y1: PAD.top, y2: size.height - PAD.bottom }),
      ...dots,
    );
  };
}

function steer(plot, data, size, show) {
  const last = data.sessions.length - 1;
  let at = null;
  const go = (k) => {
    at = k === null ? null : Math.min(Math.max(k, 0), last);
    show(at);
  };
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * size.width;
    go(Math.round(((x - PAD.left) / (size.width - PAD.left - PAD.right)) * last));
  });
  plot.addEventListener("pointerleave", () => go(null));
  plot.addEventListener("blur", () => go(null));
  plot.addEventListener("keydown", (event) => {
    const moved = { ArrowLeft: (at ?? last) - 1, ArrowRight: (at ?? last - 1) + 1, Home: 0, End: last }[event.key];
    if (moved !== undefined) {
      event.preventDefault();
      go(moved);
    }
  });
}

/** The chart of `{ sessions, curves }` with its legend. */
export function equityChart(data) {
  const size = window.matchMedia("(max-width: 640px)").matches ? NARROW : SIZE;
  const scale = scales(data.sessions, data.curves, size);
  const lines = data.curves.map((curve) => svg("path", { class: `line ${curve.name}`, d: path(curve.equity_usd, scale) }));
  const marks = svg("g", { hidden: true });
  const keys = legend(data.curves);
  const when = el("span", { class: "when" });
  const label = `Equity from ${data.sessions[0]} to ${data.sessions.at(-1)}: ${data.curves
    .map((curve) => `${curve.label} ${latest(curve)}`)
    .join(", ")}. Arrow keys read single sessions.`;
  const plot = svg(
    "svg",
    { class: "chart", viewBox: `0 0 ${size.width} ${size.height}`, role: "img", "aria-label": label, tabindex: "0" },
    ...axes(data.sessions, scale, size),
    ...lines,
    marks,
  );
  const show = reader(data, scale, size, marks, keys, when);
  show(null);
  steer(plot, data, size, show);
  return [el("div", { class: "reading", "aria-live": "polite" }, when, keys.node), plot];
}

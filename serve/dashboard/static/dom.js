// Building the page. Text from the API only ever becomes text nodes, so no value can become markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

/** An HTML element; strings among the children become text. */
export const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

/** An SVG element. */
export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

export const byId = (id) => document.getElementById(id);

export const empty = (text) => el("p", { class: "empty" }, text);

/**
 * A table that becomes a list of cards on a narrow screen.
 * columns: [{ title, cell: (row) => string | Node, class? }]
 */
export function table(caption, columns, rows) {
  const head = columns.map((column) => el("th", { scope: "col", class: column.class }, column.title));
  const body = rows.map((row) =>
    el(
      "tr",
      {},
      columns.map((column) => el("td", { class: column.class, "data-label": column.title }, column.cell(row))),
    ),
  );
  return el(
    "div",
    { class: "scroll" },
    el(
      "table",
      {},
      el("caption", { class: "unseen" }, caption),
      el("thead", {}, el("tr", {}, head)),
      el("tbody", {}, body),
    ),
  );
}

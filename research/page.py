"""Reports as one HTML file: no script, no request, figures with their intervals in tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from trading.performance.estimate import Estimate

WIDTH, HEIGHT, MARGIN = 900, 260, 64
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
body { color: #1f2328; background: #fff }
table { border-collapse: collapse; margin: .5rem 0 1.5rem } td, th { padding: .2rem .8rem .2rem 0; text-align: right }
th:first-child, td:first-child { text-align: left } tr + tr { border-top: 1px solid #d1d9e0 }
svg { width: 100%; height: auto } .met { color: #1a7f37 } .missed { color: #cf222e } .note { color: #59636e }
h2, h3 { break-after: avoid } table, svg, figure { break-inside: avoid } figure { margin: 1rem 0 }
.headline { font-size: 1.3rem; line-height: 1.35 } .left td, .left th { text-align: left }
td { vertical-align: top }
@media print {
 body { font-size: 10pt; margin: 0; max-width: none } a { color: inherit }
 @page { margin: 15mm }
}
@media screen and (prefers-color-scheme: dark) {
 body { color: #f0f6fc; background: #0d1117 } tr + tr { border-color: #3d444d }
}
"""


def page(title: str, parts: Iterable[str], meta: Mapping[str, str] | None = None) -> str:
    """A whole file.

    Args:
        title: of the window, as plain text.
        parts: HTML, one after the other.
        meta: what programs read in the head, by name.
    """
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    head += "".join(f'<meta name="{escape(name)}" content="{escape(text)}">' for name, text in (meta or {}).items())
    return head + f"<style>{STYLE}</style>" + "\n".join(parts) + "</html>\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], style: str = "") -> str:
    """A table of plain texts; with the style `left` no column is of numbers."""
    head = "".join(f"<th>{escape(text)}</th>" for text in headings)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    opened = f'<table class="{escape(style)}">' if style else "<table>"
    return f"{opened}<tr>{head}</tr>{body}</table>"


def span(estimate: Estimate, form: str, unknown: str = "not defined") -> str:
    """A figure with its interval, where it has one."""
    if estimate.value is None:
        return unknown
    if estimate.low is None:
        return form.format(estimate.value)
    high = "∞" if estimate.high is None else form.format(estimate.high)
    return f"{form.format(estimate.value)} [{form.format(estimate.low)}, {high}]"

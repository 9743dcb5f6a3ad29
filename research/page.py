"""Reports as one HTML file: no script, no request, figures with their intervals in tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from trading.performance.estimate import Estimate

WIDTH, HEIGHT, MARGIN = 900, 260, 64
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
body { color: #1f2328; background: #fff }
table { border-collapse: collapse; margin: .5rem 0 1.5rem } td, th { padding: .2rem .8rem .2rem 0; text-align: right }
th:first-child, td:first-child { text-align: left } tr + tr { border-top: 1px solid #d1d9e0 }
svg { width: 100%; height: auto } .met { color: #1a7f37 } .missed { color: #cf222e } .note { color: #59636e }
@media (prefers-color-scheme: dark) { body { color: #f0f6fc; background: #0d1117 } tr + tr { border-color: #3d444d } }
"""


def page(title: str, parts: Iterable[str]) -> str:
    """A whole file.

    Args:
        title: of the window, as plain text.
        parts: HTML, one after the other.
    """
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return head + "\n".join(parts) + "</html>\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of plain texts."""
    head = "".join(f"<th>{escape(text)}</th>" for text in headings)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def span(estimate: Estimate, form: str, unknown: str = "not defined") -> str:
    """A figure with its interval, where it has one."""
    if estimate.value is None:
        return unknown
    if estimate.low is None:
        return form.format(estimate.value)
    high = "∞" if estimate.high is None else form.format(estimate.high)
    return f"{form.format(estimate.value)} [{form.format(estimate.low)}, {high}]"

"""Charts of reports as SVG: no script, no request, the same bytes for the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from io import StringIO
from typing import Any

COLOURS = ("#1f6feb", "#d29922", "#1a7f37", "#a371f7", "#8b949e", "#cf222e")
GREY = "#6e7781"
FEW = 2


def curves(days: Sequence[str], values: Mapping[str, Sequence[float]], title: str) -> str:
    """Lines over sessions, one a name; a sentence where there are too few sessions for any."""
    if len(days) < FEW:
        return "<p>Too few sessions for a chart.</p>"
    figure, axes = _figure(2.9)
    at = [date.fromisoformat(day) for day in days]
    for (name, curve), colour in zip(values.items(), COLOURS * 2, strict=False):
        axes.plot(at, list(curve), label=name, color=colour, linewidth=1.4)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.legend(loc="upper left", bbox_to_anchor=(0, 1.16), ncols=len(values), frameon=False, labelcolor=GREY)
    figure.autofmt_xdate(rotation=0, ha="center")
    return _svg(figure, title)


def intervals(rows: Sequence[tuple[str, float, float | None, float | None]], title: str, form: str) -> str:
    """A point with its interval a row, and a line at zero; nothing where there is no row."""
    if not rows:
        return ""
    figure, axes = _figure(0.7 + 0.32 * len(rows))
    for place, (_, value, low, high) in enumerate(reversed(rows)):
        if low is not None and high is not None:
            axes.plot([low, high], [place, place], color=COLOURS[0], linewidth=1.6)
        axes.plot([value], [place], "o", color=COLOURS[0], markersize=4)
    axes.axvline(0.0, color=GREY, linewidth=0.8)
    axes.set_yticks(range(len(rows)), [name for name, *_ in reversed(rows)])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.xaxis.set_major_formatter(form)
    return _svg(figure, title)


def _figure(height_in: float) -> tuple[Any, Any]:
    # Slow to import, so only where something is drawn; never pyplot, which keeps figures for the life of a process.
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(9.0, height_in), layout="constrained")
    figure.patch.set_alpha(0.0)
    axes = figure.subplots()
    axes.patch.set_alpha(0.0)
    axes.tick_params(colors=GREY, labelsize=9)
    for side, spine in axes.spines.items():
        spine.set_color(GREY)
        spine.set_visible(side in {"left", "bottom"})
    return figure, axes


def _svg(figure: Any, title: str) -> str:
    from matplotlib import rc_context  # noqa: PLC0415

    written = StringIO()
    with rc_context({"svg.hashsalt": "inplay", "svg.fonttype": "none"}):
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    whole = written.getvalue()
    start = whole.index("<svg")
    told = f'<svg role="img" aria-label="{escape(title)}"'
    return f"<figure>{told}{whole[start + 4 :].rstrip()}</figure>"

"""The figures of an account as one HTML file: no script, no request, plots as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from research.backtest.uncertain import words
from research.page import HEIGHT, MARGIN, WIDTH, page, span, table
from trading.arrays import Floats
from trading.performance.figures import Figures
from trading.performance.groups import Group
from trading.performance.measuring import targets_met
from trading.performance.metric import Values, estimate
from trading.performance.metrics.max_drawdown import drawdowns
from trading.performance.metrics.registry import all_metrics, targets
from trading.performance.metrics.sharpe_above_luck import SHARPE_ABOVE_LUCK
from trading.performance.record import AccountRecord

LETTER = 7
"""Pixels, about as wide as a letter of 13 pixels is."""
COLOURS = ("#1f6feb", "#8b949e")
UNCOUNTED = (
    "How often these sessions were tried on isn't known, so the Sharpe ratio isn't deflated: the ledger of trials "
    "could not be read."
)
BY_ORDER = ("all", "decided by", "catalyst", "trend", "volatility", "driver", "direction", "exit", "pattern")


def report_html(record: AccountRecord, figures: Figures, notes: Sequence[str]) -> str:
    """The whole report.

    Args:
        record: what happened.
        figures: of it.
        notes: what a reader must know, in words; shown first.
    """
    first, last = (str(record.sessions[at]) for at in (0, -1)) if len(record.sessions) else ("-", "-")
    title = f"Backtest of {record.name}, {first} to {last}"
    days = [str(day) for day in record.sessions]
    parts = [
        f"<h1>{escape(title)}</h1>",
        *(f'<p class="note">{escape(note)}</p>' for note in notes),
        "<h2>Equity</h2>",
        _plot(days, [record.equity_usd[1:], record.benchmark_usd[1:]], [record.name, record.benchmark_name], "{:,.0f}"),
        "<h2>Drawdown</h2>",
        _plot(
            days,
            [-drawdowns(record.equity_usd)[1:], -drawdowns(record.benchmark_usd)[1:]],
            [record.name, record.benchmark_name],
            "{:.0%}",
        ),
        "<h2>Figures</h2>",
        _figures(record, figures),
        f'<p class="note">{escape(figures.attempts.words if figures.attempts else UNCOUNTED)}</p>',
        _targets(figures.account),
        "<h2>Activity</h2>",
        _activity(figures),
        "<h2>Trades</h2>",
        _catalyst(figures),
        _groups(figures.groups),
        *(["<h2>Breaks and guessed splits</h2>", _uncertain(record)] if record.settled or record.guesses else []),
        *(["<h2>Orders that did nothing</h2>", _refused(record)] if record.refused else []),
    ]
    return page(title, parts)


def _plot(days: Sequence[str], curves: Sequence[Floats], names: Sequence[str], number: str) -> str:
    """Lines over sessions, with the ends of both axes."""
    if len(days) < 2:  # noqa: PLR2004
        return "<p>Too few sessions for a plot.</p>"
    low, high = (float(edge([edge(curve) for curve in curves])) for edge in (np.min, np.max))
    reach = (high - low) or 1.0
    x = np.linspace(MARGIN, WIDTH - 8, len(days))

    def path(curve: Floats) -> str:
        y = HEIGHT - 24 - (curve - low) / reach * (HEIGHT - 48)
        return "M" + " L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))

    # The names stand side by side above the highest value, so that no line runs through them.
    starts = [MARGIN + 12 + sum(LETTER * len(name) + 24 for name in names[:at]) for at in range(len(names))]
    lines = [
        f'<path d="{path(curve)}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
        f'<text x="{start}" y="14" fill="{colour}" font-size="13">{escape(name)}</text>'
        for curve, colour, name, start in zip(curves, COLOURS, names, starts, strict=True)
    ]
    labels = [
        f'<text x="{MARGIN - 6}" y="{y}" text-anchor="end" font-size="12" fill="#8b949e">{number.format(value)}</text>'
        for y, value in ((28, high + 0.0), (HEIGHT - 24, low + 0.0))  # which makes 0 of -0
    ]
    labels += [
        f'<text x="{at}" y="{HEIGHT - 6}" text-anchor="{anchor}" font-size="12" fill="#8b949e">{escape(day)}</text>'
        for at, anchor, day in ((MARGIN, "start", days[0]), (WIDTH - 8, "end", days[-1]))
    ]
    told = escape(" and ".join(names))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{told}">{"".join(lines + labels)}</svg>'


def _figures(record: AccountRecord, figures: Figures) -> str:
    rows = [
        (
            metric.title.format(trials=figures.attempts.count if figures.attempts else "an unknown number of"),
            span(estimate(figures.account[metric.name]), metric.form, _unknown(metric.name, figures)),
            span(estimate(figures.benchmark[metric.name]), metric.form)
            if metric.of_benchmark and metric.benchmark_shown
            else "",
        )
        for metric in all_metrics()
        if metric.of is not AccountRecord
    ]
    return table(("[95 % interval]", record.name, record.benchmark_name), rows)


def _targets(mine: Values) -> str:
    verdicts = {True: ("met", "met"), False: ("NOT met", "missed"), None: ("not defined", "note")}
    met = targets_met(mine)
    told = [
        f"{escape(metric.name.replace('_', ' '))} {target.comparison} {target.value:g}: "
        f'<span class="{verdicts[met[metric.name]][1]}">{verdicts[met[metric.name]][0]}</span>'
        for metric, target in targets()
    ]
    return f"<p>The strategy's targets: {', '.join(told)}.</p>"


def _activity(figures: Figures) -> str:
    rows = [
        (metric.title, span(estimate(figures.account[metric.name]), metric.form))
        for metric in all_metrics()
        if metric.of is AccountRecord
    ]
    return table(("", figures.name), rows)


def _catalyst(figures: Figures) -> str:
    found = figures.catalyst
    told = (
        f"Trades with a catalyst ({found.trades_with:,}) succeeded {span(found.ratio, '{:.2f}')} times as often as "
        f"those without ({found.trades_without:,}). That it is twice as often: {found.claim}."
    )
    return f"<p>{escape(told)}</p>"


def _groups(found: Iterable[Group]) -> str:
    ordered = sorted(found, key=lambda one: (BY_ORDER.index(one.by), -one.trades, one.label))
    rows = [
        (
            one.label if one.by == "all" else f"{one.by}: {one.label}",
            f"{one.trades:,}",
            span(one.success, "{:.1%}"),
            _one(one.mean_return, "{:+.2%}"),
            _one(one.profit_factor, "{:.2f}"),
            f"{'-' if one.profit_usd < 0 else ''}${abs(one.profit_usd):,.2f}",
        )
        for one in ordered
    ]
    return table(("", "trades", "success", "mean return", "profit factor", "profit"), rows)


def _refused(record: AccountRecord) -> str:
    return table(("reason", "orders"), [(why, f"{count:,}") for why, count in sorted(record.refused.items())])


def _uncertain(record: AccountRecord) -> str:
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in words(record))


def _one(value: float | None, form: str) -> str:
    return "not defined" if value is None else form.format(value)


def _unknown(metric: str, figures: Figures) -> str:
    """What stands in place of a figure that there is none of."""
    return "not known" if metric == SHARPE_ABOVE_LUCK.name and figures.attempts is None else "not defined"

"""The look-ahead detector: every signal again on data that end with its session, compared value by value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

from research.backtest.recorded import Recorded
from research.backtest.running import Terms
from research.backtest.services import RecordedScanner, SegmentAnalysis
from trading.arrays import Floats
from trading.bars.panel import as_day
from trading.cycle.stages import Market, candidates, long_rows
from trading.decisions.book_view import BookView, Circumstances
from trading.decisions.decide import decide
from trading.errors import ConfigurationError
from trading.risk.drawdown import judge
from trading.risk.regime_size import regime_size
from trading.views.ensemble import Views
from trading.views.setups import FEATURES

Known = dict[str, Any]
"""What was known at a close, by name."""
Way = Callable[[Recorded, Sequence[date]], SegmentAnalysis]
KEPT_OF_WARM_UP = 0.75
MOST_SHOWN = 50


@dataclass(frozen=True)
class Difference:
    """A value that later data changed."""

    session: date
    what: str
    with_later_data: str
    without: str


@dataclass
class Looked:
    """What the detector found.

    Attributes:
        sessions: that were looked at again.
        checked: values compared.
        count: of differences; `differences` holds the first ones.
        warm_up: by indicator, the largest relative change when the first quarter of the history is left out.
    """

    sessions: list[date] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)
    count: int = 0
    differences: list[Difference] = field(default_factory=list)
    warm_up: dict[str, float] = field(default_factory=dict)


def look_again(
    recorded: Recorded, sessions: Sequence[date], terms: Terms, *, count: int, way: Way = SegmentAnalysis,
    show: Callable[[date, int], None] = lambda _, __: None,
) -> Looked:  # fmt: skip
    """Signals of `count` sessions on data with later bars and on data cut off after them.

    Args:
        recorded: what is known at the end.
        sessions: of the window, ascending.
        terms: rules of scanner and decisions.
        count: sessions at most, spread evenly over those that have later ones in their segment.
        way: makes the analysis; another one for strategies of your own.
        show: told of each session, with the differences so far.

    Raises:
        ConfigurationError: when no session has a later one in its segment, so that nothing could be seen.
    """
    whole = way(recorded, sessions)
    last = {segment.last for segment in whole.segments}
    chosen = spread([session for session in sessions if session not in last], count)
    if not chosen:
        raise ConfigurationError("No session has later data to be compared with. Nothing was checked. Widen the dates.")
    found = Looked()
    for session in chosen:
        _compare(found, session, known_at(whole, recorded, session, terms), _cut(recorded, session, terms, way))
        found.sessions.append(session)
        show(session, found.count)
    found.warm_up = warm_up_changes(recorded, chosen[-1], way)
    return found


def spread(sessions: Sequence[date], count: int) -> list[date]:
    """At most `count` of the sessions, evenly over all."""
    if not sessions or count >= len(sessions):
        return list(sessions)
    return [sessions[at] for at in np.unique(np.linspace(0, len(sessions) - 1, count).astype(int)).tolist()]


def _cut(recorded: Recorded, session: date, terms: Terms, way: Way) -> Known:
    until = recorded.until(session)
    return known_at(way(until, [session]), until, session, terms)


def known_at(analysis: SegmentAnalysis, recorded: Recorded, session: date, terms: Terms) -> Known:
    """Indicators, scores and orders at a close, by name; orders are those of accounts that hold nothing."""
    market, patterns = analysis.close(session)
    now = Circumstances(regime=regime_size(analysis.record_regime(session, market, patterns), terms.decisions.regime))
    in_play = RecordedScanner(recorded, terms.scanner).scan(session, market, patterns)
    setups = analysis.setups(session, market, patterns)
    names = market.panel.row_symbols
    features = {
        f"feature {name} of {names[row]} {direction:+d}": value
        for row, direction, values in zip(
            setups.row.tolist(), setups.direction.tolist(), setups.matrix.tolist(), strict=True
        )
        for name, value in zip(FEATURES, values, strict=True)
    }
    chosen = setups.take(long_rows(market.panel, setups, in_play))
    made = candidates(market, patterns, chosen, in_play, Views.unknown(len(chosen)))
    known = {**_indicators(market, session), **features}
    # The row says where the bar stands in the panel, which is longer with later data; it is no part of the signal.
    known |= {f"scan of {stock.symbol}": replace(stock, row=0) for stock in in_play}
    for name, source in terms.accounts.items():
        empty = BookView(name, source, terms.cash_cents, frozenset(), judge({session: terms.cash_cents}))
        _, orders = decide(session, empty, made, terms.decisions, now)
        known |= {f"order of {name} for {order.symbol}": (place, order) for place, order in enumerate(orders)}
    return known


def _indicators(market: Market, session: date) -> Known:
    rows = market.panel.rows_at(as_day(session))
    names = market.panel.row_symbols[rows].tolist()
    return {
        f"indicator {name} of {symbol}": value
        for name, values in market.indicators.items()
        for symbol, value in zip(names, values[rows].tolist(), strict=True)
    }


def _compare(found: Looked, session: date, with_later: Known, without: Known) -> None:
    for what in sorted(with_later.keys() | without.keys()):
        ours, theirs = with_later.get(what, "absent"), without.get(what, "absent")
        kind = what.split(" ", 1)[0]
        found.checked[kind] = found.checked.get(kind, 0) + 1
        unknown = ours != ours and theirs != theirs  # noqa: PLR0124 - NaN is not itself
        if ours == theirs or unknown:
            continue
        found.count += 1
        if len(found.differences) < MOST_SHOWN:
            found.differences.append(Difference(session, what, str(ours), str(theirs)))


def warm_up_changes(recorded: Recorded, session: date, way: Way = SegmentAnalysis) -> dict[str, float]:
    """By indicator, the largest relative change at the session without the first quarter of the history before it.

    An indicator that remembers without end (an exponential mean) changes a little; one whose change is large wasn't
    warm. It is no look-ahead. Values that only one side has are infinite changes.
    """
    until = recorded.until(session)
    every = until.sessions
    shorter = until.since(every[int(len(every) * (1 - KEPT_OF_WARM_UP))])
    long, short = (way(one, [session]).market_at(session, one.batch(session)) for one in (until, shorter))
    day = as_day(session)
    long_rows, short_rows = long.panel.rows_at(day), short.panel.rows_at(day)
    return {
        name: _largest_change(long.indicators[name][long_rows], short.indicators[name][short_rows])
        for name in sorted(long.indicators)
    }


def _largest_change(one: Floats, other: Floats) -> float:
    known = np.isfinite(one)
    if not np.array_equal(known, np.isfinite(other)):
        return float("inf")
    if not known.any():
        return 0.0
    scale = np.maximum(np.abs(one[known]), np.abs(other[known]))
    return float(np.max(np.abs(one[known] - other[known]) / np.where(scale > 0, scale, 1.0)))

"""Rows made once more from what was known at their own close: what the training knows beyond that is a leak."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from trading.arrays import Flags, Floats, Ints, Matrix
from trading.bars.panel import as_date, as_day
from trading.catalysts.features import CATALYST_FEATURES
from tune.judgement.leakage.finding import Finding
from tune.sets.sampled import sampled
from tune.sets.training_set import TrainingSet

OF_NEWS = frozenset({"has_catalyst", "sessions_since_event", "market_driver", *CATALYST_FEATURES}) - {
    "gap_percentage", "breakout_potential", "volume_confirmation",
}  # fmt: skip
"""Columns that events and stories tell."""
OF_MARKET = frozenset({
    "market_return_1", "market_return_5", "realised_volatility_20", "breadth", "dispersion", "relative_strength_20",
    "sector_strength_20", "strength_in_sector_20",
})  # fmt: skip
"""Columns that all symbols tell. A break takes the earlier bars of its symbol out of the market, a little of each."""
STATES = frozenset({"market_trend", "market_volatility", "market_driver"})
"""The market's states, which such a little may turn."""
MOST_RESTATED = 0.02
"""Of the symbols; with more of them restated later, nothing is said of the market's columns."""
SHARE_BOUND = 0.01
"""Of the rows of a column. Splits restate prices, so that a figure of the whole market moves in its last digits."""
LEAST_COMPARED = 20
MOST_ROWS = 50_000
NEAR, NEAR_OF_MARKET = 1e-3, 0.1
"""Relative to the column's spread over all rows: what is nearer is the same value. The second is for the market's
columns at a session after which bars of some symbols were restated."""


@dataclass(frozen=True)
class RowsThen:
    """The setups of a session from what was known at its close.

    Attributes:
        symbols: tickers, shape `(n,)`.
        direction: +1 long, -1 short.
        matrix: columns as in the training set.
        restated: symbols whose bars a later split or break restates: their rows are left out of the comparison.
    """

    symbols: npt.NDArray[np.str_]
    direction: npt.NDArray[np.int8]
    matrix: Matrix
    restated: Collection[str] = ()


Then = Callable[[date], RowsThen]


def chosen_sessions(data: TrainingSet) -> list[date]:
    """Two sessions with rows, in the middle and near the end of the history: early ones have no history to speak of."""
    sessions = np.unique(data.session)
    return sorted({as_date(sessions[int(len(sessions) * share)]) for share in (0.5, 0.9)}) if len(sessions) else []


def later_knowledge(data: TrainingSet, then: Then | None) -> dict[str, Finding]:
    """The findings `feature` and `news_time`.

    Measured by the largest share of rows in which a column has another value than was known at the close. A setup that
    is in the training set and wasn't there at its close counts as a difference of every column.

    Args:
        data: to be trained on.
        then: makes the rows of a session from bars, events and news known at its close; None where there are no bars.
    """
    if then is None:
        why = "the rows weren't made from bars now; they are what was recorded at each close"
        of = "largest share of rows that differ from what was known at the close"
        return {kind: Finding(of, None, SHARE_BOUND, unchecked=why) for kind in ("feature", "news_time")}
    spread = _spread(data)
    differs = np.concatenate([_differing(data, session, then(session), spread) for session in chosen_sessions(data)])
    return {
        kind: _finding(data, differs, [(name in OF_NEWS) == of_news for name in data.features])
        for kind, of_news in (("feature", False), ("news_time", True))
    }


def _spread(data: TrainingSet) -> Floats:
    """The standard deviation of each column's known values."""
    out = np.zeros(len(data.features))
    for at in range(len(data.features)):
        values = data.matrix[sampled(len(data), MOST_ROWS), at]
        known = values[np.isfinite(values)].astype(np.float64)
        out[at] = known.std() if len(known) else 0.0
    return out


def _differing(data: TrainingSet, session: date, then: RowsThen, spread: Floats) -> Floats:
    """1 where the rows of the session differ, else 0; NaN in a column that can't be compared; shape `(n, n_features)`.

    Setups that weren't there differ everywhere.
    """
    names = np.array(data.features)
    of_market = np.isin(names, sorted(OF_MARKET))
    near = np.where(of_market & bool(then.restated), NEAR_OF_MARKET, NEAR) * np.maximum(spread, 1e-6)
    rows = np.flatnonzero(data.session == as_day(session))
    symbols = np.array(data.symbols, np.str_)[data.symbol[rows]]
    kept = ~np.isin(symbols, np.array(sorted(then.restated), np.str_))
    rows, symbols = rows[kept], symbols[kept]
    mine, theirs = _names(symbols, data.direction[rows]), _names(then.symbols, then.direction)
    order = np.argsort(theirs)
    found = np.searchsorted(theirs, mine, sorter=order).clip(max=max(len(theirs) - 1, 0))
    there = theirs[order][found] == mine if len(theirs) else np.zeros(len(mine), dtype=np.bool_)
    out = np.ones((len(rows), len(names)))
    out[there] = _apart(data.matrix[rows[there]], then.matrix[order[found[there]]], near)
    if then.restated:
        many = len(then.restated) > MOST_RESTATED * len(np.unique(then.symbols))
        out[:, np.isin(names, sorted(STATES)) | (of_market & many)] = np.nan
    return out


def _apart(one: Matrix, other: Matrix, near: Floats) -> Flags:
    with np.errstate(invalid="ignore"):
        far = np.abs(one.astype(np.float64) - other) > near
    known, known_then = np.isfinite(one), np.isfinite(other)
    return np.asarray((far & known & known_then) | (known != known_then))


def _finding(data: TrainingSet, differs: Floats, among: list[bool]) -> Finding:
    of = "largest share of rows that differ from what was known at the close"
    if len(differs) < LEAST_COMPARED:
        return Finding(of, None, SHARE_BOUND, unchecked=f"{len(differs)} rows are too few to compare")
    used = np.array(among) & ~np.isin(np.array(data.features), np.array(sorted(data.left_out), np.str_))
    compared = np.isfinite(differs)
    if not (compared.any(axis=0) & used).any():
        return Finding(of, None, SHARE_BOUND, unchecked="no column of this kind is learned from")
    share = np.where(used, np.where(compared, differs, 0.0).sum(axis=0) / np.maximum(compared.sum(axis=0), 1), 0.0)
    worst = np.flatnonzero(share > SHARE_BOUND)
    named = ", ".join(f"{data.features[at]} ({share[at]:.0%})" for at in worst[np.argsort(-share[worst])][:5].tolist())
    told = f"{named} of {len(differs):,} rows differ from what was known at their close" if named else ""
    return Finding(of, float(share.max()), SHARE_BOUND, told)


def _names(symbols: npt.NDArray[np.str_], direction: Ints | npt.NDArray[np.int8]) -> npt.NDArray[np.str_]:
    return np.char.add(symbols.astype(np.str_), np.where(direction > 0, "+", "-"))

"""The daily analytics by the strategy's names: each with its window, the least it takes, and an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from trading.arrays import Floats
from trading.evidence.significance import session_variance, student_quantile
from trading.watching.marks import SessionMarks, column

LAGS = 5
"""Sessions that outcomes overlap."""


@dataclass(frozen=True)
class Definition:
    """What a figure is.

    Attributes:
        says: what it is, in words, with its unit.
        window: sessions, the last ones whose outcomes are all known (of features: the last ones).
        least: sessions with a value; with fewer there is no figure.
    """

    says: str
    window: int
    least: int


ANALYTICS: Mapping[str, Definition] = MappingProxyType(
    {
        "pattern_accuracy_30d": Definition("share of a pattern's setups that made money after costs", 30, 10),
        "catalyst_correlation": Definition("rank correlation of catalyst score and net return within sessions", 60, 20),
        "outcome_prediction_rmse": Definition("root mean squared error of the expected net return", 30, 10),
        "drift_score": Definition("largest population stability index of ten features", 20, 20),
        "calibration_slope": Definition("of what happened on the probabilities; 1 = as they say", 60, 20),
        "calibration_bias": Definition("mean probability less the share that made money", 60, 20),
        "brier": Definition("mean squared error of the probabilities; 0.25 = saying one half of all", 60, 20),
        "hit_rate": Definition("share of the version's calls that made money, by the market's trend", 252, 10),
        "unknown_share": Definition("share of unknown values of the watched features", 5, 5),
        "label_drift": Definition("share of setups that made money, the last 20 sessions less those before", 120, 60),
        "data_lag": Definition("sessions by which the newest complete outcomes are later than they could be", 1, 1),
    }
)  # fmt: skip
SHARES = frozenset({"pattern_accuracy_30d", "hit_rate", "unknown_share", "brier"})
"""Figures between 0 and 1; their intervals end there."""
RECENT = 20
"""Sessions of `label_drift` that are the later ones."""


@dataclass(frozen=True)
class Figure:
    """A figure with its 95 % interval, sessions as the unit.

    Attributes:
        name: in `ANALYTICS`.
        part: of what, as a pattern or a regime; empty for the whole.
        value: None where there is none; `low` and `high` likewise.
        sessions: that it is of.
        missing: why there is none; empty where there is one.
    """

    name: str
    part: str
    value: float | None
    low: float | None
    high: float | None
    sessions: int
    missing: str = ""


def ratio(name: str, above: Floats, below: Floats, part: str = "") -> Figure:
    """The sum of one thing over the sum of another, sessions with none of either left out.

    Args:
        name: of the figure.
        above: of each session; NaN or a zero `below` where it says nothing.
        below: likewise, at least zero.
        part: of what.

    Source:
        The variance of a ratio of cluster totals: Cochran (1977), Sampling Techniques, section 6.4; neighbouring
        sessions share days of outcomes, see `trading.evidence.significance.session_variance`.
    """
    told = ANALYTICS[name]
    above, below = above[-told.window :], below[-told.window :]
    used = np.isfinite(above) & np.isfinite(below) & (below > 0)
    n = int(used.sum())
    if n < told.least:
        return missing(name, n, part)
    total = float(below[used].sum())
    value = float(above[used].sum()) / total
    moved = np.where(used, above - value * np.where(used, below, 0.0), 0.0)
    variance = session_variance(np.nan_to_num(moved)[None, :] / total, LAGS)[0]
    spread = float(student_quantile(np.array([n - 1.0]))[0] * np.sqrt(variance))
    low, high = value - spread, value + spread
    if name in SHARES:
        low, high = max(low, 0.0), min(high, 1.0)
    return Figure(name, part, value=value, low=low, high=high, sessions=n)


def missing(name: str, have: int, part: str = "") -> Figure:
    """No figure yet."""
    least = ANALYTICS[name].least
    words = f"not enough data yet: {have} of at least {least} sessions"
    return Figure(name, part, value=None, low=None, high=None, sessions=have, missing=words)


def of_version(marks: Sequence[SessionMarks], trends: Mapping[str, Floats]) -> list[Figure]:
    """The figures of one version that follow from its marks.

    Args:
        marks: by session, ascending.
        trends: by the market's trend, 1.0 for the sessions of `marks` that were in it, else 0.0.
    """
    setups = column(marks, "setups")
    error = column(marks, "squared_error")
    square = ratio("outcome_prediction_rmse", error * setups, np.where(np.isfinite(error), setups, 0.0))
    correlation = column(marks, "catalyst_correlation")
    figures = [
        ratio("catalyst_correlation", correlation, np.where(np.isfinite(correlation), 1.0, 0.0)),
        _root(square),
        ratio("calibration_slope", column(marks, "told"), column(marks, "claimed")),
        ratio("calibration_bias", column(marks, "bias") * setups, setups),
        ratio("brier", column(marks, "brier") * setups, setups),
        label_drift(marks),
    ]
    won, calls = column(marks, "calls_won"), column(marks, "calls")
    figures += [ratio("hit_rate", won * inside, calls * inside, trend) for trend, inside in sorted(trends.items())]
    return figures


def _root(square: Figure) -> Figure:
    if square.value is None or square.low is None or square.high is None:
        return square
    low, value, high = (float(np.sqrt(max(each, 0.0))) for each in (square.low, square.value, square.high))
    return Figure(square.name, "", value=value, low=low, high=high, sessions=square.sessions)


def label_drift(marks: Sequence[SessionMarks]) -> Figure:
    """The share of setups that made money lately less that of before, with the interval of a difference."""
    told = ANALYTICS["label_drift"]
    share = column(marks, "made_money")
    share = share[np.isfinite(share)][-told.window :]
    if len(share) < told.least:
        return missing("label_drift", len(share))
    late, early = share[-RECENT:], share[:-RECENT]
    value = float(late.mean() - early.mean())
    influence = np.concatenate([-(early - early.mean()) / len(early), (late - late.mean()) / len(late)])
    variance = session_variance(influence[None, :], LAGS)[0]
    spread = float(student_quantile(np.array([len(late) - 1.0]))[0] * np.sqrt(variance))
    return Figure("label_drift", "", value=value, low=value - spread, high=value + spread, sessions=len(share))

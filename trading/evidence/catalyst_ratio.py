"""Whether patterns with a catalyst succeed more often than those without, and by how much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from trading.arrays import Floats
from trading.evidence.conditions import Condition
from trading.evidence.random_candles import LabelledBars
from trading.evidence.significance import session_variance, student_quantile
from trading.evidence.statistics import MIN_SESSIONS, Sightings
from trading.performance.estimate import Estimate, wilson

CLAIM = 2.0
"""The strategy expects patterns with catalysts to succeed twice as often."""


@dataclass(frozen=True)
class CatalystRatio:
    """Success of bars with a pattern, with and without a catalyst.

    Several patterns of one direction on one bar share one outcome and count once.

    Attributes:
        with_catalyst: bars with a known outcome; likewise `without`, and `unknown`, which neither side uses.
        success_with: share with Wilson's interval; likewise `success_without`.
        ratio: the first over the second, with an interval clustered by session.
        claim: what the interval says of `CLAIM`: `refuted` = it lies wholly below, `not refuted`, or `too few`.
    """

    with_catalyst: int
    without: int
    unknown: int
    success_with: Estimate
    success_without: Estimate
    ratio: Estimate
    claim: Literal["refuted", "not refuted", "too few"]


def catalyst_ratio(both: Iterable[LabelledBars], sightings: Sightings, catalyst: Condition) -> CatalystRatio:
    """The measured ratio.

    Args:
        both: `label_bars` of the panel.
        sightings: what was found in it.
        catalyst: the condition with the labels `present`, `absent` and `unknown`.

    Source:
        The interval is the delta method on the logarithm of the ratio (Katz et al. 1978), with clustered variance.
    """
    success, code, session = [], [], []
    n_sessions = horizon = 0
    for bars in both:
        here = sightings.row[sightings.direction == bars.direction]
        rows = np.unique(here)[bars.known[np.unique(here)]]
        success.append(bars.success[rows])
        code.append(catalyst.code[rows])
        session.append(bars.session[rows])
        n_sessions, horizon = bars.n_sessions, bars.horizon_sessions
    won, label, at = np.concatenate(success), np.concatenate(code), np.concatenate(session)
    sides = [label == catalyst.labels.index(name) for name in ("present", "absent")]
    counts = [int(side.sum()) for side in sides]
    wins = [float(won[side].sum()) for side in sides]
    value = np.zeros(len(won))
    for sign, side, count, win in zip((1.0, -1.0), sides, counts, wins, strict=True):
        if win:
            value[side] = sign * (won[side] - win / count) / win
    influence = np.bincount(at, weights=value, minlength=n_sessions).astype(np.float64)[None, :]
    sessions = min(len(np.unique(at[side])) for side in sides)
    ratio = _ratio(counts, wins, influence, sessions, horizon)
    return CatalystRatio(
        with_catalyst=counts[0],
        without=counts[1],
        unknown=len(won) - sum(counts),
        success_with=wilson(round(wins[0]), counts[0]),
        success_without=wilson(round(wins[1]), counts[1]),
        ratio=ratio,
        claim="too few" if ratio.high is None else ("refuted" if ratio.high < CLAIM else "not refuted"),
    )


def _ratio(counts: list[int], wins: list[float], influence: Floats, sessions: int, horizon: int) -> Estimate:
    """The ratio; without an interval on too few sessions, undefined without a success on both sides."""
    if min(wins) <= 0:
        return Estimate(None)
    value = (wins[0] / counts[0]) / (wins[1] / counts[1])
    error = float(np.sqrt(session_variance(influence, horizon)[0]))
    if sessions < MIN_SESSIONS or not np.isfinite(error):
        return Estimate(value)
    reach = float(student_quantile(np.array([sessions - 1.0]))[0]) * error
    return Estimate(value, float(value * np.exp(-reach)), float(value * np.exp(reach)))

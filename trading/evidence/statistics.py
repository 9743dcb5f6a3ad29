"""What each pattern is worth under each condition, measured against chance.

Everything tested is corrected together: with some thousand pairs of pattern and condition, one in twenty would look
like a discovery without any edge in the market.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from trading.arrays import Flags, Floats, Ints
from trading.evidence.conditions import Codes, Condition
from trading.evidence.random_candles import Comparison, LabelledBars, Totals, compare
from trading.evidence.significance import (
    ALPHA,
    corrected_alpha,
    q_values,
    session_variance,
    student_quantile,
    two_sided,
)
from trading.performance.estimate import Estimate, wilson

MIN_COUNT = 30
MIN_SESSIONS = 10
"""With fewer sessions the error of a session mean is itself mostly luck, so nothing is tested."""
ALL = "all"

Verdict = Literal["edge shown", "worse than random", "no edge shown", "too few", "no direction"]


@dataclass(frozen=True)
class Sightings:
    """Patterns that were found, in any order; a pattern that stands twice on one bar in one direction counts once.

    Attributes:
        row: row in the panel, shape `(n,)`.
        pattern: index into `names`.
        direction: +1, -1, or 0 without one.
        names: the patterns' names.
    """

    row: Ints
    pattern: Ints
    direction: npt.NDArray[np.int8]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """One pattern in one direction under one label of one condition; None = not defined.

    Attributes:
        recorded: sightings, those with an open outcome included.
        with_outcome: sightings with a known outcome.
        sessions: sessions with such a sighting.
        success: share of `with_outcome` that made money after costs, with Wilson's interval, as if independent.
        success_error: its standard error clustered by session, which is the honest one.
        mean_return: mean net outcome, as a fraction.
        compared: sightings that have random candles beside them.
        baseline: success of those random candles.
        difference: of success and baseline, with its own 95 % interval, clustered by session.
        corrected: the same with the interval corrected for everything tested.
        p_value: chance of such a difference without an edge; None when not tested.
        q_value: the same corrected for everything tested.
        verdict: in words; `edge shown` and `worse than random` need a q-value of at most 0.05. `no direction`: the
            pattern proposes no trade, so it is counted, has no outcome and is no part of the correction.
    """

    pattern: str
    direction: int
    condition: str
    label: str
    recorded: int
    with_outcome: int
    sessions: int
    success: Estimate
    success_error: float | None
    mean_return: float | None
    compared: int
    baseline: float | None
    difference: Estimate
    corrected: Estimate
    p_value: float | None
    q_value: float | None
    verdict: Verdict


@dataclass(frozen=True)
class _Test:
    """A row before the correction."""

    row: Measured
    error: float


def measure(
    both: Iterable[LabelledBars],
    sightings: Sightings,
    known: Sequence[Condition],
    *,
    min_count: int = MIN_COUNT,
) -> tuple[Measured, ...]:
    """Every pattern and direction that was seen, under all bars together and each label of each condition.

    Patterns without a direction come last, counted only.

    Args:
        both: `label_bars` of the panel.
        sightings: what was found in it.
        known: conditions of its bars.
        min_count: with fewer compared sightings, or on fewer than `MIN_SESSIONS` sessions, nothing is tested.

    Returns:
        Rows with at least one sighting: by direction, pattern, then condition.
    """
    tests: list[_Test] = []
    conditions: tuple[Condition, ...] = ()
    for bars in both:
        everything = Condition(ALL, (ALL,), np.zeros(len(bars.success), dtype=np.int8))
        conditions = (everything, *known)
        groups = [(group, Totals.of(bars, group.code, len(group.labels))) for group in conditions]
        for name, seen in _seen(sightings, bars.direction, len(bars.success)):
            for group, totals in groups:
                tests += _measure_group(name, seen, group, totals, min_count)
    return (*_corrected(tests), *_without_direction(sightings, conditions))


def _seen(sightings: Sightings, direction: int, n_rows: int) -> Iterator[tuple[str, Flags]]:
    """Each pattern found in a direction, with the bars that carry it."""
    here = sightings.direction == direction
    for pattern in np.unique(sightings.pattern[here]).tolist():
        seen = np.zeros(n_rows, dtype=np.bool_)
        seen[sightings.row[here & (sightings.pattern == pattern)]] = True
        yield sightings.names[pattern], seen


def _without_direction(sightings: Sightings, groups: Sequence[Condition]) -> list[Measured]:
    """How often each pattern without a direction was seen; there is no outcome to compare."""
    n_rows = len(groups[0].code) if groups else 0
    return [
        Measured(
            pattern=name, direction=0, condition=group.name, label=group.labels[i], recorded=int(count),
            with_outcome=0, sessions=0, success=Estimate(None), success_error=None, mean_return=None, compared=0,
            baseline=None, difference=Estimate(None), corrected=Estimate(None), p_value=None, q_value=None,
            verdict="no direction",
        )
        for name, seen in _seen(sightings, 0, n_rows)
        for group in groups
        for i, count in enumerate(np.bincount(group.code[seen], minlength=len(group.labels)).tolist())
        if count
    ]  # fmt: skip


def _measure_group(name: str, seen: Flags, group: Condition, totals: Totals, min_count: int) -> list[_Test]:
    """The rows of one pattern under the labels of one condition."""
    bars, n_labels = totals.bars, len(group.labels)
    comparison = compare(totals, seen[totals.rows])
    recorded = np.bincount(group.code[seen], minlength=n_labels)
    rows = np.flatnonzero(seen & bars.known)
    label_of = group.code[rows].astype(np.int64)
    count = np.bincount(label_of, minlength=n_labels)
    wins = np.bincount(label_of, weights=bars.success[rows], minlength=n_labels)
    gains = np.bincount(label_of, weights=bars.net_return[rows], minlength=n_labels)
    per_session = np.bincount(label_of * bars.n_sessions + bars.session[rows], minlength=n_labels * bars.n_sessions)
    sessions = (per_session.reshape(n_labels, -1) > 0).sum(axis=1)
    mean = wins / np.maximum(count, 1)
    rate_error = np.sqrt(_rate_variance(bars, rows, group.code[rows], mean, count))
    error = np.sqrt(session_variance(comparison.influence, bars.horizon_sessions))
    testable = (comparison.compared >= min_count) & (sessions >= MIN_SESSIONS)
    freedom = (sessions - 1).astype(np.float64)
    chance = np.where(testable, two_sided(comparison.difference, error, freedom), np.nan)
    reach = student_quantile(freedom) * error
    return [
        _Test(
            Measured(
                pattern=name,
                direction=bars.direction,
                condition=group.name,
                label=group.labels[i],
                recorded=int(recorded[i]),
                with_outcome=int(count[i]),
                sessions=int(sessions[i]),
                success=wilson(round(wins[i]), int(count[i])),
                success_error=_known(rate_error[i]),
                mean_return=_known(gains[i] / count[i]) if count[i] else None,
                compared=int(comparison.compared[i]),
                baseline=_known(comparison.baseline[i]),
                difference=_around(comparison, i, reach[i] if np.isfinite(chance[i]) else np.nan),
                corrected=Estimate(_known(comparison.difference[i])),
                p_value=_known(chance[i]),
                q_value=None,
                verdict="too few",
            ),
            float(error[i]),
        )
        for i in np.flatnonzero(recorded).tolist()
    ]


def _rate_variance(bars: LabelledBars, rows: Ints, code: Codes, mean: Floats, count: Ints) -> Floats:
    """The clustered variance of each label's success rate."""
    value = (bars.success[rows] - mean[code]) / np.maximum(count, 1)[code]
    slot = code.astype(np.int64) * bars.n_sessions + bars.session[rows]
    by_session = np.bincount(slot, weights=value, minlength=len(mean) * bars.n_sessions).astype(np.float64)
    return session_variance(by_session.reshape(len(mean), -1), bars.horizon_sessions)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _around(comparison: Comparison, i: int, reach: float) -> Estimate:
    value = float(comparison.difference[i])
    return Estimate(_known(value), _known(value - reach), _known(value + reach))


def _corrected(tests: Sequence[_Test]) -> tuple[Measured, ...]:
    """The rows with q-values, corrected intervals and verdicts over all of them."""
    p = np.array([np.nan if test.row.p_value is None else test.row.p_value for test in tests], dtype=np.float64)
    q = q_values(p)
    freedom = np.array([test.row.sessions - 1 for test in tests], dtype=np.float64)
    reach = student_quantile(freedom, corrected_alpha(q)) * np.array([test.error for test in tests])
    out = []
    for test, q_value, half in zip(tests, q.tolist(), reach.tolist(), strict=True):
        row, value = test.row, test.row.difference.value
        if value is None or not np.isfinite(q_value):
            out.append(row)
            continue
        corrected = Estimate(value, value - half, value + half)
        out.append(replace(row, q_value=q_value, corrected=corrected, verdict=_verdict(value, q_value)))
    return tuple(out)


def clearest_first(row: Measured) -> tuple[bool, bool, float, str, int]:
    """The key that sorts the clearest difference first, then those too few to test, then those without a direction."""
    return row.direction == 0, row.p_value is None, row.p_value or 0.0, row.pattern, row.direction


def _verdict(difference: float, q_value: float) -> Verdict:
    if q_value > ALPHA:
        return "no edge shown"
    return "edge shown" if difference > 0 else "worse than random"

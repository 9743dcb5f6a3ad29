"""What each pattern within a session is worth, beside the same trade entered without it in the session before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trading.arrays import Days, Floats
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

Verdict = Literal["edge shown", "worse than without it", "no edge shown", "too few"]


@dataclass(frozen=True)
class MeasuredInSession:
    """One pattern in one direction; None = not defined.

    Attributes:
        bar_s: length of the bars that it was found in, seconds.
        recorded: patterns on record.
        entered: those whose next bar allowed an entry.
        sessions: sessions with one of these.
        success: share of `entered` that made money after costs, with Wilson's interval, as if independent.
        mean_return: mean net return of `entered`, as a fraction.
        other_success: share of success of the same trade in the session before at that time of day.
        difference: of success, compared pattern by pattern, with a 95 % interval clustered by session.
        corrected: the same with the interval corrected for all patterns that were tested.
        q_value: chance of such a difference without an edge, corrected likewise; None when not tested.
        verdict: in words; a difference needs a q-value of at most 0.05.
    """

    pattern: str
    direction: int
    bar_s: int
    recorded: int
    entered: int
    sessions: int
    success: Estimate
    mean_return: float | None
    other_success: float | None
    difference: Estimate
    corrected: Estimate
    q_value: float | None
    verdict: Verdict


def measure_in_sessions(log: pa.Table, *, min_count: int = MIN_COUNT) -> tuple[MeasuredInSession, ...]:
    """Every pattern and direction in bars of each length, by name, direction, then length.

    Args:
        log: columns pattern_type, direction, bar_s, session, exit_kind, net_return and other_success of
            `session_patterns`.
        min_count: with fewer compared patterns, or on fewer than `MIN_SESSIONS` sessions, nothing is tested.
    """
    names = ["pattern_type", "direction", "bar_s"]
    groups = log.select(names).group_by(names).aggregate([])
    keys = sorted(zip(*(groups[name].to_pylist() for name in names), strict=True))
    every = np.unique(log["session"].to_numpy().astype("datetime64[D]"))
    measured, errors = [], []
    for key in keys:
        here = np.logical_and.reduce([pc.equal(log[name], value) for name, value in zip(names, key, strict=True)])
        row, error = _measure(log.filter(pa.array(here)), key, every)
        measured.append(row)
        errors.append(error if row.entered >= min_count and row.sessions >= MIN_SESSIONS else np.nan)
    return _corrected(measured, np.array(errors))


def _measure(log: pa.Table, key: tuple[str, int, int], every: Days) -> tuple[MeasuredInSession, float]:
    """The row before any correction, and the standard error of its difference."""
    net, other = (np.asarray(log[name].to_numpy(), dtype=np.float64) for name in ("net_return", "other_success"))
    session = log["session"].to_numpy().astype("datetime64[D]")
    entered = np.isfinite(net)
    won = (net[entered] > 0).astype(np.float64)
    compared = np.isfinite(other[entered])
    gap, days = (won - other[entered])[compared], session[entered][compared]
    sessions = len(np.unique(session[entered]))
    difference, error = _clustered(gap, days, every)
    reach = float(student_quantile(np.array([sessions - 1.0]))[0]) * error
    return MeasuredInSession(
        pattern=key[0],
        direction=key[1],
        bar_s=key[2],
        recorded=log.num_rows,
        entered=len(won),
        sessions=sessions,
        success=wilson(int(won.sum()), len(won)),
        mean_return=float(net[entered].mean()) if len(won) else None,
        other_success=float(other[entered][compared].mean()) if compared.any() else None,
        difference=_estimate(difference, reach),
        corrected=Estimate(None),
        q_value=None,
        verdict="too few",
    ), error  # fmt: skip


def _clustered(gap: Floats, days: Days, sessions: Days) -> tuple[float, float]:
    """The mean and its standard error clustered by session; NaN without a value or with one session alone.

    A comparison looks at the session before as well, so neighbouring sessions count as dependent.
    """
    if len(gap) == 0:
        return np.nan, np.nan
    mean = float(gap.mean())
    at = np.searchsorted(sessions, days)
    influence = np.bincount(at, weights=(gap - mean) / len(gap), minlength=len(sessions)).astype(np.float64)
    return mean, float(np.sqrt(session_variance(influence[None, :], 1)[0]))


def _corrected(rows: list[MeasuredInSession], errors: Floats) -> tuple[MeasuredInSession, ...]:
    figures = np.array([np.nan if row.difference.value is None else row.difference.value for row in rows])
    freedom = np.array([row.sessions - 1.0 for row in rows])
    q = q_values(two_sided(figures, errors, freedom)) if rows else np.zeros(0)
    reach = student_quantile(freedom, corrected_alpha(q)) * errors if rows else np.zeros(0)
    out = []
    for row, figure, q_value, width in zip(rows, figures.tolist(), q.tolist(), reach.tolist(), strict=True):
        if not np.isfinite(q_value):
            out.append(row)
            continue
        verdict: Verdict = "no edge shown"
        if q_value <= ALPHA:
            verdict = "edge shown" if figure > 0 else "worse than without it"
        out.append(replace(row, corrected=_estimate(figure, width), q_value=q_value, verdict=verdict))
    return tuple(out)


def _estimate(value: float, reach: float) -> Estimate:
    if not np.isfinite(value):
        return Estimate(None)
    return Estimate(value, value - reach, value + reach) if np.isfinite(reach) else Estimate(value)

"""Means of many groups at once, each with an interval that knows that a session's rows share its market."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from trading.arrays import Floats, Ints
from trading.evidence.significance import (
    ALPHA,
    corrected_alpha,
    q_values,
    student_quantile,
    two_sided,
)
from trading.performance.estimate import Estimate

LEAST_ROWS = 20
LEAST_SESSIONS = 10
"""With fewer sessions the error of a session mean is itself mostly luck, so there is no interval."""


@dataclass(frozen=True)
class GroupMean:
    """The mean of a group.

    Attributes:
        count: rows.
        sessions: with at least one of them.
        mean: with the interval corrected for all groups that were tested together; bare where there are too few.
        q_value: chance of such a mean if the true one is zero, by Benjamini and Hochberg; None where not tested.
        missing: what is missing for an interval, in words; empty where nothing is.
    """

    count: int
    sessions: int
    mean: Estimate
    q_value: float | None
    missing: str

    @property
    def found(self) -> int:
        """+1 or -1 where the mean is shown to lie above or below zero, else 0."""
        if self.q_value is None or self.q_value > ALPHA or not self.mean.value:
            return 0
        return 1 if self.mean.value > 0 else -1


def group_means(
    value: Floats, session: Ints, group: Ints, *, groups: int, sessions: int, overlap: int
) -> list[GroupMean]:
    """The mean of each group, tested against zero, all of them corrected together.

    Args:
        value: of each row, finite, shape `(n,)`.
        session: number of its session, counted without a gap.
        group: number of its group.
        groups: how many there are.
        sessions: how many there are.
        overlap: sessions that a value spans: those of sessions closer to each other share some; 1 where none do.

    Source:
        Hansen and Hodrick (1980), Forward exchange rates as optimal predictors: the plain sum of autocovariances up to
        `overlap` - 1, which is what overlapping values have; never below Bartlett's or that of independent sessions.
        It is too small by (2 x overlap - 1) sessions' worth of having taken the mean off, and there are as many
        independent sessions as fit without overlap. Where nothing is to be found, ten groups of values that overlap
        five sessions hold a finding in 1 to 7 % of simulations of 20 to 250 sessions (Bartlett's weights and
        Student's t of all sessions: 19 to 41 %). Benjamini and Hochberg (1995) for the tests.
    """
    count = np.bincount(group, minlength=groups)
    total = np.bincount(group, weights=value, minlength=groups)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    error, with_rows = np.full(groups, np.nan), np.zeros(groups, dtype=np.int64)
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(groups + 1))
    for number in np.flatnonzero(count).tolist():  # a matrix of groups by sessions would be too large
        rows = order[bounds[number] : bounds[number + 1]]
        deviation = np.bincount(session[rows], weights=(value[rows] - mean[number]) / len(rows), minlength=sessions)
        with_rows[number] = len(np.unique(session[rows]))
        error[number] = _error(deviation.astype(np.float64), int(with_rows[number]), overlap)
    enough = (count >= LEAST_ROWS) & (with_rows >= LEAST_SESSIONS)
    freedom = np.maximum(with_rows / overlap - 1.0, 0.0)
    q = q_values(np.where(enough, two_sided(mean, error, freedom), np.nan))
    reach = student_quantile(freedom, corrected_alpha(q)) * error
    return [
        GroupMean(
            int(count[k]), int(with_rows[k]), _around(mean[k], reach[k], known=bool(np.isfinite(q[k]))),
            float(q[k]) if np.isfinite(q[k]) else None, _missing(int(count[k]), int(with_rows[k])),
        )
        for k in range(groups)
    ]  # fmt: skip


def _error(deviation: Floats, with_rows: int, overlap: int) -> float:
    """The standard error of a mean, from what each session adds to it; NaN where there are too few sessions."""
    if with_rows < 2 * overlap:
        return np.nan
    products = [float(deviation[lag:] @ deviation[: len(deviation) - lag]) for lag in range(overlap)]
    flat = products[0] + 2.0 * sum(products[1:])
    floor = sum(
        (1.0 if lag == 0 else 2.0 * (1.0 - lag / overlap)) * product for lag, product in enumerate(products)
    )  # fmt: skip
    return math.sqrt(max(flat, floor, products[0]) / (1.0 - (2.0 * overlap - 1.0) / with_rows))


def _around(mean: float, reach: float, *, known: bool) -> Estimate:
    if not np.isfinite(mean):
        return Estimate(None)
    return Estimate(float(mean), float(mean - reach), float(mean + reach)) if known else Estimate(float(mean))


def _missing(count: int, sessions: int) -> str:
    counts = ((count, LEAST_ROWS, "outcomes"), (sessions, LEAST_SESSIONS, "sessions"))
    few = [f"{have} of at least {least} {what}" for have, least, what in counts if have < least]
    return f"not enough data yet: {', '.join(few)}" if few else ""

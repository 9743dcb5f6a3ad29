"""What was tried on a span: every attempt, the best one, and how much of it luck explains."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from trading.bars.panel import as_day
from trading.performance.attempts import Attempts
from trading.performance.estimate import finite
from trading.performance.metrics.sharpe_above_luck import deflated_sharpe
from trading.trials.counting import attempts_on, distinct
from trading.trials.looks import looks_at
from trading.trials.overfitting import Overfitting, of_trials
from trading.trials.sealing import Sealed
from trading.trials.trial import Trial


@dataclass(frozen=True)
class Attempt:
    """One row: trials that returned the same in the same sessions.

    Attributes:
        trials: that said so; all but the first are repeats.
        sharpe: per session; None where it isn't defined.
        overlap_sessions: over how many sessions one return runs; 0 for an account that is marked at each close.
        at: of the first trial.
    """

    kind: str
    label: str
    first: date
    last: date
    sessions: int
    sharpe: float | None
    overlap_sessions: int
    trials: int
    code_version: str
    config_sha256: str
    data_sha256: str
    at: datetime


@dataclass(frozen=True)
class Best:
    """The best attempt of one kind of series.

    Attributes:
        series: `accounts` marked at each close, or `setups` whose outcomes overlap.
        attempts: that it was chosen from, of both kinds.
        above_luck: deflated Sharpe ratio; None where it isn't defined.
        overfitting: of the choice among the attempts that have a return in each of its sessions; None where there are
            less than two, or too few sessions.
    """

    series: str
    attempt: Attempt
    attempts: Attempts
    above_luck: float | None
    overfitting: Overfitting | None


@dataclass(frozen=True)
class Tried:
    """On a span.

    Attributes:
        attempts: in the order of the record.
        best: of each kind of series that has a Sharpe ratio.
        looks: how often it was looked at, in words.
    """

    first: date | None
    last: date | None
    attempts: tuple[Attempt, ...]
    best: tuple[Best, ...]
    looks: str


def tried_on(trials: Sequence[Trial], seals: Sequence[Sealed], first: date | None, last: date | None) -> Tried:
    """What is on record of the sessions from `first` to `last`; of all where these are None.

    A trial counts when any session that it was judged on lies in the span.
    """
    low = as_day(first) if first else np.datetime64("0001-01-01")
    high = as_day(last) if last else np.datetime64("9999-12-31")
    there = [one for one in trials if ((one.sessions >= low) & (one.sessions <= high)).any()]
    if not there:
        return Tried(first, last, (), (), "Nothing that is on record was judged on this span.")
    different, times = distinct(there), Counter(one.series_sha256 for one in there)
    rows = {one.series_sha256: _row(one, times[one.series_sha256]) for one in different}
    kinds = {"accounts": [], "setups": []}  # type: dict[str, list[Trial]]
    for one in different:
        kinds["setups" if one.overlap_sessions else "accounts"].append(one)
    best = [
        _best(name, max(ratios, key=lambda one: one.sharpe or 0.0), rows, trials, of)
        for name, of in kinds.items()
        if (ratios := [one for one in of if one.sharpe is not None])
    ]
    sessions = np.unique(np.concatenate([one.sessions for one in there]))
    inside = sessions[(sessions >= low) & (sessions <= high)]
    return Tried(
        first or min(one.first for one in there), last or max(one.last for one in there), tuple(rows.values()),
        tuple(best), looks_at(trials, seals, inside).words,
    )  # fmt: skip


def _best(series: str, best: Trial, rows: dict[str, Attempt], trials: Sequence[Trial], alike: Sequence[Trial]) -> Best:
    attempts = attempts_on(trials, best.sessions, overlap_sessions=best.overlap_sessions)
    luck = deflated_sharpe(
        best.returns, attempts.count, attempts.sharpe_variance, overlap_sessions=best.overlap_sessions
    )
    return Best(
        series, rows[best.series_sha256], attempts, finite(luck) if not math.isnan(luck) else None,
        of_trials(alike, best.sessions),
    )  # fmt: skip


def _row(one: Trial, times: int) -> Attempt:
    return Attempt(
        kind=one.kind, label=one.label, first=one.first, last=one.last, sessions=len(one.sessions), sharpe=one.sharpe,
        overlap_sessions=one.overlap_sessions, trials=times, code_version=one.code_version,
        config_sha256=one.config_sha256, data_sha256=one.data_sha256, at=one.at,
    )  # fmt: skip

"""How many attempts trials make, and how much their Sharpe ratios differ.

Two trials are one attempt if they returned the same in the same sessions: nothing was chosen between them. A repeat of
the same configuration on the same data is that; one that comes out otherwise is another attempt, since something that
no hash covers has changed. A trial counts for a span if it was judged on any session of it, whatever kind it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trading.arrays import Days
from trading.performance.attempts import MIN_MEASURED, Attempts
from trading.trials.trial import Trial


def on_sessions(trials: Sequence[Trial], sessions: Days) -> list[Trial]:
    """The trials that were judged on any of the sessions."""
    if len(sessions) == 0:
        return []
    first, last = sessions.min(), sessions.max()
    near = [one for one in trials if one.sessions[0] <= last and one.sessions[-1] >= first]
    return [one for one in near if np.isin(one.sessions, sessions).any()]


def distinct(trials: Sequence[Trial]) -> list[Trial]:
    """One trial for each attempt: the first that said so."""
    return list({one.series_sha256: one for one in reversed(trials)}.values())[::-1]


def attempts_on(trials: Sequence[Trial], sessions: Days, *, overlap_sessions: int = 0, elsewhere: int = 0) -> Attempts:
    """The attempts on any of these sessions.

    All count. The spread of ratios is measured among those of the same kind of series: a ratio of outcomes that run
    over five sessions isn't one of an account marked daily.

    Args:
        trials: on record, the one that is to be judged among them.
        sessions: that it was judged on.
        overlap_sessions: of the one that is to be judged.
        elsewhere: attempts that aren't on record.
    """
    there = on_sessions(trials, sessions)
    different = distinct(there)
    alike = [one for one in different if (one.overlap_sessions > 0) == (overlap_sessions > 0)]
    ratios = [one.sharpe for one in alike if one.sharpe is not None]
    return Attempts(
        count=len(different) + elsewhere,
        elsewhere=elsewhere,
        repeats=len(there) - len(different),
        measured=len(ratios),
        sharpe_variance=float(np.var(ratios, ddof=1)) if len(ratios) >= MIN_MEASURED else None,
    )

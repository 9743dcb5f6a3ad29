"""What a version of the ensemble was worth at one session, once the outcomes of its setups can be known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from trading.arrays import Flags, Floats, Ints

CERTAIN = 0.001
"""No probability counts as nearer to 0 or 1 in the log loss, so that one setup can't decide a session."""
LEAST_CORRELATED = 10
"""Setups with a known catalyst; with fewer of a session their rank correlation is left out."""


@dataclass(frozen=True)
class Scored:
    """The setups of a session that a version was asked of, with outcomes as known when the horizon was over.

    Attributes:
        probability: that it makes money, as served; NaN = no answer. Each of shape `(n,)`.
        expected_return: as served, a fraction.
        chosen: a candidate that the version was for; `by_rules` likewise of the rules.
        in_play: a candidate.
        won: made money after costs; 0, 1 or NaN while nobody knows.
        net_return: after costs, a fraction, NaN likewise.
        catalyst: the score of its catalyst, NaN = none or unknown.
    """

    probability: Floats
    expected_return: Floats
    in_play: Flags
    chosen: Flags
    by_rules: Flags
    won: Floats
    net_return: Floats
    catalyst: Floats


@dataclass(frozen=True)
class SessionMarks:
    """The session's figures of one version; NaN where nothing can be said.

    Attributes:
        setups: answered, with a known outcome; means are over these.
        unanswered: that the version said nothing of, whatever their outcome.
        open: answered, without a known outcome when the horizon was over.
        log_loss: mean of -log of the probability given to what happened.
        brier: mean squared error of the probability.
        claimed: variance of the probabilities within the session: how far they claim to tell setups apart.
        told: their covariance with what happened: how far they did. For calibrated probabilities both are equal on
            average, whatever the market did to all setups of the session.
        bias: mean probability less the share that made money.
        made_money: share of the setups.
        squared_error: mean, of the expected return.
        candidates: of the setups, those in play.
        calls: candidates that the version was for; `calls_won` and `calls_return` (a sum) of these.
        rules_calls: candidates that the rules were for; `rules_return` likewise a sum.
        catalyst_correlation: Spearman's, of the catalyst's score with the net return.
    """

    session: date
    ensemble_id: str
    setups: int
    unanswered: int
    open: int
    log_loss: float
    brier: float
    claimed: float
    told: float
    bias: float
    made_money: float
    squared_error: float
    candidates: int
    calls: int
    calls_won: int
    calls_return: float
    rules_calls: int
    rules_return: float
    catalyst_correlation: float


MARKS = tuple(field.name for field in fields(SessionMarks))
"""Names of the figures, in order."""


def marks_of(session: date, ensemble_id: str, told: Scored) -> SessionMarks:
    """The figures of a session; of one that was asked of nothing as well."""
    answered = np.isfinite(told.probability)
    known = np.isfinite(told.won) & np.isfinite(told.net_return)
    use = answered & known
    p, won = told.probability[use], told.won[use]
    missed = (p - won) ** 2
    apart = p - _mean(p) if len(p) and np.ptp(p) > 0 else np.zeros(len(p))  # of equal ones rounding would be left
    calls, by_rules = (use & told.in_play & yes for yes in (told.chosen, told.by_rules))
    sure = np.clip(p, CERTAIN, 1.0 - CERTAIN)
    return SessionMarks(
        session=session,
        ensemble_id=ensemble_id,
        setups=int(use.sum()),
        unanswered=int((~answered).sum()),
        open=int((answered & ~known).sum()),
        log_loss=_mean(-np.where(won > 0, np.log(sure), np.log1p(-sure))),
        brier=_mean(missed),
        claimed=_mean(apart**2),
        told=_mean(apart * (won - _mean(won))),
        bias=_mean(p - won),
        made_money=_mean(won),
        squared_error=_mean((told.expected_return[use] - told.net_return[use]) ** 2),
        candidates=int((use & told.in_play).sum()),
        calls=int(calls.sum()),
        calls_won=int(told.won[calls].sum()),
        calls_return=float(told.net_return[calls].sum()),
        rules_calls=int(by_rules.sum()),
        rules_return=float(told.net_return[by_rules].sum()),
        catalyst_correlation=_correlation(told.catalyst[use], told.net_return[use]),
    )


def column(marks: Sequence[SessionMarks], name: str) -> Floats:
    """One figure of all sessions."""
    return np.array([getattr(one, name) for one in marks], dtype=np.float64)


def positions(marks: Sequence[SessionMarks], sessions: np.ndarray) -> Ints:
    """Where each stands among the sessions of the exchange, ascending."""
    days = np.array([one.session for one in marks], dtype="datetime64[D]")
    return np.searchsorted(sessions, days).astype(np.int64)


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _correlation(catalyst: Floats, net_return: Floats) -> float:
    from scipy import stats  # noqa: PLC0415  takes half a second

    there = np.isfinite(catalyst)
    if there.sum() < LEAST_CORRELATED or np.ptp(catalyst[there]) == 0 or np.ptp(net_return[there]) == 0:
        return float("nan")
    return float(stats.spearmanr(catalyst[there], net_return[there]).statistic)

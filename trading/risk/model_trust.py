"""Whether an ensemble may decide: not when it is too old, and not when what it ranked highest failed too often."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from trading.arrays import Days
from trading.bars.panel import as_day
from trading.performance.estimate import wilson
from trading.risk.model_risk import Doubt, ModelRiskLimits
from trading.views.restraint import Turn


@dataclass(frozen=True)
class SignalEvidence:
    """What became of setups in play that an ensemble ranked high enough to be for, bought or not.

    Attributes:
        signals: whose outcome is known.
        won: of these, made money after costs.
        effective: of how many independent setups they say as much: those of one session share the market's move, so
            their number is divided by how much more the sessions' shares scatter than independent ones would.
    """

    signals: int = 0
    won: int = 0
    effective: float = 0.0

    @classmethod
    def of(cls, sessions: Days, won: np.ndarray) -> SignalEvidence:
        """The evidence of signals, each with its session and whether it made money.

        Source:
            The design effect of cluster samples: Kish (1965), Survey Sampling, chapter 5; the variance of a ratio over
            clusters against that of independent draws.
        """
        n, hits = len(won), int(np.sum(won))
        if n == 0:
            return cls()
        share = hits / n
        _, group = np.unique(sessions, return_inverse=True)
        clusters = int(group.max()) + 1
        independent = share * (1 - share) / n
        if clusters < 2 or independent == 0:  # noqa: PLR2004
            return cls(n, hits, float(clusters))
        residual = np.bincount(group, weights=np.asarray(won, dtype=np.float64) - share)
        clustered = float((residual**2).sum()) / n**2
        return cls(n, hits, n / max(1.0, clustered / independent))


def stale_models(known_before: date | None, days: Days, session: date, limits: ModelRiskLimits) -> Doubt | None:
    """Why the models are too old to decide at the session's close; None when they are fresh.

    Args:
        known_before: they learned from nothing that became known on this day or later; None = nobody knows.
        days: sessions of the market, ascending; those after the session aren't looked at.
        session: of the decision.
        limits: how old they may be.
    """
    if known_before is None:
        return Doubt("stale", "nobody knows when the models learned")
    age = int(np.searchsorted(days, as_day(session), side="right") - np.searchsorted(days, as_day(known_before)))
    if age <= limits.max_age_sessions:
        return None
    return Doubt(
        "stale",
        f"the models learned nothing of the last {age} sessions, {limits.max_age_sessions} are the limit",
    )


def lost_skill(evidence: SignalEvidence, limits: ModelRiskLimits) -> Doubt | None:
    """Why the evidence forbids an ensemble to decide; None when it doesn't.

    The setups are scored whether the ensemble may decide or not, so it is judged by new ones all the time.

    Source:
        The interval: Wilson (1927), see `trading.performance.estimate.wilson`. It decides by its upper end, so that bad
        luck alone rarely stops models that are well.
    """
    if evidence.signals < max(1, limits.accuracy_signals):
        return None
    share = wilson(evidence.won / evidence.signals * evidence.effective, evidence.effective)
    if share.high is None or share.high >= limits.min_win_rate:
        return None
    return Doubt(
        "lost_skill",
        f"{evidence.won} of the last {evidence.signals} setups that the ensemble ranked highest made money, surely "
        f"less than {limits.min_win_rate:.0%} (at most {share.high:.0%})",
    )


def held_back(turn: Turn | None) -> Doubt | None:
    """What an alarm of the monitoring leaves of a version; None where none stands."""
    if turn is None or turn.stage == "full":
        return None
    since = f"since {turn.from_session} an alarm of the monitoring stands"
    if turn.stage == "half":
        return Doubt("alarm_half", f"{since}: half size", scale=0.5)
    return Doubt("alarm", since)


A_STEP = 0.2
"""Of confidence, and so of the setups that a version decides: at 0.6 two fifths, at 0.4 three, at 0.2 four."""


def grown(limits: ModelRiskLimits, step: int) -> ModelRiskLimits:
    """The limits for a version whose share of the decisions has grown: it decides from a lower confidence on.

    The strategy's transition is a bar of confidence above which models decide and below which the rules do (section
    3.3); lowering it step by step is how models take over.
    """
    return replace(limits, min_confidence=max(0.0, round(limits.min_confidence - A_STEP * step, 6)))


def is_for(rank: np.ndarray, limits: ModelRiskLimits) -> np.ndarray:
    """Which ranks are high enough for models to be for the setup."""
    with np.errstate(invalid="ignore"):
        return np.asarray((2.0 * rank - 1.0 >= limits.min_confidence) & (rank > 0.5))  # noqa: PLR2004

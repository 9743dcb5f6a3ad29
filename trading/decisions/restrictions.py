"""What an account's own past leaves of new positions: the desks decide by it, and the HTTP interface tells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trading.risk.cooldown import paused, resting
from trading.risk.decision_rules import DecisionRules
from trading.risk.drawdown import DrawdownState, judge
from trading.risk.model_trust import lost_skill
from trading.risk.trade_history import TradeHistory


@dataclass(frozen=True)
class Past:
    """An account up to the close of a session.

    Attributes:
        sessions: that it was marked in, ascending; the last one is that session.
        equity_cents: at each close that it was known for certain at.
        history: of its trades.
    """

    sessions: Sequence[date]
    equity_cents: Mapping[date, int]
    history: TradeHistory


@dataclass(frozen=True)
class Standing:
    """What a past leaves.

    Attributes:
        drawdown: of the size of each new position, by losses and pauses.
        resting: symbols that may not be bought now, and why.
        doubt: why the ensemble may not decide here, in words; empty when it may.
    """

    drawdown: DrawdownState
    resting: Mapping[str, str]
    doubt: str


Restriction = Callable[[Past, DecisionRules], DrawdownState]


def _by_losses(past: Past, limits: DecisionRules) -> DrawdownState:
    return judge(past.equity_cents, limits.drawdown, [close.profit_cents for close in past.history.closes])


def _by_pause(past: Past, limits: DecisionRules) -> DrawdownState:
    return paused(past.history, sorted(past.equity_cents), limits.cooldown)


RESTRICTIONS: tuple[Restriction, ...] = (_by_losses, _by_pause)
"""What may shrink every new position of an account. To add one: a file in `trading/risk` with its rule, and a row."""


def restriction(past: Past, limits: DecisionRules) -> DrawdownState:
    """The strictest of `RESTRICTIONS` at the close of the last session; the first of them where two are as strict."""
    return min((judged(past, limits) for judged in RESTRICTIONS), key=lambda found: found.scale)


def standing(past: Past, limits: DecisionRules, drawdown: DrawdownState | None = None) -> Standing:
    """All that the past forbids at the close of the last session.

    Args:
        past: of the account.
        limits: of risk.
        drawdown: the restriction as it is on record for that close; None reckons it.
    """
    return Standing(
        drawdown=restriction(past, limits) if drawdown is None else drawdown,
        resting=resting(past.history, past.sessions, limits.cooldown),
        doubt=lost_skill(past.history, past.sessions, limits.model_risk),
    )

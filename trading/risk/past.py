"""What an account went through: what limits of risk judge it by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

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
class DrawdownState:
    """What the losses so far allow.

    Attributes:
        scale: factor on new positions: 1, 0.5 or 0.
        reason: in words; empty when nothing is restricted.
        limit: that restricts, by its name (`trading.decisions.refusals`).
    """

    scale: float
    reason: str
    limit: str = "drawdown"


class Restricting(ABC):
    """Limits that may shrink every new position of an account.

    To add some: a file here with a frozen class of limits that is one of these, a field of `DecisionRules` for it, and
    a row of `trading.risk.limits.LIMITS` for each value. A method of another name is an error when the class is used.
    """

    @abstractmethod
    def restrict(self, past: Past) -> DrawdownState:
        """What the past leaves of new positions at the close of its last session."""


def state_on_record(scale: float, reason: str) -> DrawdownState:
    """The state as a record keeps it, which has its words but no name of the limit."""
    return DrawdownState(scale, reason, "losing_streak" if reason.startswith("paused for ") else "drawdown")

"""Cooldowns: a symbol rests after a stop, an account after a streak of losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from trading.risk.drawdown import losses_in_a_row
from trading.risk.past import DrawdownState, Past, Restricting
from trading.risk.trade_history import TradeHistory


@dataclass(frozen=True)
class CooldownLimits(Restricting):
    """How long to stay away, in sessions of the account; conventions, none was fitted.

    Attributes:
        stop_out_sessions: so many closes after a stop, its own session's counted, the symbol isn't bought again.
        pause_streak: so many closing fills in a row with a loss pause the whole account.
        pause_sessions: for so many closes, that of the last loss counted; then `streak_reduce` keeps it at half size.
    """

    stop_out_sessions: int = 5
    pause_streak: int = 8
    pause_sessions: int = 3

    def restrict(self, past: Past) -> DrawdownState:
        """By the pause after a streak of losses; see `paused`."""
        return paused(past.history, sorted(past.equity_cents), self)


def resting(history: TradeHistory, sessions: Sequence[date], limits: CooldownLimits) -> dict[str, str]:
    """The symbols that rest at the close of the last session, and why, in words.

    Args:
        history: of the account.
        sessions: that the account was marked in, ascending.
        limits: how long.
    """
    if limits.stop_out_sessions <= 0:
        return {}
    late = set(sessions[-limits.stop_out_sessions :])
    words = f"rests {limits.stop_out_sessions} sessions"
    return {
        close.symbol: f"{words}: it was stopped out on {close.session}"
        for close in history.closes
        if close.stopped and close.session in late
    }


def paused(history: TradeHistory, sessions: Sequence[date], limits: CooldownLimits) -> DrawdownState:
    """What the latest streak of losses leaves of new positions: nothing while the account pauses, else all."""
    streak = losses_in_a_row([close.profit_cents for close in history.closes])
    if limits.pause_sessions <= 0 or streak < limits.pause_streak:
        return DrawdownState(1.0, "")
    last = history.closes[-1].session
    if last not in set(sessions[-limits.pause_sessions :]):
        return DrawdownState(1.0, "")
    words = f"the last {streak} closing fills lost, the latest on {last}; {limits.pause_streak} are enough"
    return DrawdownState(0.0, f"paused for {limits.pause_sessions} sessions: {words}", "losing_streak")

"""Drawdown protection: losses shrink, then stop, new positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trading.risk.past import DrawdownState, Past, Restricting


@dataclass(frozen=True)
class DrawdownLimits(Restricting):
    """Thresholds, as fractions of equity.

    Attributes:
        daily_loss: a session that loses more suspends new positions for that session.
        weekly_reduce: five sessions that lose more halve new positions.
        weekly_suspend: five sessions that lose more suspend new positions.
        streak_reduce: so many closing fills in a row with a loss halve new positions until one gains.
    """

    daily_loss: float = 0.03
    weekly_reduce: float = 0.05
    weekly_suspend: float = 0.08
    streak_reduce: int = 6

    def restrict(self, past: Past) -> DrawdownState:
        """By the losses of sessions, weeks and trades in a row; see `judge`."""
        return judge(past.equity_cents, self, [close.profit_cents for close in past.history.closes])


WEEK_SESSIONS = 5


def judge(
    equity_cents: Mapping[date, int], limits: DrawdownLimits | None = None, trades_cents: Sequence[int] = ()
) -> DrawdownState:
    """What the equity of the marked sessions, and the trades closed so far, allow at the close of the last one.

    It is a function of the journal alone, so a restart can't forget a suspension.
    """
    limits = limits or DrawdownLimits()
    marks = [equity_cents[session] for session in sorted(equity_cents)]
    daily, weekly = _losses(marks)
    if daily > limits.daily_loss:
        return DrawdownState(0.0, f"suspended: the session lost {daily:.1%}, more than {limits.daily_loss:.0%}")
    if weekly > limits.weekly_suspend:
        return DrawdownState(0.0, f"suspended: five sessions lost {weekly:.1%}, more than {limits.weekly_suspend:.0%}")
    if weekly > limits.weekly_reduce:
        return DrawdownState(0.5, f"halved: five sessions lost {weekly:.1%}, more than {limits.weekly_reduce:.0%}")
    streak = losses_in_a_row(trades_cents)
    if streak >= limits.streak_reduce:
        return DrawdownState(0.5, f"halved: the last {streak} closing fills lost, {limits.streak_reduce} are enough")
    return DrawdownState(1.0, "")


def losses_in_a_row(trades_cents: Sequence[int]) -> int:
    """How many of the latest closing fills lost, up to the last one that didn't."""
    return next((n for n, profit in enumerate(reversed(trades_cents)) if profit >= 0), len(trades_cents))


def _losses(marks: Sequence[int]) -> tuple[float, float]:
    """The fractions that the last session and the last five lost; zero before the second mark."""
    if len(marks) < 2:  # noqa: PLR2004
        return 0.0, 0.0
    week_ago = marks[-1 - WEEK_SESSIONS] if len(marks) > WEEK_SESSIONS else marks[0]
    return _lost(marks[-2], marks[-1]), _lost(week_ago, marks[-1])


def _lost(before_cents: int, after_cents: int) -> float:
    """The fraction lost; a loss of exactly a limit is that limit, which `1 - after / before` would overshoot."""
    return (before_cents - after_cents) / before_cents

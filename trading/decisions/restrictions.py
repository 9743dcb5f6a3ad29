"""What an account's own past leaves of new positions: the desk decides by it, and the HTTP interface tells it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from trading.risk.cooldown import paused
from trading.risk.decision_rules import DecisionRules
from trading.risk.drawdown import DrawdownState, judge
from trading.risk.trade_history import TradeHistory


def restriction(equity_cents: Mapping[date, int], history: TradeHistory, limits: DecisionRules) -> DrawdownState:
    """What losses leave of new positions at the close of the last session: the stricter of drawdown and pause.

    Args:
        equity_cents: of the account at each close.
        history: of its trades.
        limits: of losses and cooldowns.
    """
    judged = judge(equity_cents, limits.drawdown, [close.profit_cents for close in history.closes])
    pause = paused(history, sorted(equity_cents), limits.cooldown)
    return pause if pause.scale < judged.scale else judged

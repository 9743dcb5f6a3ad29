"""Whether the ensemble may decide: not when it is too old, and not when its own trades say it has lost its skill."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from trading.arrays import Days
from trading.bars.panel import as_day
from trading.performance.estimate import wilson
from trading.risk.model_risk import ModelRiskLimits
from trading.risk.trade_history import TradeHistory


def stale_models(known_before: date | None, days: Days, session: date, limits: ModelRiskLimits) -> str:
    """Why the models are too old to decide at the session's close, in words; empty when they are fresh.

    Args:
        known_before: they learned from nothing that became known on this day or later; None = nobody knows.
        days: sessions of the market, ascending; those after the session aren't looked at.
        session: of the decision.
        limits: how old they may be.
    """
    if known_before is None:
        return "nobody knows when the models learned"
    age = int(np.searchsorted(days, as_day(session), side="right") - np.searchsorted(days, as_day(known_before)))
    if age <= limits.max_age_sessions:
        return ""
    return f"the models learned nothing of the last {age} sessions, {limits.max_age_sessions} are the limit"


def lost_skill(history: TradeHistory, sessions: Sequence[date], limits: ModelRiskLimits) -> str:
    """Why the ensemble's own trades forbid it to decide, in words; empty when they don't.

    Counted are entries that the ensemble decided, by the profit of all their closing fills, where the first of these
    was within the window. Once it may not decide it makes no new ones, so the old ones leave the window in time and it
    is tried again.

    Args:
        history: of the account.
        sessions: that the account was marked in, ascending.
        limits: window, least trades and least win rate.

    Source:
        The interval: Wilson (1927), see `trading.performance.estimate.wilson`. It decides by its upper end, so that bad
        luck alone rarely stops models that are well.
    """
    profit_cents: dict[str, int] = {}
    first_closed: dict[str, date] = {}
    for close in history.closes:
        if close.source == "ensemble":
            profit_cents[close.entry_order_id] = profit_cents.get(close.entry_order_id, 0) + close.profit_cents
            first_closed.setdefault(close.entry_order_id, close.session)
    window = set(sessions[-limits.accuracy_sessions :]) if limits.accuracy_sessions > 0 else set()
    counted = [profit > 0 for entry, profit in profit_cents.items() if first_closed[entry] in window]
    if len(counted) < max(1, limits.accuracy_trades):
        return ""
    share = wilson(sum(counted), len(counted))
    if share.value is None or share.high is None or share.high >= limits.min_win_rate:
        return ""
    return (
        f"{sum(counted)} of the ensemble's last {len(counted)} trades won, surely less than {limits.min_win_rate:.0%} "
        f"(at most {share.high:.0%})"
    )

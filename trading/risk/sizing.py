"""Position size from confidence, stop distance and caps."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class SizingLimits:
    """How much one position may risk and cost.

    Attributes:
        risk_fraction: of equity, lost when the stop is hit (the strategy's "2 % base risk").
        max_weight: of equity, the most one position may cost.
        max_volume_share: of the 20-session average volume, the most shares one order may ask for.
        max_positions: open and waiting to open, per book.
        max_new_per_session: orders per book and session.
        calm_range: an average true range, as a fraction of the price, from which on the cap on the cost shrinks in
            proportion: a stock that moves twice as much may cost half as much.
    """

    risk_fraction: float = 0.02
    max_weight: float = 0.10
    max_volume_share: float = 0.01
    max_positions: int = 10
    max_new_per_session: int = 5
    calm_range: float = 0.05


def position_shares(
    *,
    equity_cents: int,
    confidence: float,
    scale: float,
    price_usd: float,
    stop_distance_usd: float,
    average_volume: float,
    limits: SizingLimits,
    range_usd: float = 0.0,
    room_cents: int | None = None,
) -> int:
    """Whole shares for a new position; zero when any cap leaves nothing or an input is unknown (NaN).

    Equity x 2 % x min(confidence x 2, 1) is what the stop may cost; the cap on the position's cost shrinks by the same
    factor, so that confidence counts also where the cap binds.

    Args:
        equity_cents: of the book at the decision.
        confidence: 0 to 1.
        scale: further factor, 0 to 1 (half when models disagree or after a drawdown).
        price_usd: close at the decision.
        stop_distance_usd: entry less stop.
        average_volume: shares a session.
        limits: caps.
        range_usd: average true range; zero leaves the cap on the cost as it is.
        room_cents: what other caps leave for this position; None for no other caps.

    Source:
        Strategy document, section 7.2.
    """
    factor = min(confidence * 2.0, 1.0) * scale
    if not all(value > 0 for value in (factor, price_usd, stop_distance_usd, average_volume)):
        return 0
    equity_usd = equity_cents / 100.0
    by_risk = equity_usd * limits.risk_fraction * factor / stop_distance_usd
    calm = limits.calm_range * price_usd
    by_weight = equity_usd * limits.max_weight * factor / price_usd * (calm / range_usd if range_usd > calm else 1.0)
    by_volume = average_volume * limits.max_volume_share
    by_room = math.inf if room_cents is None else room_cents / 100.0 / price_usd
    return int(min(by_risk, by_weight, by_volume, by_room))

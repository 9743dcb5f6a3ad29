"""Position size from confidence, stop distance and caps."""

from __future__ import annotations

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
    """

    risk_fraction: float = 0.02
    max_weight: float = 0.10
    max_volume_share: float = 0.01
    max_positions: int = 10
    max_new_per_session: int = 5


def position_shares(
    *,
    equity_cents: int,
    confidence: float,
    scale: float,
    price_usd: float,
    stop_distance_usd: float,
    average_volume: float,
    limits: SizingLimits,
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

    Source:
        Strategy document, section 7.2.
    """
    factor = min(confidence * 2.0, 1.0) * scale
    if not all(value > 0 for value in (factor, price_usd, stop_distance_usd, average_volume)):
        return 0
    equity_usd = equity_cents / 100.0
    by_risk = equity_usd * limits.risk_fraction * factor / stop_distance_usd
    by_weight = equity_usd * limits.max_weight * factor / price_usd
    by_volume = average_volume * limits.max_volume_share
    return int(min(by_risk, by_weight, by_volume))

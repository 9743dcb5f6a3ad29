"""What may be asked of an account, as objects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Side = Literal["buy", "sell", "sell_short", "buy_to_cover"]
OrderKind = Literal["market", "limit", "stop", "stop_limit", "trailing_stop", "on_open", "on_close"]
InForce = Literal["day", "gtc", "gtd", "ioc"]


@dataclass(frozen=True)
class Bracket:
    """What protects the position that an order opens: its legs live once it has filled, and one cancels the others.

    Attributes:
        stop_distance_usd_e4: the stop stands so far from the average fill, on the losing side; the target likewise on
            the winning side. Zero where the price is given instead, or there is no such leg.
        stop_usd_e4: the stop's price.
        target_usd_e4: the target's.
        hold_sessions: leave at the open after so many sessions with a bar, the entry's counted; zero for never.
    """

    stop_distance_usd_e4: int = 0
    target_distance_usd_e4: int = 0
    stop_usd_e4: int = 0
    target_usd_e4: int = 0
    hold_sessions: int = 0


@dataclass(frozen=True)
class OrderRequest:
    """One order, prices in 1/10,000 USD.

    Attributes:
        order_id: made by the caller and never used twice: a repeat is recognised by it. At a broker, the client's id.
        shares: positive.
        in_force: `day` ends with the session in which it can first fill, `gtc` never, `gtd` with the session
            `good_till`, `ioc` after the first bar that it met.
        limit_usd_e4: of limit and stop-limit orders.
        stop_usd_e4: of stop and stop-limit orders.
        trail_usd_e4: how far a trailing stop follows; or `trail_bp`, in 1/10,000 of the price.
        reason: in words, for the reader.
    """

    order_id: str
    symbol: str
    side: Side
    shares: int
    kind: OrderKind = "market"
    in_force: InForce = "day"
    limit_usd_e4: int = 0
    stop_usd_e4: int = 0
    trail_usd_e4: int = 0
    trail_bp: int = 0
    good_till: date | None = None
    bracket: Bracket | None = None
    reason: str = ""


@dataclass(frozen=True)
class Replacement:
    """New terms of an open order; None leaves what there is.

    Attributes:
        change_id: made by the caller, like an order's.
        shares: the new total, what has filled included.
    """

    change_id: str
    order_id: str
    shares: int | None = None
    limit_usd_e4: int | None = None
    stop_usd_e4: int | None = None

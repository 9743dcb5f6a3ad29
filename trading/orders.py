"""Orders, fills and the fill model of daily bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["buy", "sell"]
E4 = 10_000
"""Prices are integers in units of 1/10,000 USD (`price_usd_e4`)."""


def usd_e4(price_usd: float) -> int:
    """A price in 1/10,000 USD, rounded half to even."""
    return round(price_usd * E4)


def cents(price_usd_e4: int, shares: int) -> int:
    """The value of `shares` at a price, in cents, rounded half up as a broker's statement does."""
    return (price_usd_e4 * shares + 50) // 100


@dataclass(frozen=True)
class Quote:
    """One symbol's bar of one session, prices in 1/10,000 USD, volume in shares."""

    open_usd_e4: int
    high_usd_e4: int
    low_usd_e4: int
    close_usd_e4: int
    volume: int


@dataclass(frozen=True)
class Order:
    """A market order for the next session's open, with the bracket that protects the position it opens.

    Attributes:
        order_id: made by the caller from session, book and symbol, so that a repeat is recognised.
        shares: positive.
        stop_distance_usd_e4: the stop stands this far below the entry fill; the target likewise above it.
        hold_sessions: the position is sold at the open after this many sessions with a bar, the entry's counted.
        reason: in words, for the reader.
    """

    order_id: str
    symbol: str
    side: Side
    shares: int
    stop_distance_usd_e4: int
    target_distance_usd_e4: int
    hold_sessions: int
    reason: str


@dataclass(frozen=True)
class FillModel:
    """What a fill costs; every assumption is a parameter.

    Attributes:
        slippage_bp: paid on market and stop fills, in 1/10,000 of the price. 5 bp is the usual figure for S&P members
            (qlib's default impact cost is 5 bp for opening and 15 bp for closing).
        commission_usd_e4_per_share: Interactive Brokers' fixed US price, USD 0.005 a share.
        commission_min_cents: its minimum, USD 1 an order.
        commission_max_bp: its maximum, 1 % of the trade's value, at least a cent; never more than the trade's value, so
            that a sale can't take cash away.
    """

    slippage_bp: int = 5
    commission_usd_e4_per_share: int = 50
    commission_min_cents: int = 100
    commission_max_bp: int = 100

    def commission_cents(self, price_usd_e4: int, shares: int) -> int:
        """The commission of one fill in cents."""
        value_cents = cents(price_usd_e4, shares)
        by_share = max(self.commission_min_cents, (shares * self.commission_usd_e4_per_share + 99) // 100)
        return min(by_share, max(1, value_cents * self.commission_max_bp // E4), value_cents)

    def market_price(self, price_usd_e4: int, side: Side) -> int:
        """What a market order gets when the tape prints `price_usd_e4`: worse by the slippage, rounded against us."""
        slip = -(-price_usd_e4 * self.slippage_bp // E4)
        return price_usd_e4 + slip if side == "buy" else price_usd_e4 - slip

    def bracket_exit(self, quote: Quote, stop_usd_e4: int, target_usd_e4: int) -> tuple[str, int] | None:
        """How a long position's bracket leaves in this bar: `("stop" | "target", price_usd_e4)`, or None.

        A gap beyond the stop fills at the open. When a bar touches both, the stop is taken, because a daily bar does
        not tell which came first. The target is a limit order: the bar must trade through it, not only touch it.
        """
        if quote.low_usd_e4 <= stop_usd_e4:
            return "stop", self.market_price(min(quote.open_usd_e4, stop_usd_e4), "sell")
        if quote.high_usd_e4 > target_usd_e4:
            return "target", max(quote.open_usd_e4, target_usd_e4)
        return None


@dataclass(frozen=True)
class Fill:
    """A trade that happened in a book.

    Attributes:
        fill_id: the order's id with what caused the fill, unique.
        order_id: the entry's order, or for an exit the leg of its bracket: the entry's id with the reason behind it.
        slippage_usd_e4: how much worse than the tape's price, per share.
        reason: `entry`, `stop`, `target`, `time`, `settled`.
    """

    fill_id: str
    order_id: str
    symbol: str
    side: Side
    shares: int
    price_usd_e4: int
    commission_cents: int
    slippage_usd_e4: int
    reason: str

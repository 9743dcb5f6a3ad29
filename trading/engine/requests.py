"""What may be asked of an account: orders as objects at the edges, as columns inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from trading.arrays import Ints
from trading.broker.orders import Bracket, InForce, OrderKind, OrderRequest, Side

SIDES: tuple[Side, ...] = ("buy", "sell", "sell_short", "buy_to_cover")
KINDS: tuple[OrderKind, ...] = ("market", "limit", "stop", "stop_limit", "trailing_stop", "on_open", "on_close")
IN_FORCE: tuple[InForce, ...] = ("day", "gtc", "gtd", "ioc")
BUY, SELL, SELL_SHORT, BUY_TO_COVER = range(4)
MARKET, LIMIT, STOP, STOP_LIMIT, TRAILING_STOP, ON_OPEN, ON_CLOSE = range(7)
DAY, GTC, GTD, IOC = range(4)

FIELDS = (
    "instrument", "side", "kind", "in_force", "shares", "limit_usd_e4", "stop_usd_e4", "trail_usd_e4", "trail_bp",
    "good_till_day", "leg_stop_usd_e4", "leg_target_usd_e4", "leg_stop_distance_usd_e4",
    "leg_target_distance_usd_e4", "hold_sessions",
)  # fmt: skip
"""The columns of `OrderRequests`, each int64; zero stands for "none"."""
EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Days since 1970-01-01, as NumPy counts `datetime64[D]`."""
    return day.toordinal() - EPOCH


@dataclass(frozen=True)
class OrderRequests:
    """Many orders as columns; the row's place is its priority where money or volume is short.

    Attributes:
        ids: as `OrderRequest.order_id`, one a row.
        columns: int64 `(len(FIELDS), n)`, the rows named by `FIELDS`; an instrument of -1 is one that nobody knows.
        symbols: of the rows; needed only to name unknown ones.
        reasons: one a row, or empty for none.
    """

    ids: Sequence[str]
    columns: Ints
    symbols: Sequence[str] = ()
    reasons: Sequence[str] = field(default_factory=tuple)

    def __len__(self) -> int:
        return len(self.ids)

    def column(self, name: str) -> Ints:
        """One column by its name."""
        found: Ints = self.columns[FIELDS.index(name)]
        return found

    @staticmethod
    def of(requests: Sequence[OrderRequest], ids_of_symbols: Mapping[str, int]) -> OrderRequests:
        """The objects as columns."""
        columns = np.array([_row(request, ids_of_symbols) for request in requests], np.int64)
        return OrderRequests(
            [request.order_id for request in requests],
            columns.reshape(-1, len(FIELDS)).T.copy(),
            [request.symbol for request in requests],
            [request.reason for request in requests],
        )

    @staticmethod
    def plain(ids: Sequence[str], instrument: Ints, side: Ints, shares: Ints, kind: int = MARKET) -> OrderRequests:
        """Day orders that need no price: market, on the open or on the close."""
        columns = np.zeros((len(FIELDS), len(ids)), np.int64)
        columns[0], columns[1], columns[2], columns[4] = instrument, side, kind, shares
        return OrderRequests(ids, columns)


def _row(request: OrderRequest, ids_of_symbols: Mapping[str, int]) -> tuple[int, ...]:
    legs = request.bracket or Bracket()
    return (
        ids_of_symbols.get(request.symbol, -1),
        SIDES.index(request.side),
        KINDS.index(request.kind),
        IN_FORCE.index(request.in_force),
        request.shares,
        request.limit_usd_e4,
        request.stop_usd_e4,
        request.trail_usd_e4,
        request.trail_bp,
        day_number(request.good_till) if request.good_till else 0,
        legs.stop_usd_e4,
        legs.target_usd_e4,
        legs.stop_distance_usd_e4,
        legs.target_distance_usd_e4,
        legs.hold_sessions,
    )

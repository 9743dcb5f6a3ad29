"""What the books expect of a broker's account beside what it holds. Nothing is asked and nothing written here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from trading.broker.port import BrokerEvent, BrokerOrder

E4_PER_CENT = 100
PURCHASES = frozenset({"buy", "buy_to_cover"})


@dataclass(frozen=True)
class Adoption:
    """A change of the account that no event explains, taken over as it was found.

    Attributes:
        symbol: of a position or an order; empty for cash.
        change: cents of cash, or shares; of an order, those still open, which change nothing until they fill.
        broker_id: the broker's own id of an order; empty otherwise.
    """

    subject: Literal["cash", "position", "order"]
    symbol: str
    change: int
    reason: str
    broker_id: str = ""


@dataclass(frozen=True)
class Holdings:
    """Cash and positions without a zero among them; `shares` is negative for short ones."""

    cash_cents: int
    shares: Mapping[str, int] = field(default_factory=dict)


def expected(events: Iterable[BrokerEvent], adopted: Iterable[Adoption]) -> Holdings:
    """What events and adoptions add up to, in whatever order they came and however often."""
    cash_e4, cash_cents, seen = 0, 0, set[str]()
    shares: dict[str, int] = {}
    for event in events:
        if event.kind != "filled" or event.event_id in seen:
            continue
        seen.add(event.event_id)
        bought = event.shares if event.side in PURCHASES else -event.shares
        shares[event.symbol] = shares.get(event.symbol, 0) + bought
        cash_e4 -= bought * event.price_usd_e4
        cash_cents -= event.fees_cents
    for one in adopted:
        if one.subject == "cash":
            cash_cents += one.change
        elif one.subject == "position":
            shares[one.symbol] = shares.get(one.symbol, 0) + one.change
    return Holdings(cash_cents + round(cash_e4 / E4_PER_CENT), {s: n for s, n in shares.items() if n})


def differences(books: Holdings, found: Holdings, *, first: bool, tolerance_cents: int = 0) -> list[Adoption]:
    """What has to be adopted so that the books say what the account holds, positions by symbol, then cash.

    Args:
        books: as `expected` has them.
        found: at the broker.
        first: nothing is on record yet: the account is taken over as it stands.
        tolerance_cents: cash that differs by no more is left as it is; fractions of cents add up at a broker.
    """
    why = "the account as it was when it was first seen" if first else "no event of the broker explains it"
    symbols = sorted({*books.shares, *found.shares})
    changes = [(symbol, found.shares.get(symbol, 0) - books.shares.get(symbol, 0)) for symbol in symbols]
    adoptions = [Adoption("position", symbol, change, why) for symbol, change in changes if change]
    cash = found.cash_cents - books.cash_cents
    if abs(cash) > tolerance_cents:
        adoptions.append(Adoption("cash", "", cash, why))
    return adoptions


def foreign_orders(
    open_orders: Iterable[BrokerOrder], ours: Collection[str], adopted: Iterable[Adoption]
) -> list[Adoption]:
    """Open orders at the broker that the books don't know and that weren't adopted yet: made by hand, or elsewhere.

    Args:
        open_orders: as the broker lists them.
        ours: ids of the orders on record; a bracket's legs go by that of their entry.
        adopted: so far.
    """
    known = {one.broker_id for one in adopted}
    found = []
    for order in open_orders:
        left = order.shares - order.filled_shares
        if order.broker_id in known or order.order_id.rpartition(":")[0] in ours or order.order_id in ours or not left:
            continue
        why = f"an open order to {order.side} that is on no record here" + (
            f": {order.order_id}" * bool(order.order_id)
        )
        signed = left if order.side in PURCHASES else -left
        found.append(Adoption("order", order.symbol, signed, why, order.broker_id))
    return found

"""Orders, fills and equity as the journal tells them: a pure function, so that the readable tables cannot disagree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from trading.ledger import Draft, Entry

MARKET_ON_OPEN = "market_on_open"


@dataclass(frozen=True)
class OrderRow:
    """A row of `orders`."""

    order_id: str
    book: str
    symbol: str
    side: str
    shares: int
    kind: str
    decided_session: date
    reason: str


@dataclass(frozen=True)
class LegRow:
    """The leg of a bracket that closed a position: an order of the same decision as its entry.

    Attributes:
        kind: `stop`, `target`, `time`, `settled`.
    """

    order_id: str
    entry_order_id: str
    book: str
    symbol: str
    shares: int
    kind: str


@dataclass(frozen=True)
class FillRow:
    """A row of `fills`; every fill of ours ends its order."""

    fill_id: str
    order_id: str
    book: str
    symbol: str
    side: str
    shares: int
    price_usd_e4: int
    commission_cents: int
    slippage_usd_e4: int
    session: date


@dataclass(frozen=True)
class EquityRow:
    """A row of `equity`."""

    book: str
    session: date
    cash_cents: int
    positions_cents: int
    equity_cents: int


@dataclass
class Projection:
    """Rows that a run of entries adds; `cancelled` holds (order_id, why)."""

    orders: list[OrderRow] = field(default_factory=list)
    legs: list[LegRow] = field(default_factory=list)
    fills: list[FillRow] = field(default_factory=list)
    cancelled: list[tuple[str, str]] = field(default_factory=list)
    equity: list[EquityRow] = field(default_factory=list)


def book_of(draft: Draft) -> str:
    """The book of an entry."""
    return str(draft.payload["book"])


def project(entries: Iterable[Entry]) -> Projection:
    """The rows that the entries add to the readable tables; deposits and splits add none."""
    rows = Projection()
    for entry in entries:
        draft = entry.draft
        if draft.kind == "order":
            rows.orders.append(_order(draft))
        elif draft.kind == "cancel":
            rows.cancelled.append((draft.payload["order_id"], draft.payload["reason"]))
        elif draft.kind == "fill":
            _add_fill(rows, draft)
        elif draft.kind == "mark":
            cash, equity = draft.payload["cash_cents"], draft.payload["equity_cents"]
            rows.equity.append(EquityRow(book_of(draft), draft.session, cash, equity - cash, equity))
    return rows


def _order(draft: Draft) -> OrderRow:
    told = draft.payload
    return OrderRow(
        order_id=told["order_id"],
        book=told["book"],
        symbol=told["symbol"],
        side=told["side"],
        shares=told["shares"],
        kind=MARKET_ON_OPEN,
        decided_session=draft.session,
        reason=told["reason"],
    )


def _add_fill(rows: Projection, draft: Draft) -> None:
    told = draft.payload
    names = ("fill_id", "order_id", "book", "symbol", "side", "shares", "price_usd_e4", "commission_cents")
    rows.fills.append(
        FillRow(**{n: told[n] for n in names}, slippage_usd_e4=told["slippage_usd_e4"], session=draft.session)
    )
    if told["side"] == "sell":  # its order is the bracket's leg `<entry>:<reason>`, which nobody placed as such
        entry_id = told["order_id"].removesuffix(":" + told["reason"])
        leg = LegRow(told["order_id"], entry_id, told["book"], told["symbol"], told["shares"], told["reason"])
        rows.legs.append(leg)

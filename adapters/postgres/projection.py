"""Orders, fills and equity as the journal tells them: a pure function, so that the readable tables cannot disagree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from trading.ledger.double_entry import Draft, Entry


@dataclass(frozen=True)
class OrderRow:
    """A row of `orders`.

    Attributes:
        decided_at: close of the bar that it was made from.
        status: `open`, or `refused` with the reason in `closed_reason`.
    """

    order_id: str
    book: str
    symbol: str
    side: str
    shares: int
    kind: str
    decided_session: date
    decided_at: datetime
    reason: str
    status: str = "open"
    closed_reason: str | None = None


@dataclass(frozen=True)
class LegRow:
    """The leg of a bracket that traded: an order of the same decision as its entry.

    Attributes:
        kind: `stop`, `target`, `time`, `settled`.
        shares: of the leg; they grow with further fills of the entry.
    """

    order_id: str
    entry_order_id: str
    book: str
    symbol: str
    side: str
    shares: int
    kind: str


@dataclass(frozen=True)
class FillRow:
    """A row of `fills`."""

    fill_id: str
    order_id: str
    book: str
    symbol: str
    side: str
    shares: int
    price_usd_e4: int
    commission_cents: int
    fees_cents: int
    slippage_usd_e4: int
    session: date
    filled_at: datetime


@dataclass(frozen=True)
class Ending:
    """An open order that ended.

    Attributes:
        must: there is such a row; legs are on record only once they trade.
    """

    order_id: str
    status: str
    reason: str | None = None
    must: bool = True


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
    """Rows that a run of entries adds or changes.

    Attributes:
        resized: order id and shares of orders that were replaced or restated by a split, in order.
    """

    orders: list[OrderRow] = field(default_factory=list)
    legs: list[LegRow] = field(default_factory=list)
    resized: list[tuple[str, int]] = field(default_factory=list)
    fills: list[FillRow] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    equity: list[EquityRow] = field(default_factory=list)


def book_of(draft: Draft) -> str:
    """The book of an entry."""
    return str(draft.payload["book"])


def project(entries: Iterable[Entry]) -> Projection:
    """The rows that the entries add to the readable tables; money that moves without an order adds none."""
    rows = Projection()
    for entry in entries:
        draft, told = entry.draft, entry.draft.payload
        if draft.kind in {"order", "refuse"}:
            rows.orders.append(_order(draft))
        elif draft.kind == "cancel":
            status = "expired" if told["expired"] else "cancelled"
            rows.endings.append(Ending(told["order_id"], status, told["reason"], must=not told["leg"]))
        elif draft.kind == "replace":
            rows.resized.append((told["order_id"], told["shares"]))
        elif draft.kind == "split":
            rows.resized.extend(sorted(told["orders"].items()))
        elif draft.kind == "fill":
            _add_fill(rows, draft)
        elif draft.kind == "mark" and told["ends_session"]:
            cash, equity = told["cash_cents"], told["equity_cents"]
            rows.equity.append(EquityRow(book_of(draft), draft.session, cash, equity - cash, equity))
    return rows


def _order(draft: Draft) -> OrderRow:
    told = draft.payload
    refused = draft.kind == "refuse"
    return OrderRow(
        order_id=told["order_id"],
        book=told["book"],
        symbol=told["symbol"],
        side=told["side"],
        shares=told["shares"],
        kind="refused" if refused else told["kind"],
        decided_session=draft.session,
        decided_at=datetime.fromisoformat(told["at"]),
        reason="" if refused else told["reason"],
        status="refused" if refused else "open",
        closed_reason=told["reason"] if refused else None,
    )


def _add_fill(rows: Projection, draft: Draft) -> None:
    told = draft.payload
    names = (
        "fill_id", "order_id", "book", "symbol", "side", "shares", "price_usd_e4", "commission_cents", "fees_cents",
        "slippage_usd_e4",
    )  # fmt: skip
    rows.fills.append(
        FillRow(**{n: told[n] for n in names}, session=draft.session, filled_at=datetime.fromisoformat(told["at"]))
    )
    order_id, entry_id = told["order_id"], told["entry_order_id"]
    if order_id != entry_id:  # a leg of the entry's bracket, which nobody placed as such, or a settlement
        rows.legs.append(
            LegRow(
                order_id=order_id,
                entry_order_id=entry_id,
                book=told["book"],
                symbol=told["symbol"],
                side=told["side"],
                shares=told["ordered_shares"],
                kind=told["reason"],
            )
        )
    if told["remaining_shares"] == 0:
        rows.endings.append(Ending(order_id, "filled"))
        if order_id != entry_id:
            siblings = (f"{entry_id}:{leg}" for leg in ("stop", "target", "time"))
            rows.endings.extend(
                Ending(leg, "cancelled", "another leg of its bracket filled", must=False)
                for leg in siblings
                if leg != order_id
            )

"""A paper account: a fold of its journal entries, and the drafts that each session adds to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

from trading.errors import LedgerError
from trading.ledger import Draft, Posting
from trading.orders import Order, cents


@dataclass(frozen=True)
class Position:
    """A long position and its bracket.

    Attributes:
        cost_cents: what the shares cost, commission excluded.
        entry_order_id: the order that opened it.
        entry_commission_cents: what that fill cost beside the shares.
        held_sessions: sessions with a bar since the entry, the entry's own counted; like the horizon of an outcome, so
            that a session in which nobody could trade doesn't shorten the trade.
        last_close_usd_e4: the last price the tape printed for it.
        silent_sessions: sessions without a bar since then.
    """

    symbol: str
    shares: int
    cost_cents: int
    stop_usd_e4: int
    target_usd_e4: int
    hold_sessions: int
    entry_order_id: str
    entry_session: date
    entry_commission_cents: int
    held_sessions: int = 0
    last_close_usd_e4: int = 0
    silent_sessions: int = 0

    @property
    def value_cents(self) -> int:
        """Shares at the last close."""
        return cents(self.last_close_usd_e4, self.shares)


@dataclass
class Book:
    """One account's state. It changes only by `apply`, so a fold of the journal restores it exactly.

    Attributes:
        name: `rule` or `ensemble`.
        pending: orders that wait for the next session's open, in the order they were placed.
        equity_cents: equity at each marked session, ascending by session.
    """

    name: str
    cash_cents: int = 0
    positions: dict[str, Position] = field(default_factory=dict)
    pending: dict[str, Order] = field(default_factory=dict)
    equity_cents: dict[date, int] = field(default_factory=dict)
    trades: list[int] = field(default_factory=list)

    @property
    def positions_cents(self) -> int:
        """All positions at their last close."""
        return sum(position.value_cents for position in self.positions.values())

    def apply(self, draft: Draft) -> None:
        """The state after `draft`; entries of other books change nothing.

        Raises:
            LedgerError: when the entry contradicts the state (a sale of shares that aren't held, say).
        """
        if draft.payload.get("book") != self.name:
            return
        for posting in draft.postings:
            if posting.account == f"{self.name}:cash":
                self.cash_cents += posting.amount_cents
        handler = getattr(self, f"_apply_{draft.kind}", None)
        if handler is None:
            raise LedgerError(f"{draft.command_id}: no book knows entries of the kind {draft.kind}")
        handler(draft)

    def _apply_deposit(self, draft: Draft) -> None:
        """Cash only; the postings say it all."""

    def _apply_order(self, draft: Draft) -> None:
        payload = draft.payload
        fields: dict[str, Any] = {name: payload[name] for name in Order.__dataclass_fields__}
        order = Order(**fields)
        self.pending[order.order_id] = order

    def _apply_cancel(self, draft: Draft) -> None:
        self.pending.pop(draft.payload["order_id"])

    def _apply_fill(self, draft: Draft) -> None:
        payload = draft.payload
        if payload["side"] == "buy":
            order = self.pending.pop(payload["order_id"])
            if order.symbol in self.positions:
                raise LedgerError(f"{draft.command_id} buys {order.symbol}, of which {self.name} holds a position")
            price = payload["price_usd_e4"]
            self.positions[order.symbol] = Position(
                symbol=order.symbol,
                shares=payload["shares"],
                cost_cents=cents(price, payload["shares"]),
                stop_usd_e4=price - order.stop_distance_usd_e4,
                target_usd_e4=price + order.target_distance_usd_e4,
                hold_sessions=order.hold_sessions,
                entry_order_id=order.order_id,
                entry_session=draft.session,
                entry_commission_cents=payload["commission_cents"],
                last_close_usd_e4=price,
            )
            return
        position = self.positions.pop(payload["symbol"], None)
        if position is None or position.shares != payload["shares"]:
            raise LedgerError(
                f"{draft.command_id} sells {payload['shares']} {payload['symbol']} that {self.name} lacks"
            )
        self.trades.append(payload["profit_cents"])

    def _apply_split(self, draft: Draft) -> None:
        payload = draft.payload
        factor = Fraction(payload["numerator"], payload["denominator"])
        position = self.positions[payload["symbol"]]
        self.positions[payload["symbol"]] = replace(
            position,
            shares=payload["shares_after"],
            cost_cents=payload["cost_after_cents"],
            stop_usd_e4=round(position.stop_usd_e4 / factor),
            target_usd_e4=round(position.target_usd_e4 / factor),
            last_close_usd_e4=round(position.last_close_usd_e4 / factor),
        )

    def _apply_mark(self, draft: Draft) -> None:
        closes: dict[str, int] = draft.payload["closes_usd_e4"]
        for symbol, position in self.positions.items():
            close = closes.get(symbol)
            self.positions[symbol] = replace(
                position,
                held_sessions=position.held_sessions + (close is not None),
                last_close_usd_e4=position.last_close_usd_e4 if close is None else close,
                silent_sessions=position.silent_sessions + 1 if close is None else 0,
            )
        self.equity_cents[draft.session] = self.cash_cents + self.positions_cents
        if self.equity_cents[draft.session] != draft.payload["equity_cents"]:
            raise LedgerError(
                f"{draft.command_id} states an equity of {draft.payload['equity_cents']} cents, "
                f"the fold gives {self.equity_cents[draft.session]}"
            )


def deposit(book: str, session: date, amount_cents: int) -> Draft:
    """The entry that opens a book with cash."""
    return Draft(
        command_id=f"deposit:{book}",
        session=session,
        kind="deposit",
        payload={"book": book, "amount_cents": amount_cents},
        postings=(Posting(f"{book}:cash", amount_cents), Posting(f"{book}:capital", -amount_cents)),
    )

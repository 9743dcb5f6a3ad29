"""The accounts as the API shows them: a fold of the journal that keeps what a reader wants to see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from serve.schemas import Account, Book, Position, Trade
from trading.book import Book as LedgerBook
from trading.book import Position as Holding
from trading.ledger import Draft
from trading.risk.drawdown import judge

E4 = 10_000
EXITS = {
    "stop": "stop reached",
    "target": "target reached",
    "time": "time limit reached",
    "settled": "settled at the last close: its history broke or its bars ended",
}


@dataclass
class AccountReader:
    """One account, entry by entry.

    Attributes:
        book: the ledger's own state of the account.
        entries: the fill that opened each position held, by symbol.
        reasons: why each order was given, by id.
        trades: closed round trips, oldest first.
    """

    name: Book
    book: LedgerBook = field(init=False)
    start_cents: int = 0
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book = LedgerBook(self.name)

    def read(self, drafts: Iterable[Draft]) -> None:
        """The state after these entries."""
        for draft in drafts:
            if draft.payload["book"] != self.name:
                continue
            held = self.book.positions.get(draft.payload.get("symbol", ""))
            self.book.apply(draft)
            if draft.kind == "deposit":
                self.start_cents += draft.payload["amount_cents"]
            elif draft.kind == "order":
                self.reasons[draft.payload["order_id"]] = draft.payload["reason"]
            elif draft.kind == "fill" and draft.payload["side"] == "buy":
                self.entries[draft.payload["symbol"]] = draft.payload
            elif draft.kind == "fill" and held is not None:
                self.trades.append(self._trade(draft, held))

    def _trade(self, draft: Draft, held: Holding) -> Trade:
        told = draft.payload
        entry = self.entries.pop(held.symbol)
        cost_usd = (held.cost_cents + entry["commission_cents"]) / 100
        return Trade(
            book=self.name,
            symbol=held.symbol,
            direction="long",
            shares=told["shares"],
            entry_session=held.entry_session,
            entry_price_usd=held.cost_cents / 100 / held.shares,
            exit_session=draft.session,
            exit_price_usd=told["price_usd_e4"] / E4,
            profit_usd=told["profit_cents"] / 100,
            trade_return=told["profit_cents"] / 100 / cost_usd,
            held_sessions=held.held_sessions + (told["reason"] != "time"),
            entry_reason=self.reasons[held.entry_order_id],
            exit_reason=EXITS[told["reason"]],
        )

    @property
    def session(self) -> date | None:
        """The latest session that is marked."""
        return max(self.book.equity_cents, default=None)

    def account(self) -> Account:
        """The account at the latest close."""
        marks = [self.book.equity_cents[session] for session in sorted(self.book.equity_cents)]
        equity = self.book.cash_cents + self.book.positions_cents
        start = self.start_cents
        return Account(
            book=self.name,
            cash_usd=self.book.cash_cents / 100,
            positions_usd=self.book.positions_cents / 100,
            equity_usd=equity / 100,
            start_equity_usd=start / 100,
            total_return=equity / start - 1 if start else None,
            drawdown=1 - equity / max([start, *marks]) if start else None,
            open_positions=len(self.book.positions),
            state=judge(self.book.equity_cents).reason or "trading",
        )

    def positions(self) -> list[Position]:
        """What the account holds, by symbol."""
        return [self._position(self.book.positions[symbol]) for symbol in sorted(self.book.positions)]

    def _position(self, held: Holding) -> Position:
        unrealised_cents = held.value_cents - held.cost_cents
        return Position(
            book=self.name,
            symbol=held.symbol,
            shares=held.shares,
            entry_session=held.entry_session,
            entry_price_usd=held.cost_cents / 100 / held.shares,
            last_price_usd=held.last_close_usd_e4 / E4,
            market_value_usd=held.value_cents / 100,
            unrealised_usd=unrealised_cents / 100,
            unrealised_return=unrealised_cents / held.cost_cents,
            stop_price_usd=held.stop_usd_e4 / E4,
            target_price_usd=held.target_usd_e4 / E4,
            held_sessions=held.held_sessions,
            reason=self.reasons[held.entry_order_id],
        )

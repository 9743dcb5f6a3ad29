"""The accounts as a reader sees them: a fold of the journal that is kept and carried on, entry by entry.

Positions and trades come from the same `Book` that trades, so the two never disagree. A request costs what was appended
since the one before.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date

from adapters.postgres.pool import Pool, transaction
from adapters.postgres.projection import book_of
from trading.book import Book, Position
from trading.ledger import GENESIS, Draft, draft_of


@dataclass(frozen=True)
class AccountView:
    """One account at the close of its latest session; amounts in cents.

    Attributes:
        session: None before the first mark, and the amounts are those of the deposit then.
        peak_cents: the highest equity of any close so far.
        waiting_orders: orders for the next session's open.
    """

    book: str
    session: date | None
    cash_cents: int
    positions_cents: int
    equity_cents: int
    start_cents: int
    peak_cents: int
    open_positions: int
    waiting_orders: int


@dataclass(frozen=True)
class PositionView:
    """An open position and why it was opened."""

    book: str
    position: Position
    entry_price_usd_e4: int
    reason: str


@dataclass(frozen=True)
class TradeView:
    """A closed round trip.

    Attributes:
        entry_price_usd_e4: per share as bought; after a split it is of more shares than were bought.
        profit_cents: net of both commissions.
        cost_cents: what the shares cost, commission excluded.
        held_sessions: the entry's session counted.
        exit_reason: `stop`, `target`, `time`, `settled`.
    """

    book: str
    symbol: str
    shares: int
    entry_session: date
    entry_price_usd_e4: int
    exit_session: date
    exit_price_usd_e4: int
    profit_cents: int
    cost_cents: int
    held_sessions: int
    entry_reason: str
    exit_reason: str


@dataclass(frozen=True)
class _Opening:
    price_usd_e4: int
    reason: str


class Accounts:
    """Reader of the journal for the HTTP interface. May be shared by threads."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._turn = threading.Lock()
        self._start_over()

    def accounts(self) -> list[AccountView]:
        """Every account, by name."""
        with self._turn:
            self._carry_on()
            return [self._account(book) for _, book in sorted(self._books.items())]

    def positions(self, book: str | None, limit: int) -> list[PositionView]:
        """Open positions by book and symbol, at most `limit`."""
        with self._turn:
            self._carry_on()
            views = [
                PositionView(name, position, opening.price_usd_e4, opening.reason)
                for name, held in sorted(self._books.items())
                for symbol, position in sorted(held.positions.items())
                for opening in (self._openings[name, symbol],)
                if book in {None, name}
            ]
            return views[:limit]

    def trades(self, book: str | None, limit: int) -> tuple[int, list[TradeView]]:
        """How many trades are closed, and the latest `limit` of them, latest first."""
        with self._turn:
            self._carry_on()
            chosen = [trade for trade in self._trades if book in {None, trade.book}]
            return len(chosen), chosen[: -limit - 1 : -1]

    def last_hash(self) -> str:
        """The hash of the journal's last entry."""
        with self._turn:
            self._carry_on()
            return self._hash

    def _start_over(self) -> None:
        self._seq, self._hash = 0, GENESIS
        self._books: dict[str, Book] = {}
        self._starts: dict[str, int] = {}
        self._openings: dict[tuple[str, str], _Opening] = {}
        self._trades: list[TradeView] = []

    def _carry_on(self) -> None:
        """Entries that were appended meanwhile are in the fold; a journal that began anew is folded anew."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT hash FROM journal WHERE seq = %s", [self._seq])
            same = cursor.fetchone()
            if self._seq and (same is None or same[0] != self._hash):
                self._start_over()
            cursor.execute("SELECT seq, body, hash FROM journal WHERE seq > %s ORDER BY seq", [self._seq])
            for seq, body, digest in cursor:
                self._apply(draft_of(body))
                self._seq, self._hash = int(seq), str(digest)

    def _apply(self, draft: Draft) -> None:
        name, told = book_of(draft), draft.payload
        book = self._books.setdefault(name, Book(name))
        if draft.kind == "deposit":
            self._starts[name] = self._starts.get(name, 0) + told["amount_cents"]
        if draft.kind == "fill" and told["side"] == "buy":
            reason = book.pending[told["order_id"]].reason
            self._openings[name, told["symbol"]] = _Opening(told["price_usd_e4"], reason)
        if draft.kind == "fill" and told["side"] == "sell":
            self._trades.append(self._trade(draft, book.positions[told["symbol"]]))
        book.apply(draft)

    def _trade(self, draft: Draft, position: Position) -> TradeView:
        told = draft.payload
        opening = self._openings.pop((book_of(draft), position.symbol))
        return TradeView(
            book=book_of(draft),
            symbol=position.symbol,
            shares=told["shares"],
            entry_session=position.entry_session,
            entry_price_usd_e4=opening.price_usd_e4,
            exit_session=draft.session,
            exit_price_usd_e4=told["price_usd_e4"],
            profit_cents=told["profit_cents"],
            cost_cents=position.cost_cents,
            held_sessions=position.held_sessions + 1,
            entry_reason=opening.reason,
            exit_reason=told["reason"],
        )

    def _account(self, book: Book) -> AccountView:
        session = max(book.equity_cents, default=None)
        return AccountView(
            book=book.name,
            session=session,
            cash_cents=book.cash_cents,
            positions_cents=book.positions_cents,
            equity_cents=book.cash_cents + book.positions_cents,
            start_cents=self._starts.get(book.name, 0),
            peak_cents=max(book.equity_cents.values(), default=book.cash_cents),
            open_positions=len(book.positions),
            waiting_orders=len(book.pending),
        )

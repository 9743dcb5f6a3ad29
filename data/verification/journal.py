"""The journal: its chain, its sums by plain arithmetic, the fold of each account, and the tables made from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from adapters.postgres.journal import JournalStore
from adapters.postgres.pool import Pool, transaction
from adapters.postgres.projection import book_of, project
from data.verification.trouble import RESTORE, Trouble
from trading.engine.fold import fold
from trading.errors import LedgerError
from trading.ledger.audit import Audit, audit
from trading.ledger.double_entry import GENESIS, Entry

FILLS = (
    "SELECT fill_id, order_id, book, symbol, side, shares, price_usd_e4, commission_cents, fees_cents, "
    "slippage_usd_e4, session, filled_at FROM fills"
)
EQUITY = "SELECT book, session, cash_cents, positions_cents, equity_cents FROM equity"
ORDERS = "SELECT order_id, book, symbol, side FROM orders"


class ReadableRows:
    """Reads the tables that people and programs look at."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def fetch(self, query: str) -> set[tuple[Any, ...]]:
        """Every row, as a set."""
        with transaction(self._pool) as cursor:
            cursor.execute(query.encode())
            return set(cursor.fetchall())


def check_journal(journal: JournalStore, tables: ReadableRows) -> tuple[int, str, list[Trouble]]:
    """Entries, last hash, and what is wrong.

    Debits = credits, equity = cash + positions and shares filled against ordered are added up without the engine
    (`trading.ledger.audit`); the fold says whether accounts could go on from here; then the tables are held against
    both.
    """
    count, _ = journal.last()
    try:
        entries = journal.load()
        books = audit(entries)
        _require_same_cash(entries, books)
    except LedgerError as error:
        return count, "", [Trouble("journal", "journal", str(error), RESTORE)]
    return count, books.last_hash if entries else GENESIS, _tables(entries, tables)


def _tables(entries: Sequence[Entry], tables: ReadableRows) -> list[Trouble]:
    """Fills, equity and orders that the journal doesn't tell of, or tells of otherwise."""
    told = project(entries)
    orders = {(row.order_id, row.book, row.symbol, row.side) for row in told.orders}
    orders |= {(leg.order_id, leg.book, leg.symbol, leg.side) for leg in told.legs}
    expected: dict[str, tuple[str, set[tuple[Any, ...]]]] = {
        "fills": (FILLS, {astuple(row) for row in told.fills}),
        "equity": (EQUITY, {astuple(row) for row in told.equity}),
        "orders": (ORDERS, orders),
    }
    troubles = []
    for table, (query, rows) in expected.items():
        there = tables.fetch(query)
        if there != rows:
            first = min(map(str, there ^ rows))
            detail = f"{len(there - rows)} rows are not the journal's, {len(rows - there)} are missing, first: {first}"
            troubles.append(Trouble("journal", table, detail, RESTORE))
    return troubles


def _require_same_cash(entries: Sequence[Entry], books: Audit) -> None:
    """Every account can go on from here with the cash that its postings add up to."""
    drafts = [entry.draft for entry in entries]
    for book in sorted({book_of(draft) for draft in drafts}):
        cash = fold(book, drafts).cash_cents
        if cash != books.cash_cents(book):
            raise LedgerError(
                f"{book} folds to {cash} cents of cash, its postings add up to {books.cash_cents(book)}. Nothing was "
                "changed; restore the last backup."
            )

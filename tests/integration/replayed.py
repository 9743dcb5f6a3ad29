"""Three sessions of one paper account, as the platform itself writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from adapters.paper import SessionDone
from adapters.postgres.journal import JournalStore
from adapters.postgres.pool import Pool
from trading.book import Book, deposit
from trading.ledger import Draft, Entry, chain
from trading.orders import Order, Quote
from trading.paper import CorporateAction, PaperRules, PaperSession

DAYS = [date(2010, 1, day) for day in (4, 5, 6, 7)]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BUY = Order("order:1:rule:AAPL", "AAPL", "buy", 100, 5_000, 10_000, 5, "a bullish engulfing on 3x volume")


def _quote(open_usd: float, low_usd: float) -> Quote:
    """A quiet bar, prices in USD, that opens and closes at the same price."""
    price = round(open_usd * 10_000)
    return Quote(price, price + 100, round(low_usd * 10_000), price, 1_000_000)


def three_sessions() -> list[list[Draft]]:
    """Deposit and two orders; one fills at 20 USD and the other finds no trade; a 2:1 split, then the stop."""
    book = Book("rule")
    first = deposit("rule", DAYS[0], 10_000_000)
    book.apply(first)
    waits = Order("order:1:rule:HALT", "HALT", "buy", 10, 5_000, 10_000, 5, "gap up")
    sessions = [
        PaperSession(book, day, quotes, PaperRules())
        for day, quotes in zip(DAYS, [{}, {"AAPL": _quote(20, 19.9)}, {"AAPL": _quote(10, 9.0)}], strict=False)
    ]
    sessions[0].run([])
    sessions[0].place([BUY, waits])
    sessions[1].run([])
    sessions[2].run([CorporateAction("AAPL", "split", 2, 1)])
    return [[first, *sessions[0].drafts], sessions[1].drafts, sessions[2].drafts]


def journal_of(pool: Pool) -> JournalStore:
    """The journal of a database, on a clock that stands still."""
    return JournalStore(pool, clock=lambda: NOON)


def append_three_sessions(store: JournalStore, sessions: int = 3) -> list[list[Entry]]:
    """The first of the three sessions are on record, each closed; returns their entries."""
    batches = []
    for day, drafts in zip(DAYS[:sessions], three_sessions(), strict=False):
        seq, digest = store.last()
        entries = chain(drafts, last_seq=seq, last_hash=digest)
        assert store.append(entries, SessionDone(day, f"done:{day}", 3)) is True
        batches.append(entries)
    return batches

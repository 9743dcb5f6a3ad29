"""The accounts of the record up to a session, beside buy-and-hold: what every report of a run starts from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from adapters.postgres.journal import JournalStore
from adapters.record import Record
from data.known_at import known_at_close
from trading.bars.panel import Panel
from trading.engine.account import Account
from trading.engine.fold import fold
from trading.ledger.double_entry import Draft
from trading.market.benchmark import BENCHMARK, equal_weight
from trading.performance.measuring import performances
from trading.performance.metric import Values


@dataclass(frozen=True)
class AccountsToDate:
    """The accounts at the close of a session.

    Attributes:
        sessions: complete ones up to it.
        books: by name, folded.
        equity_usd: per account and for the benchmark; one value before the first session, then one a session.
        profits_usd: of closing fills, per account.
        journal_hash: of the last entry up to it.
    """

    sessions: tuple[date, ...]
    books: dict[str, Account]
    equity_usd: dict[str, tuple[float, ...]]
    profits_usd: dict[str, list[float]]
    journal_hash: str

    def figures(self, seed: int) -> dict[str, Values]:
        """Of each account and the benchmark, by the metric's name; the benchmark has no trades."""
        return performances(self.equity_usd, self.profits_usd, benchmark=BENCHMARK, seed=seed)


def accounts_to_date(record: Record, names: Iterable[str], until: date = date.max) -> AccountsToDate | None:
    """The accounts of these names; None before the first complete session.

    Args:
        record: only read.
        names: of accounts.
        until: entries of later sessions are left out.

    Raises:
        LedgerError: when the journal was altered.
    """
    journal = JournalStore(record.pool, clock=_no_clock)
    entries = [entry for entry in journal.load() if entry.draft.session <= until]
    sessions = tuple(sorted(day for day in journal.completed_sessions() if day <= until))
    if not sessions:
        return None
    drafts = [entry.draft for entry in entries]
    books = {name: fold(name, drafts) for name in names}
    starts = _starts(drafts)
    equity = {
        name: (starts[name], *(book.equity_cents[session] / 100 for session in sessions))
        for name, book in books.items()
    }
    start = starts[next(iter(books))]
    equity[BENCHMARK] = (start, *_benchmark(record, sessions, start))
    profits = {name: [cents / 100 for cents in book.trades] for name, book in books.items()}
    return AccountsToDate(sessions, books, equity, profits, entries[-1].hash)


def _starts(drafts: Sequence[Draft]) -> dict[str, float]:
    deposits = [draft.payload for draft in drafts if draft.kind == "deposit"]
    return {told["book"]: told["amount_cents"] / 100 for told in deposits}


def _benchmark(record: Record, sessions: Sequence[date], start: float) -> list[float]:
    known = known_at_close(record, sessions[-1])
    # Nothing before the first session takes part, and a history of years is much to read.
    bars = record.bars.read(sessions[0], sessions[-1])
    return equal_weight(Panel.from_arrow(bars), known.splits, known.breaks, sessions, start)


def _no_clock() -> datetime:
    raise AssertionError("a reader asks no clock")

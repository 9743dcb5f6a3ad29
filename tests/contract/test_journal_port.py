"""What every journal must do, whether it lives in memory or in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapters.postgres.journal import JournalStore
from adapters.postgres.migrate import erase, migrate
from adapters.postgres.pool import open_pool
from adapters.postgres.server import EmbeddedPostgres
from trading.engine.bookkeeper import deposit
from trading.errors import LedgerError
from trading.ledger.double_entry import Draft, Entry, chain
from trading.ledger.journal import Journal, MemoryJournal, SessionDone

MONDAY, TUESDAY = date(2010, 1, 4), date(2010, 1, 5)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DONE = SessionDone(MONDAY, "session:monday", 7)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Journal]]:
    """Makes an empty journal in a real database."""
    server = EmbeddedPostgres(Path(tmp_path_factory.mktemp("home")))
    pool = open_pool(server.start())

    def make() -> Journal:
        erase(pool)
        migrate(pool)
        return JournalStore(pool, clock=lambda: NOON)

    yield make
    pool.close()
    server.stop()


@pytest.fixture(params=["memory", "postgres"])
def journal(request: pytest.FixtureRequest) -> Journal:
    """An empty journal of each kind."""
    if request.param == "memory":
        return MemoryJournal()
    made: Journal = request.getfixturevalue("stored")()
    return made


def _entries(amount_cents: int = 100) -> list[Entry]:
    drafts = [deposit("rule", MONDAY, amount_cents), deposit("ensemble", MONDAY, amount_cents)]
    return chain(drafts)


def test_an_empty_journal_has_nothing(journal: Journal) -> None:
    """No entries, no complete sessions."""
    assert (journal.load(), journal.completed_sessions()) == ([], {})


def test_what_is_appended_is_loaded(journal: Journal) -> None:
    """Entries come back equal and in order, over several appends; a mark without entries counts too."""
    entries = _entries()
    assert journal.append(entries[:1]) is True
    assert journal.append(entries[1:], DONE) is True
    assert journal.append([], SessionDone(TUESDAY, "session:tuesday", 0)) is True
    assert journal.load() == entries
    assert journal.completed_sessions() == {MONDAY: 7, TUESDAY: 0}


def test_a_repeat_is_recognised(journal: Journal) -> None:
    """The same append again answers False and changes nothing."""
    entries = _entries()
    journal.append(entries, DONE)
    assert journal.append(entries, DONE) is False
    assert journal.load() == entries


def test_a_repeat_with_other_content_is_refused(journal: Journal) -> None:
    """A command id on record never comes to mean something else."""
    journal.append(_entries(100))
    with pytest.raises(LedgerError, match="other content"):
        journal.append(_entries(200))
    assert journal.load() == _entries(100)


def test_a_hole_is_refused(journal: Journal) -> None:
    """Entries that don't continue the journal are not taken, not even in part."""
    with pytest.raises(LedgerError, match="does not continue"):
        journal.append(_entries()[1:])
    later = chain([Draft("x", MONDAY, "deposit", {"book": "rule"})], last_seq=5)
    with pytest.raises(LedgerError, match="does not continue"):
        journal.append([*_entries(), *later])
    assert journal.load() == []

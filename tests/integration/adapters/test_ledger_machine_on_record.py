"""The ledger's state machine over the real PostgreSQL, whose connection is cut between any two rows of a transaction.

`LEDGER_RECORD_STEPS` says how many steps, drawn at random; without it the same 200 each time, some of which crash.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from adapters.postgres.migrate import erase, migrate
from adapters.postgres.pool import Pool, open_pool, transaction
from tests.fakes.ledger_machine import LedgerMachine
from tests.integration.replayed import journal_of
from trading.ledger.double_entry import Entry
from trading.ledger.journal import Journal

STEPS = int(os.environ.get("LEDGER_RECORD_STEPS", "200"))
TABLES = ("journal", "orders", "fills", "equity", "replay_sessions")
# pg_sleep is where the terminated backend notices its end, so that not even this row is written.
CUT = """
CREATE SEQUENCE writes;
CREATE TABLE cut_at (write_number bigint NOT NULL);
CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('writes') = (SELECT write_number FROM cut_at) THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
        PERFORM pg_sleep(10);
    END IF;
    RETURN NEW;
END $$;
"""
TRIGGER = "CREATE TRIGGER aa_cut BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION cut()"
FORGET = "DROP TABLE IF EXISTS cut_at; DROP SEQUENCE IF EXISTS writes; DROP FUNCTION IF EXISTS cut CASCADE"


def do(pool: Pool, *statements: str) -> None:
    """The statements are done."""
    with transaction(pool) as cursor:
        for statement in statements:
            cursor.execute(statement.encode())


class OnRecord(LedgerMachine):
    """The same machine; what is checked is read back from the database."""

    pool: ClassVar[Pool]

    def new_journal(self) -> Journal:
        """An empty record whose writes can be cut."""
        do(self.pool, FORGET)
        erase(self.pool)
        migrate(self.pool)
        do(self.pool, CUT, *(TRIGGER.format(table) for table in TABLES))
        return journal_of(self.pool)

    def arm(self, crash: int | None) -> None:
        """The connection is cut at the row after so many more."""
        do(self.pool, "DELETE FROM cut_at")
        if crash is not None:
            do(self.pool, f"INSERT INTO cut_at SELECT nextval('writes') + {crash + 1}")

    def written(self) -> list[Entry]:
        """Entries since the last look, as the database gives them."""
        return self.journal.load()[self.audit.seq :]


@pytest.fixture
def machine(empty_url: str) -> Iterator[type[OnRecord]]:
    """The machine over a database of its own."""
    OnRecord.pool = open_pool(empty_url)
    yield OnRecord
    OnRecord.pool.close()


@pytest.mark.timeout(max(300, STEPS))
def test_the_record_survives_connections_cut_between_any_two_rows(machine: type[OnRecord]) -> None:
    """The same invariants as in memory, with transactions that die in the middle."""
    bounded = settings(
        max_examples=-(-STEPS // 50), stateful_step_count=50, deadline=None, phases=[Phase.generate], database=None,
        derandomize="LEDGER_RECORD_STEPS" not in os.environ,
        suppress_health_check=list(HealthCheck), print_blob=True,
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=bounded)  # type: ignore[no-untyped-call]
    assert machine.steps >= STEPS // 2
    assert machine.crashes > 0

"""The ledger of trials on PostgreSQL: one chain, append-only, one writer at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from threading import Barrier

import psycopg
import pytest

from adapters.postgres.pool import Pool
from adapters.postgres.trials import TrialLedger
from data.verification.trials import check_trials
from tests.unit.trading.trials.test_chain_of_trials import NOON, trial
from trading.errors import BadDataError, ConfigurationError
from trading.ledger.double_entry import GENESIS
from trading.trials.sealing import Bar, Span, Verdict, judging, looking, ready_to_look, sealing, setting_bar

SESSIONS = [date(2020, 1, 1) + timedelta(days=day) for day in range(120)]
SPAN = Span(date(2020, 2, 1), date(2020, 2, 29))
SEAL = partial(sealing, span=SPAN, sessions=SESSIONS, why="test", at=NOON)


def test_trials_come_back_and_the_chain_holds(pool: Pool) -> None:
    """Two writes and a repeat between facts of seals; what is read is what was written, to the bit."""
    ledger = TrialLedger(pool)
    assert ledger.verify() == (0, GENESIS)
    first, second = trial([0.1, -1 / 3]), trial([0.0, 0.2, 0.1], overlap=5)
    ledger.add(first, second)
    ledger.tell(SEAL)
    ledger.add(first)
    ledger.add()
    read = ledger.trials()
    assert [one.told() for one in read] == [one.told() for one in (first, second, first)]
    assert [one.series for one in read] == [one.series for one in (first, second, first)]
    assert ledger.verify()[0] == 4
    assert ledger.sealed() == (SPAN,)
    assert check_trials(ledger) == (4, [])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trial_ledger SET series = '' WHERE seq = 1",
        "DELETE FROM trial_ledger",
        "TRUNCATE trial_ledger",
        "INSERT INTO trial_ledger SELECT 3, kind, body, prev_hash, hash || 'x', series FROM trial_ledger WHERE seq = 1",
    ],
)
def test_nothing_on_record_can_be_changed(pool: Pool, statement: str) -> None:
    """Neither altered, nor taken away, nor continued by what doesn't follow."""
    TrialLedger(pool).add(trial([0.1, 0.2]))
    with pool.connection() as connection, pytest.raises(psycopg.Error):
        connection.execute(statement.encode())
    assert TrialLedger(pool).verify()[0] == 1


def test_what_went_around_the_guards_is_found(pool: Pool) -> None:
    """A losing trial taken away, triggers off: verification names the entry that is missing."""
    ledger = TrialLedger(pool)
    ledger.add(trial([0.1, 0.2]), trial([-0.1, -0.2]), trial([0.3, 0.1]))
    with pool.connection() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM trial_ledger WHERE seq = 2")
        connection.execute("SET session_replication_role = DEFAULT")
    (trouble,) = check_trials(ledger)[1]
    assert (trouble.check, trouble.where) == ("trials", "trial_ledger")
    assert "entry 2 of the trial ledger is missing" in trouble.detail


def test_a_label_that_cannot_be_kept_is_refused_whole(pool: Pool) -> None:
    """A NUL is no text in PostgreSQL: neither it nor the trial beside it is on record."""
    with pytest.raises(BadDataError, match="nothing was written"):
        TrialLedger(pool).add(trial([0.1, 0.2]), trial([0.1, 0.3], label="a\0b"))
    assert TrialLedger(pool).trials() == []


def test_of_two_that_seal_or_look_at_once_one_wins(pool: Pool) -> None:
    """Eight at the same instant: one seal, one look, and seven refusals in words of each."""
    ledger = TrialLedger(pool)

    def at_once(step: object) -> list[str]:
        start = Barrier(4)

        def one(_: int) -> str:
            start.wait(30)
            try:
                ledger.tell(step)  # type: ignore[arg-type]
            except ConfigurationError as error:
                return str(error)
            return ""

        with ThreadPoolExecutor(4) as threads:
            return sorted(threads.map(one, range(4)))

    won, *lost = at_once(SEAL)
    assert won == ""
    assert all("is sealed already" in why for why in lost)
    ledger.tell(partial(setting_bar, span=None, bar=Bar("auc", 0.55, "m"), known_before=SPAN.first, spared=(), at=NOON))
    seen = ready_to_look(ledger.seals(), None)
    won, *lost = at_once(partial(looking, expected=seen, at=NOON))
    assert won == ""
    assert all("It is burnt" in why for why in lost)
    assert ledger.sealed() == ()
    (done,) = ledger.tell(lambda _: judging(SPAN, Verdict(None, False, 3, 2), at=NOON))
    assert done.verdict == Verdict(None, False, 3, 2)
    assert ledger.seals() == (done,)

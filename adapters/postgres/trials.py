"""The ledger of trials and sealed spans on record: append-only, hash-chained, one writer at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.postgres.pool import Cursor, Pool, transaction
from trading.ledger.double_entry import GENESIS
from trading.trials.chain import Entry, Fact, chained, verify
from trading.trials.sealing import KINDS, Sealed, Span, seals_of, still_sealed
from trading.trials.trial import KINDS as KINDS_OF_TRIALS
from trading.trials.trial import Trial, trial_of

LOCK = 7_230_005
"""Number of the advisory lock that makes writers of the ledger take turns."""
COLUMNS = "seq, kind, body, prev_hash, hash, series"


class TrialLedger:
    """Writer and reader of `trial_ledger`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def add(self, *trials: Trial) -> list[Entry]:
        """The trials are on record, all or none. One that repeats an earlier one is too, and counts as no attempt.

        Raises:
            UnavailableError: when the database can't be reached; `ConfigurationError` when it can't be written.
        """
        facts = [Fact(one.kind, one.told(), one.series) for one in trials]
        with transaction(self._pool) as cursor:
            return _append(cursor, facts)

    def tell(self, fact_of: Callable[[tuple[Sealed, ...]], Fact]) -> tuple[Sealed, ...]:
        """One more fact of a sealed span is on record; of two at once one sees what the other did.

        Args:
            fact_of: the fact, from what is sealed as it is on record; called while nobody else can write. What it
                raises leaves the record as it is.

        Returns:
            What is sealed afterwards.
        """
        with transaction(self._pool) as cursor:
            _lock(cursor)
            entries = _read(cursor, KINDS)
            return seals_of([*entries, *_append(cursor, [fact_of(seals_of(entries))])])

    def trials(self) -> list[Trial]:
        """Every trial, in the order of the record."""
        with transaction(self._pool) as cursor:
            return [trial_of(one.kind, one.told, one.series) for one in _read(cursor, KINDS_OF_TRIALS)]  # type: ignore[arg-type]

    def seals(self) -> tuple[Sealed, ...]:
        """Every span that was sealed."""
        with transaction(self._pool) as cursor:
            return seals_of(_read(cursor, KINDS))

    def sealed(self) -> tuple[Span, ...]:
        """The spans that nothing may learn from now."""
        return still_sealed(self.seals())

    def verify(self) -> tuple[int, str]:
        """How many entries there are and the last hash, after checking every link and every series.

        Raises:
            LedgerError: naming the first entry that is missing or was altered.
        """
        with transaction(self._pool) as cursor:
            entries = _read(cursor, (*KINDS_OF_TRIALS, *KINDS))
        return len(entries), verify(entries)


def _lock(cursor: Cursor) -> None:
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _append(cursor: Cursor, facts: Sequence[Fact]) -> list[Entry]:
    _lock(cursor)
    cursor.execute("SELECT seq, hash FROM trial_ledger ORDER BY seq DESC LIMIT 1")
    row = cursor.fetchone()
    seq, digest = (0, GENESIS) if row is None else (int(row[0]), str(row[1]))
    entries = chained(facts, last_seq=seq, last_hash=digest)
    cursor.executemany(
        f"INSERT INTO trial_ledger ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)",  # noqa: S608 - constants
        [(one.seq, one.kind, one.body, one.prev_hash, one.hash, one.series) for one in entries],
    )
    return entries


def _read(cursor: Cursor, kinds: Sequence[str]) -> list[Entry]:
    cursor.execute(
        f"SELECT {COLUMNS} FROM trial_ledger WHERE kind = ANY(%s) ORDER BY seq",  # noqa: S608 - constants
        [list(kinds)],
    )
    return [
        Entry(int(seq), str(kind), str(body), str(previous), str(digest), series=bytes(series))
        for seq, kind, body, previous, digest, series in cursor
    ]

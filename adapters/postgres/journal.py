"""The journal and the tables that follow from it: one transaction per append, repeatable without doubling anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple
from datetime import date, datetime

from adapters.postgres.bulk import insert_missing
from adapters.postgres.pool import Cursor, Pool, transaction
from adapters.postgres.projection import Ending, FillRow, OrderRow, Projection, book_of, project
from trading.errors import LedgerError
from trading.ledger.double_entry import GENESIS, Entry, draft_of, verify
from trading.ledger.journal import SessionDone

LOCK = 7_230_002
"""Number of the advisory lock that makes writers of the journal take turns."""
JOURNAL_COLUMNS = ("seq", "session", "kind", "command_id", "book", "body", "prev_hash", "hash")
EQUITY_COLUMNS = ("book", "session", "cash_cents", "positions_cents", "equity_cents")


class JournalStore:
    """Writer and reader of `journal`, `orders`, `fills`, `equity` and `replay_sessions`.

    Args:
        pool: connections.
        clock: says when a session was completed; the journal itself holds no wall-clock time.
    """

    def __init__(self, pool: Pool, *, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._clock = clock

    def append(self, entries: Sequence[Entry], done: SessionDone | None = None) -> bool:
        """The entries, the orders, fills and equity they tell of, and the closed session are on record, or none is.

        Returns:
            False when exactly this was on record already (a repeated command); nothing was changed then.

        Raises:
            LedgerError: when the entries don't continue the journal, or a command is on record with other content.
                Nothing was written.
        """
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            if _is_repeat(cursor, entries, done):
                return False
            _require_continuation(entries, *_last(cursor))
            rows = [
                (
                    e.seq,
                    e.draft.session,
                    e.draft.kind,
                    e.draft.command_id,
                    book_of(e.draft),
                    e.body,
                    e.prev_hash,
                    e.hash,
                )
                for e in entries
            ]
            _require_all(insert_missing(cursor, "journal", JOURNAL_COLUMNS, rows, order_by="seq"), rows, "entries")
            _store(cursor, project(entries))
            if done is not None:
                cursor.execute("INSERT INTO replay_sessions VALUES (%s, %s, %s, %s)", [*astuple(done), self._clock()])
        return True

    def load(self) -> list[Entry]:
        """The whole journal in order, its chain of hashes checked.

        Raises:
            LedgerError: naming the first entry that is missing or was altered.
        """
        rows = self._chain()
        verify(rows)
        return [Entry(seq, draft_of(body), body, previous, digest) for seq, body, previous, digest in rows]

    def verify(self) -> str:
        """The last hash, after checking every link; see `load`."""
        return verify(self._chain())

    def last(self) -> tuple[int, str]:
        """Number and hash of the last entry, `(0, GENESIS)` for an empty journal."""
        with transaction(self._pool) as cursor:
            return _last(cursor)

    def completed_sessions(self) -> dict[date, int]:
        """Closed sessions, ascending, with the number of stocks that were in play."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT session, stocks_in_play FROM replay_sessions ORDER BY session")
            return dict(cursor.fetchall())

    def _chain(self) -> list[tuple[int, str, str, str]]:
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT seq, body, prev_hash, hash FROM journal ORDER BY seq")
            return [(int(seq), str(body), str(previous), str(digest)) for seq, body, previous, digest in cursor]


def _last(cursor: Cursor) -> tuple[int, str]:
    cursor.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")
    row = cursor.fetchone()
    return (0, GENESIS) if row is None else (int(row[0]), str(row[1]))


def _is_repeat(cursor: Cursor, entries: Sequence[Entry], done: SessionDone | None) -> bool:
    """True when all of it is on record already.

    Raises:
        LedgerError: when only part of it is, or with other content.
    """
    cursor.execute(
        "SELECT command_id, hash FROM journal WHERE command_id = ANY(%s)", [[e.draft.command_id for e in entries]]
    )
    known: dict[str, str] = dict(cursor.fetchall())
    closed = _closed_by(cursor, done)
    if not known and closed is None:
        return False
    same = all(known.get(entry.draft.command_id) == entry.hash for entry in entries)
    if same and (done is None or closed == done.command_id):
        return True
    odd = next((e.draft.command_id for e in entries if known.get(e.draft.command_id) != e.hash), None)
    raise LedgerError(
        f"{odd or (done.command_id if done else '')} was repeated with other content than is on record. Nothing was "
        "written; the journal is as it was. Start the run again: it resumes from the record."
    )


def _closed_by(cursor: Cursor, done: SessionDone | None) -> str | None:
    if done is None:
        return None
    cursor.execute(
        "SELECT command_id FROM replay_sessions WHERE session = %s OR command_id = %s", [done.session, done.command_id]
    )
    row = cursor.fetchone()
    return None if row is None else str(row[0])


def _require_continuation(entries: Sequence[Entry], seq: int, digest: str) -> None:
    for entry in entries:
        if entry.seq != seq + 1 or entry.prev_hash != digest:
            raise LedgerError(
                f"Entry {entry.seq} ({entry.draft.command_id}) does not continue the journal, which ends at {seq}. "
                "Nothing was written. Load the journal again and append to its end."
            )
        seq, digest = entry.seq, entry.hash


def _require_all(count: int, rows: Sequence[object], what: str) -> None:
    if count != len(rows):
        raise LedgerError(f"{len(rows) - count} {what} have an id that is on record already; nothing was written")


def _store(cursor: Cursor, told: Projection) -> None:
    orders = [astuple(order) for order in told.orders]
    names = tuple(OrderRow.__dataclass_fields__)
    _require_all(insert_missing(cursor, "orders", names, orders), orders, "orders")
    for order_id, shares in told.resized:
        cursor.execute("UPDATE orders SET shares = %s WHERE order_id = %s", [shares, order_id])
    for leg in told.legs:  # one that ended lives again when its entry fills further
        cursor.execute(
            "INSERT INTO orders (order_id, book, symbol, side, shares, kind, decided_session, decided_at, reason, "
            "status) SELECT %s, %s, %s, %s, %s, %s, decided_session, decided_at, 'bracket of ' || order_id, 'open' "
            "FROM orders WHERE order_id = %s ON CONFLICT (order_id) DO UPDATE "
            "SET shares = EXCLUDED.shares, status = 'open', closed_reason = NULL",
            [leg.order_id, leg.book, leg.symbol, leg.side, leg.shares, leg.kind, leg.entry_order_id],
        )
    names = tuple(FillRow.__dataclass_fields__)
    fills = [astuple(fill) for fill in told.fills]
    _require_all(insert_missing(cursor, "fills", names, fills), fills, "fills")
    for ending in told.endings:
        _end(cursor, ending)
    equity = [astuple(row) for row in told.equity]
    _require_all(insert_missing(cursor, "equity", EQUITY_COLUMNS, equity), equity, "equity rows")


def _end(cursor: Cursor, ending: Ending) -> None:
    cursor.execute(
        "UPDATE orders SET status = %s, closed_reason = %s WHERE order_id = %s AND status = 'open'",
        [ending.status, ending.reason, ending.order_id],
    )
    if ending.must and cursor.rowcount != 1:
        raise LedgerError(f"{ending.order_id} is to be {ending.status} and is not open; nothing was written")

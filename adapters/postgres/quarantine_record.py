"""The quarantine on record: rows set aside, and those of them that were stored after all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
from psycopg import sql

from adapters.bars.files import BarFile, Timeframe
from adapters.postgres.bars_record import insert_files
from adapters.postgres.bulk import append, insert_missing, rows_of
from adapters.postgres.pool import Cursor, Pool, transaction
from trading.errors import BadDataError


@dataclass(frozen=True)
class Held:
    """A row in quarantine, as it came.

    Attributes:
        raw: its text, where it could not be read as a bar.
        gate: that refused it; `reason` says why.
        released_at: when it was stored after all, `why` as it was said then, `changed` what differs; None until then.
    """

    quarantine_id: int
    import_id: int
    source: str
    timeframe: Timeframe
    symbol: str | None
    session: date | None
    starts_at: datetime | None
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: int | None
    raw: str | None
    gate: str
    reason: str
    released_at: datetime | None
    why: str | None
    changed: str | None


@dataclass(frozen=True)
class Which:
    """Rows of the quarantine; every condition given must hold, and one must be."""

    ids: tuple[int, ...] = ()
    gate: str = ""
    symbol: str = ""
    import_id: int | None = None


@dataclass(frozen=True)
class Release:
    """A row that leaves the quarantine.

    Attributes:
        changed: what differs from the row as it came, in words; None if nothing.
        replaced: another bar was on record in its place.
    """

    held: Held
    changed: str | None
    replaced: bool


class QuarantineRecord:
    """Reader of the quarantine, and writer of what is released from it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def rows(self, which: Which, *, limit: int | None = None, released: bool | None = None) -> list[Held]:
        """Rows in order of arrival.

        Args:
            which: of them; all if nothing is said.
            limit: at most so many.
            released: only those that are, or only those that aren't; both if None.
        """
        where, values = _where(which)
        if released is not None:
            where.append("r.quarantine_id IS NOT NULL" if released else "r.quarantine_id IS NULL")
        condition = sql.SQL(" AND ".join(where) or "true")
        query = sql.SQL(
            "SELECT q.quarantine_id, q.import_id, i.source, q.timeframe, q.symbol, q.session, q.starts_at, q.open, "
            "q.high, q.low, q.close, q.volume, q.raw, q.gate, q.reason, r.released_at, r.why, r.changed "
            "FROM bar_quarantine AS q JOIN bar_imports AS i USING (import_id) "
            "LEFT JOIN bar_releases AS r ON r.quarantine_id = q.quarantine_id WHERE {} "
            "ORDER BY q.quarantine_id LIMIT %s"
        ).format(condition)
        with transaction(self._pool) as cursor:
            cursor.execute(query, [*values, limit])
            return [Held(*row) for row in cursor.fetchall()]

    def counts(self, which: Which) -> list[tuple[str, int, int]]:
        """Gate, rows in quarantine now, and rows released, of the rows chosen."""
        where, values = _where(which)
        query = sql.SQL(
            "SELECT q.gate, count(*) - count(r.quarantine_id), count(r.quarantine_id) FROM bar_quarantine AS q "
            "LEFT JOIN bar_releases AS r ON r.quarantine_id = q.quarantine_id WHERE {} GROUP BY 1 ORDER BY 1"
        ).format(sql.SQL(" AND ".join(where) or "true"))
        with transaction(self._pool) as cursor:
            cursor.execute(query, values)
            return [(str(gate), int(held), int(released)) for gate, held, released in cursor.fetchall()]

    def record(
        self,
        releases: Sequence[Release],
        files: Sequence[BarFile],
        replaced: Sequence[tuple[int, Timeframe, pa.Table]],
        *,
        why: str,
        at: datetime,
    ) -> None:
        """The rows are released, their files in the manifest, what they replaced kept; all of it or nothing.

        Args:
            releases: rows whose bars are in `files`.
            files: that hold them.
            replaced: import, timeframe and bars (stored schema) that were on record in their place.
            why: they are released.
            at: now.

        Raises:
            BadDataError: when one of them was released meanwhile; nothing was changed.
        """
        rows = [
            (one.held.quarantine_id, why, one.changed, one.replaced, at) for one in releases
        ]  # fmt: skip
        with transaction(self._pool) as cursor:
            columns = ("quarantine_id", "why", "changed", "replaced", "released_at")
            if insert_missing(cursor, "bar_releases", columns, rows) != len(rows):
                raise BadDataError("A row was released already, so it can't be again. Nothing was changed.")
            _count(cursor, releases)
            for import_id, timeframe, bars in replaced:
                names = ("import_id", "timeframe", *bars.column_names)
                tagged = ((import_id, timeframe, *row) for row in rows_of(bars))
                append(cursor, "bar_corrections", names, tagged)
            insert_files(cursor, files, at)


def _count(cursor: Cursor, releases: Sequence[Release]) -> None:
    """The sums of each import: its rows in are still those stored, in quarantine and duplicate."""
    released = Counter(one.held.import_id for one in releases)
    corrected = Counter(one.held.import_id for one in releases if one.replaced)
    cursor.executemany(
        "UPDATE bar_imports SET rows_stored = rows_stored + %s, rows_quarantined = rows_quarantined - %s, "
        "rows_released = rows_released + %s, rows_corrected = rows_corrected + %s WHERE import_id = %s",
        [(count, count, count, corrected[one], one) for one, count in released.items()],
    )


def _where(which: Which) -> tuple[list[str], list[object]]:
    given: list[tuple[str, object]] = [
        ("q.quarantine_id = ANY(%s)", list(which.ids) or None),
        ("q.gate = %s", which.gate or None),
        ("q.symbol = %s", which.symbol or None),
        ("q.import_id = %s", which.import_id),
    ]
    kept = [(text, value) for text, value in given if value is not None]
    return [text for text, _ in kept], [value for _, value in kept]

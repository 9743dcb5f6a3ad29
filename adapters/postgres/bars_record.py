"""What is on record about bars: imports, findings, quarantine, splits, breaks, instruments, manifest of the files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from psycopg.types.json import Jsonb

from adapters.bars import BarFile
from adapters.postgres.bulk import insert_missing, rows_of
from adapters.postgres.pool import Cursor, Pool, transaction
from trading.errors import BadDataError
from trading.gates import Break, Finding, Screened, Split

FILE_COLUMNS = ("path", "tier", "first_session", "last_session", "rows", "sha256")


@dataclass(frozen=True)
class ImportedFile:
    """A file of bars that came in.

    Attributes:
        source: what it was, such as `sample`.
        corrections: what was changed in every row before the gates saw it, in words, such as the unit of the volume.
    """

    source: str
    file_sha256: str
    rows_in: int
    corrections: tuple[str, ...] = ()


class BarRecord:
    """Writer and reader of the tables about bars."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def imported(self, source: str, file_sha256: str) -> bool:
        """True when this very file is on record."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT 1 FROM bar_imports WHERE source = %s AND file_sha256 = %s", [source, file_sha256])
            return cursor.fetchone() is not None

    def record_import(
        self, file: ImportedFile, screened: Screened, files: Sequence[BarFile], *, imported_at: datetime
    ) -> bool:
        """The import, everything the gates found and the manifest are on record, together or not at all.

        Returns:
            False when this very file was on record already; nothing was changed then.

        Raises:
            BadDataError: when a row is neither stored nor in quarantine, or the files don't hold the stored rows.
        """
        stored = screened.bars.num_rows
        if sum(bar_file.rows for bar_file in files) != stored:
            raise BadDataError(f"{file.source}: the files hold other than the {stored} accepted bars; nothing recorded")
        with transaction(self._pool) as cursor:
            import_id = _insert_import(cursor, file, stored, screened.quarantined.num_rows, imported_at)
            if import_id is None:
                return False
            _insert_findings(cursor, import_id, screened)
            _upsert_files(cursor, files, imported_at)
        return True

    def record_instruments(self, instruments: pa.Table) -> None:
        """Name, sector and industry of each symbol are on record as in the table (symbol, name, sector, industry)."""
        with transaction(self._pool) as cursor:
            cursor.executemany(
                "INSERT INTO instruments (symbol, name, sector, industry) VALUES (%s, %s, %s, %s) ON CONFLICT (symbol) "
                "DO UPDATE SET name = excluded.name, sector = excluded.sector, industry = excluded.industry",
                list(rows_of(instruments.select(["symbol", "name", "sector", "industry"]))),
            )

    def record_files(self, files: Sequence[BarFile], *, written_at: datetime) -> None:
        """The manifest names these files for their sessions, in place of any others."""
        with transaction(self._pool) as cursor:
            _upsert_files(cursor, files, written_at)

    def files(self, first: date | None = None, last: date | None = None) -> list[BarFile]:
        """The manifest: files with a session between `first` and `last`, both included, in order."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT path, tier, first_session, last_session, rows, sha256 FROM bar_files "
                "WHERE last_session >= coalesce(%s, '-infinity'::date) "
                "AND first_session <= coalesce(%s, 'infinity'::date) ORDER BY first_session",
                [first, last],
            )
            return [BarFile(*row) for row in cursor.fetchall()]

    def splits(self) -> list[Split]:
        """Every split on record, by session, then symbol."""
        rows = self._rows("SELECT symbol, session, numerator, denominator FROM splits ORDER BY session, symbol")
        return [Split(*row) for row in rows]

    def breaks(self) -> list[Break]:
        """Every break on record, by session, then symbol."""
        return [Break(*row) for row in self._rows("SELECT symbol, session, reason FROM bar_breaks ORDER BY 2, 1")]

    def findings(self) -> list[Finding]:
        """Every finding on record, in the order of the gates."""
        rows = self._rows("SELECT gate, severity, symbol, session, rows, detail FROM bar_findings ORDER BY finding_id")
        return [Finding(*row) for row in rows]

    def instruments(self) -> dict[str, tuple[str | None, str | None, str | None]]:
        """Name, sector and industry of each symbol."""
        rows = self._rows("SELECT symbol, name, sector, industry FROM instruments ORDER BY symbol")
        return {symbol: (name, sector, industry) for symbol, name, sector, industry in rows}

    def totals(self) -> tuple[int, int, int]:
        """Rows that came in, were stored, were put in quarantine, over all imports."""
        query = "SELECT sum(rows_in), sum(rows_stored), sum(rows_quarantined) FROM bar_imports"
        rows_in, stored, quarantined = self._rows(query)[0]
        return int(rows_in or 0), int(stored or 0), int(quarantined or 0)

    def corrections(self) -> tuple[str, ...]:
        """What imports changed in all rows of a file, in words."""
        rows = self._rows("SELECT jsonb_array_elements_text(corrections) FROM bar_imports ORDER BY import_id")
        return tuple(str(text) for (text,) in rows)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with transaction(self._pool) as cursor:
            cursor.execute(query.encode())
            return cursor.fetchall()


def _insert_import(
    cursor: Cursor, file: ImportedFile, stored: int, quarantined: int, imported_at: datetime
) -> int | None:
    cursor.execute(
        "INSERT INTO bar_imports (source, file_sha256, rows_in, rows_stored, rows_quarantined, corrections, "
        "imported_at) VALUES (%s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (source, file_sha256) DO NOTHING RETURNING import_id",
        [file.source, file.file_sha256, file.rows_in, stored, quarantined, Jsonb(file.corrections), imported_at],
    )
    row = cursor.fetchone()
    return None if row is None else int(row[0])


def _insert_findings(cursor: Cursor, import_id: int, screened: Screened) -> None:
    def tagged(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
        return ((import_id, *row) for row in rows)

    columns = ("import_id", "gate", "severity", "symbol", "session", "rows", "detail")
    insert_missing(cursor, "bar_findings", columns, tagged(map(astuple, screened.findings)))
    quarantined = screened.quarantined
    insert_missing(cursor, "bar_quarantine", ("import_id", *quarantined.column_names), tagged(rows_of(quarantined)))
    splits = ("import_id", "symbol", "session", "numerator", "denominator")
    insert_missing(cursor, "splits", splits, tagged(map(astuple, screened.splits)))
    breaks = ("import_id", "symbol", "session", "reason")
    insert_missing(cursor, "bar_breaks", breaks, tagged(map(astuple, screened.breaks)))


def _upsert_files(cursor: Cursor, files: Sequence[BarFile], written_at: datetime) -> None:
    cursor.executemany(
        "INSERT INTO bar_files (path, tier, first_session, last_session, rows, sha256, written_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (first_session, last_session) DO UPDATE SET "
        "path = excluded.path, tier = excluded.tier, rows = excluded.rows, sha256 = excluded.sha256, "
        "written_at = excluded.written_at",
        [(*astuple(file), written_at) for file in files],
    )

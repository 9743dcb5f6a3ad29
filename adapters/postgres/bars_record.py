"""What is on record about bars: imports, findings, quarantine, splits, breaks, instruments, manifest of the files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any

import pyarrow as pa
from psycopg.types.json import Jsonb

from adapters.bars.files import BarFile, Kind, Timeframe
from adapters.postgres.bulk import append, insert_missing, rows_of
from adapters.postgres.pool import Cursor, Pool, transaction
from adapters.postgres.split_rulings import BREAKS, SPLITS
from trading.errors import BadDataError
from trading.gates import Break, Finding, Screened, Split


@dataclass(frozen=True)
class ImportedFile:
    """A file or folder of bars that comes in.

    Attributes:
        source: what it is, such as `bundled sample`.
        file_sha256: of the file; of names and hashes of the files in a folder.
        corrections: what was changed in every row before the gates saw it, in words, such as the unit of the volume.
    """

    source: str
    file_sha256: str
    timeframe: Timeframe
    corrections: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """What one step of an import puts on record, all of it or nothing.

    Attributes:
        name: of the step, unique in its import.
        rows_in: rows that it is about; each is in `screened`, unread or a duplicate.
        rows_duplicate: rows that were on record with the same values, or stood twice.
        unread: rows that could not be read as bars, columns `raw`, `gate`, `reason`.
        corrected: bars on record that other values replace, stored schema of the timeframe.
    """

    name: str
    rows_in: int
    rows_duplicate: int
    screened: Screened
    files: tuple[BarFile, ...]
    corrected: pa.Table
    unread: pa.Table


@dataclass(frozen=True)
class GateCount:
    """How often a gate found something in an import, and how many bars that concerns."""

    gate: str
    severity: str
    findings: int
    rows: int


@dataclass(frozen=True)
class BarImport:
    """An import as it is on record.

    Attributes:
        complete: False while it runs, or when it was stopped.
        parts: names of the steps that are on record.
        files_refused: path and reason.
        by_reason: rows in quarantine by gate.
        by_gate: what the gates found, warnings included.
        rows_corrected: of the stored ones, those that replaced a bar with other values.
    """

    import_id: int
    complete: bool
    parts: frozenset[str]
    files_refused: tuple[tuple[str, str], ...]
    by_reason: dict[str, int]
    by_gate: tuple[GateCount, ...]
    rows_in: int
    rows_stored: int
    rows_quarantined: int
    rows_duplicate: int
    rows_corrected: int


class BarRecord:
    """Writer and reader of the tables about bars."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def begin_import(self, file: ImportedFile, *, at: datetime) -> BarImport:
        """The import of this very file is on record: as new, or as far as it had come."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO bar_imports (source, file_sha256, timeframe, state, rows_in, rows_stored, "
                "rows_quarantined, corrections, imported_at) VALUES (%s, %s, %s, 'running', 0, 0, 0, %s, %s) "
                "ON CONFLICT (source, file_sha256) DO NOTHING",
                [file.source, file.file_sha256, file.timeframe, Jsonb(file.corrections), at],
            )
            return _import_of(cursor, file)

    def import_of(self, file: ImportedFile) -> BarImport | None:
        """The import of this very file as it is on record; None when it never began."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT FROM bar_imports WHERE source = %s AND file_sha256 = %s", [file.source, file.file_sha256]
            )
            return _import_of(cursor, file) if cursor.fetchone() is not None else None

    def record_part(self, import_id: int, part: Part, timeframe: Timeframe, *, at: datetime) -> bool:
        """The part's files, findings, splits, breaks and refused rows are on record, together or not at all.

        Returns:
            False when a part of this name was on record already; nothing was changed then.

        Raises:
            BadDataError: when a row is neither stored, in quarantine nor a duplicate, or the files don't hold the
                stored rows.
        """
        stored = part.screened.bars.num_rows
        if sum(bar_file.rows for bar_file in part.files) != stored:
            raise BadDataError(f"{part.name}: the files hold other than the {stored} accepted bars; nothing recorded")
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO bar_import_parts VALUES (%s, %s) ON CONFLICT DO NOTHING", [import_id, part.name]
            )
            if not cursor.rowcount:
                return False
            cursor.execute(
                "UPDATE bar_imports SET rows_in = rows_in + %s, rows_stored = rows_stored + %s, rows_quarantined = "
                "rows_quarantined + %s, rows_duplicate = rows_duplicate + %s, rows_corrected = rows_corrected + %s "
                "WHERE import_id = %s",
                [part.rows_in, stored, part.screened.quarantined.num_rows + part.unread.num_rows, part.rows_duplicate,
                 part.corrected.num_rows, import_id],
            )  # fmt: skip
            _insert_findings(cursor, import_id, part, timeframe)
            insert_files(cursor, part.files, at)
        return True

    def finish_import(self, import_id: int, files_refused: Sequence[tuple[str, str]]) -> None:
        """The import is complete: every part of it is on record."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "UPDATE bar_imports SET state = 'complete', files_refused = %s WHERE import_id = %s",
                [Jsonb([list(pair) for pair in files_refused]), import_id],
            )

    def record_instruments(self, instruments: pa.Table) -> None:
        """Name, sector and industry of each symbol are on record as in the table (symbol, name, sector, industry)."""
        with transaction(self._pool) as cursor:
            cursor.executemany(
                "INSERT INTO instruments (symbol, name, sector, industry) VALUES (%s, %s, %s, %s) ON CONFLICT (symbol) "
                "DO UPDATE SET name = excluded.name, sector = excluded.sector, industry = excluded.industry",
                list(rows_of(instruments.select(["symbol", "name", "sector", "industry"]))),
            )

    def record_files(self, files: Sequence[BarFile], *, written_at: datetime) -> None:
        """The manifest names these files, each later than those before it."""
        with transaction(self._pool) as cursor:
            insert_files(cursor, files, written_at)

    def files(
        self, first: date | None = None, last: date | None = None, *, timeframe: Kind | None = "1d",
        written_by: datetime | None = None,
    ) -> list[BarFile]:  # fmt: skip
        """The manifest: files that reach into `first` to `last`, both included, the earliest written first.

        Args:
            first: session; from the beginning if None.
            last: session; to the end if None.
            timeframe: of their bars, or `features`; all if None.
            written_by: only files that were there at that instant.
        """
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT path, tier, timeframe, sessions, rows, sha256, feature_schema FROM bar_files "
                "WHERE last_session >= coalesce(%s, '-infinity'::date) "
                "AND first_session <= coalesce(%s, 'infinity'::date) AND timeframe = coalesce(%s, timeframe) "
                "AND written_at <= coalesce(%s, 'infinity'::timestamptz) ORDER BY file_id",
                [first, last, timeframe, written_by],
            )
            rows = cursor.fetchall()
        return [file_of(row) for row in rows]

    def sessions(self, timeframe: Timeframe = "1d") -> list[date]:
        """Sessions that have bars, ascending."""
        return sorted({session for file in self.files(timeframe=timeframe) for session in file.sessions})

    def is_made(self) -> bool:
        """Whether the database has these tables."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT to_regclass('bar_files') IS NOT NULL")
            (there,) = cursor.fetchone() or (False,)
        return bool(there)

    def splits(self, *, by: datetime | None = None) -> list[Split]:
        """Every split on record, by session, then symbol; what a person said of a jump outranks the gates.

        Args:
            by: as they were on record at that instant; as they are now if None.
        """
        return [Split(*row) for row in self._rows(SPLITS, {"by": by})]

    def breaks(self, *, by: datetime | None = None) -> list[Break]:
        """Likewise every break; without those of which a person said what they were."""
        return [Break(*row) for row in self._rows(BREAKS, {"by": by})]

    def findings(self) -> list[Finding]:
        """Every finding on record, in the order of the gates."""
        rows = self._rows("SELECT gate, severity, symbol, session, rows, detail FROM bar_findings ORDER BY finding_id")
        return [Finding(*row) for row in rows]

    def instruments(self) -> dict[str, tuple[str | None, str | None, str | None]]:
        """Name, sector and industry of each symbol."""
        rows = self._rows("SELECT symbol, name, sector, industry FROM instruments ORDER BY symbol")
        return {symbol: (name, sector, industry) for symbol, name, sector, industry in rows}

    def sectors(self) -> dict[str, str]:
        """The sector of each symbol that has one, as on record now; since when it is known isn't kept."""
        return {symbol: sector for symbol, (_, sector, _) in self.instruments().items() if sector is not None}

    def sector(self, symbol: str) -> str | None:
        """The sector of the symbol; None where none is on record."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT sector FROM instruments WHERE symbol = %s", [symbol])
            row = cursor.fetchone()
        return None if row is None else row[0]

    def totals(self) -> tuple[int, int, int, int]:
        """Rows that came in, were stored, were put in quarantine, were duplicates, over all imports."""
        query = (
            "SELECT sum(rows_in)::bigint, sum(rows_stored)::bigint, sum(rows_quarantined)::bigint, "
            "sum(rows_duplicate)::bigint FROM bar_imports"
        )
        rows_in, stored, quarantined, duplicate = (count or 0 for count in self._rows(query)[0])
        return rows_in, stored, quarantined, duplicate

    def corrections(self) -> tuple[str, ...]:
        """What imports changed in all rows of a file, in words."""
        rows = self._rows("SELECT jsonb_array_elements_text(corrections) FROM bar_imports ORDER BY import_id")
        return tuple(str(text) for (text,) in rows)

    def _rows(self, query: str, asked: dict[str, object] | None = None) -> list[tuple[Any, ...]]:
        with transaction(self._pool) as cursor:
            cursor.execute(query.encode(), asked)
            return cursor.fetchall()


def _import_of(cursor: Cursor, file: ImportedFile) -> BarImport:
    cursor.execute(
        "SELECT import_id, state = 'complete', files_refused, rows_in, rows_stored, rows_quarantined, "
        "rows_duplicate, rows_corrected FROM bar_imports WHERE source = %s AND file_sha256 = %s",
        [file.source, file.file_sha256],
    )
    ((import_id, complete, refused, *counts),) = cursor.fetchall()
    cursor.execute("SELECT part FROM bar_import_parts WHERE import_id = %s", [import_id])
    parts = frozenset(name for (name,) in cursor.fetchall())
    cursor.execute(
        "SELECT gate, count(*) FROM bar_quarantine WHERE import_id = %s AND quarantine_id NOT IN "
        "(SELECT quarantine_id FROM bar_releases) GROUP BY 1 ORDER BY 1",
        [import_id],
    )
    by_reason: dict[str, int] = dict(cursor.fetchall())
    cursor.execute(
        "SELECT gate, severity, count(*), sum(rows)::bigint FROM bar_findings WHERE import_id = %s GROUP BY 1, 2 "
        "ORDER BY 1, 2",
        [import_id],
    )
    by_gate = tuple(GateCount(*row) for row in cursor.fetchall())
    files_refused = tuple((path, reason) for path, reason in refused)
    named = ("rows_in", "rows_stored", "rows_quarantined", "rows_duplicate", "rows_corrected")
    return BarImport(
        import_id=import_id,
        complete=complete,
        parts=parts,
        files_refused=files_refused,
        by_reason=by_reason,
        by_gate=by_gate,
        **dict(zip(named, counts, strict=True)),
    )


_FINDING = attrgetter("gate", "severity", "symbol", "session", "rows", "detail")
_SPLIT = attrgetter("symbol", "session", "numerator", "denominator", "guessed")
_DIVIDEND = attrgetter("symbol", "session", "factor", "amount_usd")
_BREAK = attrgetter("symbol", "session", "reason", "explained")
"""Ten times as fast as `astuple`, which copies every value; an archive has tens of thousands."""


def _of_import(rows: pa.Table, import_id: int, timeframe: Timeframe) -> pa.Table:
    ids, lengths = pa.array([import_id] * rows.num_rows, pa.int64()), pa.array([timeframe] * rows.num_rows, pa.string())
    return pa.table([ids, lengths, *rows.columns], names=["import_id", "timeframe", *rows.column_names])


def _insert_findings(cursor: Cursor, import_id: int, part: Part, timeframe: Timeframe) -> None:
    def tagged(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
        return ((import_id, *row) for row in rows)

    screened = part.screened
    columns = ("import_id", "gate", "severity", "symbol", "session", "rows", "detail")
    insert_missing(cursor, "bar_findings", columns, tagged(map(_FINDING, screened.findings)))
    for table, refused in (("bar_quarantine", screened.quarantined), ("bar_quarantine", part.unread)):
        kept = _of_import(refused, import_id, timeframe)
        append(cursor, table, kept.column_names, kept)
    corrected = _of_import(part.corrected, import_id, timeframe)
    append(cursor, "bar_corrections", corrected.column_names, corrected)
    _confirm_guesses(cursor, import_id, screened.splits)
    splits = ("import_id", "symbol", "session", "numerator", "denominator", "guessed")
    insert_missing(cursor, "splits", splits, tagged(map(_SPLIT, screened.splits)))
    dividends = ("import_id", "symbol", "session", "factor", "amount_usd")
    insert_missing(cursor, "dividends", dividends, tagged(map(_DIVIDEND, screened.dividends)))
    breaks = ("import_id", "symbol", "session", "reason", "explained")
    insert_missing(cursor, "bar_breaks", breaks, tagged(map(_BREAK, screened.breaks)))


def _confirm_guesses(cursor: Cursor, import_id: int, splits: Sequence[Split]) -> None:
    """Where a source tells of a split that was a guess, it is what the source says."""
    told = [(s.numerator, s.denominator, import_id, s.symbol, s.session) for s in splits if not s.guessed]
    if told:
        cursor.executemany(
            "UPDATE splits SET numerator = %s, denominator = %s, import_id = %s, guessed = false "
            "WHERE symbol = %s AND session = %s AND guessed",
            told,
        )


def file_of(row: Sequence[Any]) -> BarFile:
    """The row of the manifest whose columns are path, tier, timeframe, sessions, rows, sha256 and feature_schema."""
    path, tier, timeframe, sessions, rows, sha256, schema = row
    return BarFile(
        path=path, tier=tier, timeframe=timeframe, sessions=tuple(sessions), rows=rows, sha256=sha256, schema=schema
    )


def insert_files(cursor: Cursor, files: Sequence[BarFile], written_at: datetime) -> None:
    """The manifest names the files, in the cursor's transaction, each later than those before it."""
    cursor.executemany(
        "INSERT INTO bar_files (path, tier, timeframe, first_session, last_session, sessions, rows, sha256, "
        "feature_schema, written_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (path) DO NOTHING",
        [
            (file.path, file.tier, file.timeframe, file.first_session, file.last_session, list(file.sessions),
             file.rows, file.sha256, file.schema, written_at)
            for file in files
        ],
    )  # fmt: skip

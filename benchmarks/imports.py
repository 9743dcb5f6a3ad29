"""Imports of bars against a bare write of the same table, and the quarantine's load against a bare binary COPY."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from adapters.postgres.bars_record import BarRecord, ImportedFile
from adapters.postgres.bulk import append, rows_of
from adapters.postgres.migrate import erase, migrate
from adapters.postgres.pool import Pool, transaction
from adapters.record import Record
from benchmarks.database import database
from benchmarks.measure import Table, same, timed
from data.importing.archive import Archive, open_archive
from data.importing.importer import BarImporter
from data.importing.layout import Asked
from trading.gates.findings import QUARANTINE_SCHEMA

REPEATS = 3
DAYS, MINUTES = "us_all_daily_2015_2016.parquet", "us_etf_1min_2019_12.parquet"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
REFUSED_ROWS = 100_000
NAMES = ("import_id", "timeframe", *QUARANTINE_SCHEMA.names)


def archives() -> list[Path]:
    """The archives that this measures, as far as they are in the folder that INPLAY_SHARED names."""
    folder = Path(os.environ.get("INPLAY_SHARED", "../shared")) / "data"
    return [folder / name for name in (DAYS, MINUTES) if (folder / name).exists()]


def _import(pool: Pool, home: Path, archive: Archive) -> int:
    """The archive on an empty record; returns the rows that came in."""
    erase(pool)
    migrate(pool)
    shutil.rmtree(home, ignore_errors=True)
    counts = BarImporter(Record(pool, home), lambda: NOW).run(archive)
    same(counts.rows_in, counts.rows_stored + counts.rows_quarantined + counts.rows_duplicate, "the rows accounted for")
    return counts.rows_in


def _copy_through(source: Path, target: Path) -> None:
    """The table is read and written as one file, with the compression that bars are kept in."""
    with target.open("wb") as file:
        pq.write_table(pq.read_table(source), file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())


def _measure_import(table: Table, pool: Pool, folder: Path, path: Path) -> None:
    archive = open_archive(path, Asked())
    rows = pq.ParquetFile(path).metadata.num_rows
    ours = timed(lambda: same(_import(pool, folder / "home", archive), rows, "rows"), repeats=REPEATS)
    bare = timed(lambda: _copy_through(path, folder / "bare.parquet"), repeats=REPEATS)
    for work, timing in ((f"import of {path.name}", ours), ("bare read and write of the same table", bare)):
        table.add(
            work, timing, rows=rows, rows_per_s=rows / timing.median_s, ratio=timing.median_s / bare.median_s
        )  # fmt: skip


def _refused() -> pa.Table:
    at = np.arange(REFUSED_ROWS)
    day = pa.array(np.datetime64("2020-01-02") + at % 700, pa.date32())
    price = pa.array(10 + at % 97 / 100)
    columns = [
        pa.array([f"S{number % 5_000}" for number in at]), day, price, price, price, price, pa.array(at),
        pa.array(["bad_price"] * REFUSED_ROWS), pa.array(["a price is missing, zero or negative"] * REFUSED_ROWS),
    ]  # fmt: skip
    return pa.table(columns, schema=QUARANTINE_SCHEMA)


def _measure_quarantine(table: Table, pool: Pool) -> None:
    erase(pool)
    migrate(pool)
    number = BarRecord(pool).begin_import(ImportedFile("made", "0" * 64, "1d"), at=NOW).import_id
    refused = _refused()

    def tagged() -> Iterator[tuple[object, ...]]:
        return ((number, "1d", *row) for row in rows_of(refused))

    def ours() -> None:
        with transaction(pool) as cursor:
            append(cursor, "bar_quarantine", NAMES, tagged())

    def bare() -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, NAMES))
        with transaction(pool) as cursor:
            cursor.execute(
                sql.SQL("CREATE TABLE IF NOT EXISTS bare AS SELECT {} FROM bar_quarantine WITH NO DATA").format(names)
            )
            types = [column.type_code for column in cursor.execute("SELECT * FROM bare LIMIT 0").description or ()]
            with cursor.copy("COPY bare FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(types)
                for row in tagged():
                    copy.write_row(row)

    measured, peer = timed(ours, repeats=REPEATS), timed(bare, repeats=REPEATS)
    for work, timing in (("quarantine: key, checks, reference, two indexes", measured), ("bare binary COPY", peer)):
        table.add(
            work, timing, rows=REFUSED_ROWS, rows_per_s=REFUSED_ROWS / timing.median_s,
            ratio=timing.median_s / peer.median_s,
        )  # fmt: skip


def run() -> Table:
    """The table of this benchmark; `ratio` is to the bare way of the same rows."""
    table = Table("imports", "archives of bars into the record; refused rows into PostgreSQL, on disk")
    paths = archives()
    with tempfile.TemporaryDirectory(prefix="inplay-bench-") as name:
        folder = Path(name)
        with database(folder) as pool:
            for path in paths:
                _measure_import(table, pool, folder, path)
            _measure_quarantine(table, pool)
            erase(pool)
    table.notes.append(
        "an import reads, parses, judges by every gate, sorts, writes a file a month or session, and syncs"
    )
    table.notes.append("the bare way does none of that: what is between the two is what the gates and the sorting cost")
    return table

"""Recording a year's patterns in PostgreSQL, against a bare binary COPY of the same rows."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from psycopg import sql

from adapters.calendar import closes
from adapters.postgres.bulk import conform, rows_of
from adapters.postgres.migrate import erase, migrate
from adapters.postgres.patterns import PATTERNS_SCHEMA, PatternStore
from adapters.postgres.pool import Pool, transaction
from benchmarks.daily_cycle import session_work
from benchmarks.database import database
from benchmarks.markets import sample
from benchmarks.measure import Table, same, timed
from trading.evidence.log import pattern_log
from trading.outcomes.barriers import OutcomeRules

ROWS = 130_000
REPEATS = 5
KEY = ("symbol", "timestamp", "session", "pattern_type", "family", "direction")


def patterns() -> pa.Table:
    """The first 130,000 patterns of the sample with their outcomes, columns and types as the table has them."""
    market, found = session_work(sample())
    picked = np.arange(min(ROWS, len(found.detections)), dtype=np.int64)
    log = pattern_log(market, found, picked, OutcomeRules())
    sessions = log.column("session").to_numpy().astype("datetime64[D]")
    log = log.append_column("timestamp", pa.array(closes(sessions), pa.timestamp("us", tz="UTC")))
    log = log.append_column("timeframe", pa.array(["1d"] * log.num_rows, pa.string()))
    return conform(log, PATTERNS_SCHEMA, required=KEY)


def _bare_copy(pool: Pool, rows: pa.Table) -> None:
    """The rows are in a table without keys, checks or ids."""
    names = sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
    with transaction(pool) as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare")
        cursor.execute(sql.SQL("CREATE TABLE bare AS SELECT {} FROM pattern_training_data WITH NO DATA").format(names))
        cursor.execute("SELECT * FROM bare LIMIT 0")
        types = [column.type_code for column in cursor.description or ()]
        with cursor.copy("COPY bare FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(types)
            for row in rows_of(rows):
                copy.write_row(row)


def _count(pool: Pool, table: str) -> int:
    with transaction(pool) as cursor:
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        (rows,) = cursor.fetchone() or (0,)
        return int(rows)


def run() -> Table:
    """The table of this benchmark; `ratio` is to the bare COPY."""
    rows = patterns()
    table = Table("pattern_log", f"{rows.num_rows:,} patterns of {rows.num_columns} columns into PostgreSQL, on disk")
    with tempfile.TemporaryDirectory(prefix="inplay-bench-") as folder, database(Path(folder)) as pool:
        migrate(pool)
        store = PatternStore(pool)

        def anew() -> None:
            with transaction(pool) as cursor:
                cursor.execute("TRUNCATE pattern_training_data")
            store.record(rows)

        record = timed(anew, repeats=REPEATS)
        repeat = timed(lambda: store.record(rows), repeats=REPEATS)
        bare = timed(lambda: _bare_copy(pool, rows), repeats=REPEATS)
        same(_count(pool, "pattern_training_data"), _count(pool, "bare"), "the rows on record")
        same(_count(pool, "bare"), rows.num_rows, "the rows on record and those given")
        for work, timing in (
            ("recorded by PatternStore: unique, checked, indexed", record),
            ("recorded again: nothing is new", repeat),
            ("bare binary COPY, no keys and no checks", bare),
        ):
            table.add(
                work, timing, rows_per_s=rows.num_rows / timing.median_s, ratio=timing.median_s / bare.median_s
            )  # fmt: skip
        erase(pool)
    table.notes.append(
        "each of the three begins with an Arrow table, commits and syncs; the bare COPY writes row by row, as usual"
    )
    return table

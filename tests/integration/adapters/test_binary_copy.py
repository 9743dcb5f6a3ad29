"""Arrow tables over PostgreSQL's binary COPY: what comes back is what was given, bit by bit."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest
from psycopg import sql

from adapters.postgres import binary
from adapters.postgres.bulk import append, insert_missing, rows_of
from adapters.postgres.pool import Pool, transaction
from trading.errors import BadDataError

TYPES = {
    "t": "text", "f": "double precision", "h": "smallint", "i": "integer", "b": "bigint", "y": "boolean",
    "d": "date", "at": "timestamptz",
}  # fmt: skip
ROWS = [
    ("Ünïcode", 0.1, -32768, 2**31 - 1, -(2**63), True, date(1999, 12, 31), datetime(1969, 7, 20, 20, 17, tzinfo=UTC)),
    (
        "",
        -1e308,
        32767,
        -(2**31),
        2**63 - 1,
        False,
        date(2000, 1, 1),
        datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    ),
    (None,) * 8,
]


def _table(rows: list[tuple[object, ...]]) -> pa.Table:
    schema = [pa.string(), pa.float64(), pa.int16(), pa.int32(), pa.int64(), pa.bool_(), pa.date32(),
              pa.timestamp("us", tz="UTC")]  # fmt: skip
    columns = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), schema, strict=True)]
    return pa.table(columns, names=list(TYPES))


@pytest.fixture
def kinds(pool: Pool) -> Pool:
    """A table with a column of each type that is copied."""
    with transaction(pool) as cursor:
        columns = sql.SQL(", ").join(sql.SQL(f"{name} {kind}") for name, kind in TYPES.items())  # type: ignore[arg-type]
        cursor.execute(sql.SQL("CREATE TABLE kinds ({})").format(columns))
    return pool


def _read(pool: Pool) -> list[tuple[object, ...]]:
    with transaction(pool) as cursor:
        cursor.execute("SELECT * FROM kinds ORDER BY ctid")
        return cursor.fetchall()


def test_every_type_comes_back_as_it_was(kinds: Pool) -> None:
    """The ends of each range, days on both sides of 2000, text beyond ASCII, empty text, and NULL."""
    with transaction(kinds) as cursor:
        append(cursor, "kinds", list(TYPES), _table(ROWS))
    assert _read(kinds) == ROWS


def test_chunks_and_slices_are_one_table(kinds: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows at a time, from a table that is a slice of another with several chunks."""
    monkeypatch.setattr(binary, "CHUNK_ROWS", 2)
    table = pa.concat_tables([_table(ROWS), _table(ROWS[::-1]), _table(ROWS)]).slice(1, 7)
    with transaction(kinds) as cursor:
        append(cursor, "kinds", list(TYPES), table)
    assert _read(kinds) == list(rows_of(table))


def test_no_row_is_a_copy_too(kinds: Pool) -> None:
    """An empty table leaves an empty table."""
    with transaction(kinds) as cursor:
        append(cursor, "kinds", list(TYPES), _table(ROWS).slice(0, 0))
    assert _read(kinds) == []


def test_seconds_are_no_microseconds(kinds: Pool) -> None:
    """A time stamp in seconds is the same instant in the database."""
    when = datetime(2020, 1, 31, 14, 30, tzinfo=UTC)
    given = pa.table({"at": pa.array([when], pa.timestamp("s", tz="UTC"))})
    with transaction(kinds) as cursor:
        append(cursor, "kinds", ["at"], given)
    assert [row[-1] for row in _read(kinds)] == [when]


def test_what_does_not_fit_is_refused_and_nothing_is_written(kinds: Pool) -> None:
    """70,000 is no smallint."""
    with pytest.raises(BadDataError, match="column h"), transaction(kinds) as cursor:
        append(cursor, "kinds", ["h"], pa.table({"h": pa.array([1, 70_000], pa.int64())}))
    assert _read(kinds) == []


def test_tuples_and_columns_give_the_same_rows(kinds: Pool) -> None:
    """A thousand random rows with gaps, each way."""
    rng = np.random.default_rng(3)
    rows = [
        tuple(None if rng.uniform() < 0.2 else value for value in (f"s{n}" * int(rng.integers(0, 9)), *ROWS[0][1:]))
        for n in range(1000)
    ]
    with transaction(kinds) as cursor:
        append(cursor, "kinds", list(TYPES), rows)
        assert insert_missing(cursor, "kinds", list(TYPES), _table(rows)) == len(rows)
    assert Counter(_read(kinds)) == Counter([*rows, *rows])

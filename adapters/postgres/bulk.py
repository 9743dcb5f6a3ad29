"""Many rows at once: binary COPY in, CSV COPY out, Arrow tables on our side.

In: the rows go into a temporary table without constraints, then one INSERT moves them, so that those already there are
skipped. Out: CSV, because Arrow parses it faster than Python makes objects; PostgreSQL prints doubles so that they read
back as the same bits.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from psycopg import sql

from adapters.postgres.binary import copy_bytes
from adapters.postgres.pool import Cursor
from trading.errors import BadDataError

MICROSECOND = pa.timestamp("us", tz="UTC")


Rows: TypeAlias = Iterable[Sequence[Any]] | pa.Table
"""Rows as tuples of what psycopg makes of the columns' types, None is NULL; or as an Arrow table, which is faster."""


def stage(cursor: Cursor, table: str, columns: Sequence[str], rows: Rows) -> sql.Identifier:
    """The rows stand in a temporary table with the column types of `table`; returns its name."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    staging = sql.Identifier(f"incoming_{table}")
    target = sql.Identifier(table)
    cursor.execute(sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(staging))
    cursor.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            staging, names, target
        )
    )
    _copy(cursor, staging, columns, rows)
    return staging


def append(cursor: Cursor, table: str, columns: Sequence[str], rows: Rows) -> None:
    """The rows are in the table, straight from the wire; for tables whose rows nothing tells apart.

    Repeating it would double them: the caller's transaction must begin with what makes its command unique.
    """
    _copy(cursor, sql.Identifier(table), columns, rows)


def _copy(cursor: Cursor, table: sql.Identifier, columns: Sequence[str], rows: Rows) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    cursor.execute(sql.SQL("SELECT {} FROM {} LIMIT 0").format(names, table))
    types = [column.type_code for column in cursor.description or ()]
    with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(table, names)) as copy:
        if isinstance(rows, pa.Table):
            for data in copy_bytes(rows, types):
                copy.write(data)
            return
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def insert_missing(
    cursor: Cursor, table: str, columns: Sequence[str], rows: Rows, *, order_by: str | None = None
) -> int:
    """Rows that no unique constraint of `table` knows are in it; returns how many those were."""
    staging = stage(cursor, table, columns, rows)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    order = sql.SQL("ORDER BY {}").format(sql.Identifier(order_by)) if order_by else sql.SQL("")
    cursor.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} {} ON CONFLICT DO NOTHING").format(
            sql.Identifier(table), names, names, staging, order
        )
    )
    return cursor.rowcount


def rows_of(table: pa.Table) -> Iterable[tuple[Any, ...]]:
    """The rows of an Arrow table as tuples of Python values."""
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def conform(table: pa.Table, schema: pa.Schema, *, required: Sequence[str]) -> pa.Table:
    """The table with exactly the columns and types of `schema`; NaN and absent columns are NULL, which says unknown.

    Raises:
        BadDataError: when a required column is absent or has a NULL, a column is not of the schema, or a value does
            not fit its type.
    """
    extra, absent = set(table.column_names) - set(schema.names), set(required) - set(table.column_names)
    if extra or absent:
        raise BadDataError(f"columns absent: {sorted(absent)}, columns unknown: {sorted(extra)}; nothing was written")
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, field.type))
            continue
        column = table.column(field.name)
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        try:
            columns.append(column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise BadDataError(f"column {field.name}: {error}; nothing was written") from None
        if field.name in required and columns[-1].null_count:
            raise BadDataError(f"column {field.name} has {columns[-1].null_count} unknown values; nothing was written")
    return pa.table(columns, schema=schema)


def read_table(cursor: Cursor, query: sql.Composable, schema: pa.Schema) -> pa.Table:
    """The result of `query` as an Arrow table. Its columns must come in the order of `schema`.

    Text must not be empty: CSV cannot tell it from NULL here, and our tables forbid it.
    """
    with cursor.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT CSV)").format(query)) as copy:
        data = b"".join(bytes(block) for block in copy)
    if not data:
        return schema.empty_table()
    plain = {
        field.name: pa.string() if pa.types.is_timestamp(field.type) else field.type for field in schema
    }  # Arrow does not read the "+00" that PostgreSQL prints
    table = pa_csv.read_csv(
        io.BytesIO(data),
        read_options=pa_csv.ReadOptions(column_names=schema.names, use_threads=False),
        convert_options=pa_csv.ConvertOptions(
            column_types=plain, null_values=[""], strings_can_be_null=True, true_values=["t"], false_values=["f"]
        ),
    )
    columns = [
        pc.replace_substring_regex(column, r"\+00$", "Z").cast(field.type)
        if pa.types.is_timestamp(field.type)
        else column
        for column, field in zip(table.columns, schema, strict=True)
    ]
    return pa.table(columns, schema=schema)

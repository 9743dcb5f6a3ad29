"""`session_patterns` and `session_pattern_days`: the patterns within sessions, and the sessions looked through."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
from psycopg import sql

from adapters.postgres.bulk import MICROSECOND, conform, insert_missing, read_table
from adapters.postgres.pool import Pool, transaction

SESSION_PATTERNS_SCHEMA = pa.schema(
    [
        ("symbol", pa.string()),
        ("session", pa.date32()),
        ("bar_s", pa.int32()),
        ("triggered_at", MICROSECOND),
        ("began_at", MICROSECOND),
        ("pattern_type", pa.string()),
        ("direction", pa.int16()),
        ("level_usd", pa.float64()),
        ("entry_usd", pa.float64()),
        ("stop_usd", pa.float64()),
        ("target_usd", pa.float64()),
        ("since_open_s", pa.int32()),
        ("gap", pa.float64()),
        ("vwap_distance", pa.float64()),
        ("volume_since_open", pa.int64()),
        ("exit_kind", pa.string()),
        ("exit_at", MICROSECOND),
        ("net_return", pa.float64()),
        ("max_gain", pa.float64()),
        ("max_loss", pa.float64()),
        ("other_entries", pa.int16()),
        ("other_success", pa.float64()),
        ("other_return", pa.float64()),
    ]
)
"""The columns of the table without its id. NULL (or NaN on the way in) = unknown."""
_UNKNOWN_ALLOWED = {
    "target_usd", "gap", "vwap_distance", "exit_at", "net_return", "max_gain", "max_loss", "other_success",
    "other_return",
}  # fmt: skip


class SessionPatternStore:
    """Writer and reader of both tables."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, session: date, bars: int, patterns: pa.Table) -> int:
        """The session's patterns are on record and the session counts as looked through; returns how many are new.

        What was recorded first stays, also when the session's bars were corrected since.

        Args:
            session: the exchange session.
            bars: how many of its bars were looked through, above zero.
            patterns: columns of `SESSION_PATTERNS_SCHEMA`.

        Raises:
            BadDataError: when a value breaks a rule of the table; nothing was written.
        """
        required = [name for name in SESSION_PATTERNS_SCHEMA.names if name not in _UNKNOWN_ALLOWED]
        whole = conform(patterns, SESSION_PATTERNS_SCHEMA, required=required)
        with transaction(self._pool) as cursor:
            new = insert_missing(cursor, "session_patterns", whole.column_names, whole)
            cursor.execute(
                "INSERT INTO session_pattern_days VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [session, bars, patterns.num_rows],
            )
        return new

    def sessions(self) -> set[date]:
        """Sessions that were looked through."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT session FROM session_pattern_days")
            return {row[0] for row in cursor}

    def load(self) -> pa.Table:
        """All patterns, by session, symbol, time, pattern and direction; columns of `SESSION_PATTERNS_SCHEMA`."""
        query = sql.SQL(
            "SELECT {} FROM session_patterns ORDER BY session, symbol, triggered_at, pattern_type, direction"
        ).format(sql.SQL(", ").join(map(sql.Identifier, SESSION_PATTERNS_SCHEMA.names)))
        with transaction(self._pool) as cursor:
            return read_table(cursor, query, SESSION_PATTERNS_SCHEMA)

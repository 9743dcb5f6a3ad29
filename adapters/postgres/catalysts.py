"""Catalysts, and for which symbols each source knows any."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pyarrow as pa
from psycopg import sql

from adapters.exchange_time import NEW_YORK
from adapters.postgres.bulk import MICROSECOND, insert_missing, read_table, rows_of
from adapters.postgres.pool import Pool, transaction

CATALYSTS_SCHEMA = pa.schema(
    [("symbol", pa.string()), ("event_date", pa.date32()), ("kind", pa.string()), ("knowable_at", MICROSECOND)]
)


def knowable_at(event_date: date) -> datetime:
    """When a decision may use an event of which only the day is known: the next midnight of the exchange.

    It may have come after the close, so the session of its own day must not use it.
    """
    return datetime.combine(event_date + timedelta(days=1), time(), tzinfo=NEW_YORK)


class CatalystStore:
    """Writer and reader of `catalysts`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record_earnings(self, events: pa.Table, *, source: str, at: datetime) -> int:
        """Earnings days (columns symbol, event_date) are on record as come in then; returns how many are new."""
        named = rows_of(events.select(["symbol", "event_date"]))
        rows = ((symbol, day, "earnings", source, knowable_at(day), at) for symbol, day in named)
        columns = ("symbol", "event_date", "kind", "source", "knowable_at", "recorded_at")
        with transaction(self._pool) as cursor:
            return insert_missing(cursor, "catalysts", columns, rows)

    def load(self, first: date, last: date, *, recorded_by: datetime | None = None) -> pa.Table:
        """Events of calendars with `first` <= event_date <= `last`, columns of `CATALYSTS_SCHEMA`, by date and symbol.

        Stories are left out: their times are known to the second, and `NewsStore.load` has them.

        Args:
            first: day.
            last: day; both are included.
            recorded_by: only what was on record at that instant; what is older than such times is taken as that.
        """
        query = sql.SQL(
            "SELECT symbol, event_date, kind, min(knowable_at) FROM catalysts "
            "WHERE origin = 'calendar' AND event_date BETWEEN {} AND {} "
            "AND coalesce(recorded_at, '-infinity') <= coalesce({}, 'infinity'::timestamptz) "
            "GROUP BY 1, 2, 3 ORDER BY event_date, symbol, kind"
        ).format(sql.Literal(first), sql.Literal(last), sql.Literal(recorded_by))
        with transaction(self._pool) as cursor:
            return read_table(cursor, query, CATALYSTS_SCHEMA)

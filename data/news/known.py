"""News on record as they were known at an instant."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from adapters.postgres.news import NewsStore
from adapters.postgres.news_coverage import CoverageStore
from adapters.postgres.pool import Pool
from adapters.postgres.sentiment import SentimentStore
from trading.news.record import NEWS_SCHEMA, NewsRecord

THE_END = datetime(9999, 12, 31, tzinfo=UTC)


def news_record(pool: Pool, before: datetime) -> NewsRecord:
    """Everything that was knowable before `before`, and when each source had been followed by then."""
    rows = NewsStore(pool).load(before, scorer=SentimentStore(pool).chosen().name)
    return NewsRecord(rows, CoverageStore(pool).followed(before))


def news_record_then(pool: Pool, before: datetime, by: datetime) -> NewsRecord:
    """As `news_record`, of articles that were on record at `by` and scored by whose sentiment counted at that time."""
    rows = NewsStore(pool).load(before, scorer=SentimentStore(pool).chosen(by=by).name, imported_by=by)
    return NewsRecord(rows, CoverageStore(pool).followed(before))


class NewsMemory:
    """`news_record` for a service that asks once a session: rows are read again after an import, or another scorer."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._read_of = (-1, "")
        self._rows = NEWS_SCHEMA.empty_table()

    def record(self, before: datetime) -> NewsRecord:
        """As `news_record`."""
        store = NewsStore(self._pool)
        latest = store.latest_import(), SentimentStore(self._pool).chosen().name
        if latest != self._read_of:
            self._rows, self._read_of = store.load(THE_END, scorer=latest[1]), latest
        return NewsRecord(rows_before(self._rows, before), CoverageStore(self._pool).followed(before))


def rows_before(rows: pa.Table, before: datetime) -> pa.Table:
    """The rows that were knowable before `before`."""
    return rows.filter(pc.less(rows.column("knowable_at"), pa.scalar(before, NEWS_SCHEMA.field("knowable_at").type)))

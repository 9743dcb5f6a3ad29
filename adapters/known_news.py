"""News as they were known at an instant, in the shape that the features ask for."""

from __future__ import annotations

from datetime import datetime

from adapters.calendar import close_times
from adapters.postgres.news import NewsStore
from adapters.postgres.news_coverage import CoverageStore
from adapters.postgres.pool import Pool
from trading.catalyst_features import NewsAt, NewsRecord
from trading.news.sentiment import LexiconScorer
from trading.panel import Panel


def news_record(pool: Pool, before: datetime) -> NewsRecord:
    """Everything that was knowable before `before`, and when each source had been followed by then."""
    rows = NewsStore(pool).load(before, scorer=LexiconScorer().name)
    return NewsRecord(rows, CoverageStore(pool).followed(before))


def news_at(pool: Pool, panel: Panel, before: datetime) -> NewsAt:
    """`news_record` with the close of each bar's session as the time of its decision.

    Args:
        pool: of the record.
        panel: bars of sessions that closed by `before`.
        before: the time of the question.
    """
    return NewsAt(news_record(pool, before), close_times(panel.sessions))

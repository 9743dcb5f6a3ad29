"""Which sources of news were followed, when, and where each goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from adapters.postgres.pool import Cursor, Pool, transaction
from trading.errors import BadDataError
from trading.news.article import Channel
from trading.news.coverage import HEARD_WITHIN_S, Followed


@dataclass(frozen=True)
class Heard:
    """A fetch that succeeded.

    Attributes:
        symbols: companies whose news the source carries in full; None = of the whole market, empty = of none.
        mark: where the next fetch goes on; only the source reads it.
        fresh: articles that were new.
        joined: whether it reached back to what was on record, so that nothing was missed since the fetch before.
    """

    source: str
    channel: Channel
    symbols: Sequence[str] | None
    at: datetime
    mark: str | None
    fresh: int
    joined: bool


@dataclass(frozen=True)
class SourceView:
    """How a source does."""

    source: str
    articles: int
    last_success_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None


class CoverageStore:
    """Writer and reader of `news_sources` and `news_coverage`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def mark(self, source: str) -> str | None:
        """Where the next fetch of the source goes on; None for one that was never heard."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT mark FROM news_sources WHERE source = %s", [source])
            row = cursor.fetchone()
        return None if row is None else row[0]

    def heard(self, heard: Heard) -> None:
        """The source is on record as followed at `heard.at`; repeating it changes nothing but the count."""
        symbols = None if heard.symbols is None else sorted(heard.symbols)
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO news_sources (source, channel, symbols, mark, articles, last_success_at) "
                "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (source) DO UPDATE SET channel = excluded.channel, "
                "symbols = excluded.symbols, mark = excluded.mark, last_success_at = excluded.last_success_at, "
                "articles = news_sources.articles + excluded.articles, last_error = NULL, last_error_at = NULL "
                "RETURNING (SELECT symbols FROM news_sources old WHERE source = %s) IS NOT DISTINCT FROM %s::text[]",
                [heard.source, heard.channel, symbols, heard.mark, heard.fresh, heard.at, heard.source, symbols],
            )
            row = cursor.fetchone()
            self._extend(cursor, heard, same_symbols=bool(row and row[0]))

    def advance(
        self, source: str, channel: Channel, symbols: Sequence[str] | None, mark: str | None, fresh: int
    ) -> None:
        """The next fetch goes on at `mark`; the source isn't heard up to now yet, so no span changes."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO news_sources (source, channel, symbols, mark, articles) VALUES (%s, %s, %s, %s, %s) "
                "ON CONFLICT (source) DO UPDATE SET mark = excluded.mark, "
                "articles = news_sources.articles + excluded.articles",
                [source, channel, None if symbols is None else sorted(symbols), mark, fresh],
            )

    @staticmethod
    def _extend(cursor: Cursor, heard: Heard, *, same_symbols: bool) -> None:
        """The latest span reaches to now, or a new one begins: after an hour of silence, a hole, other companies."""
        cursor.execute(
            "SELECT followed_from, followed_until, complete_from FROM news_coverage WHERE source = %s "
            "ORDER BY followed_from DESC LIMIT 1",
            [heard.source],
        )
        last = cursor.fetchone()
        if last is not None and heard.at <= last[1]:
            return
        joined = heard.joined and last is not None and same_symbols
        if last is not None and joined and heard.at - last[1] <= timedelta(seconds=HEARD_WITHIN_S):
            cursor.execute(
                "UPDATE news_coverage SET followed_until = %s WHERE source = %s AND followed_from = %s",
                [heard.at, heard.source, last[0]],
            )
            return
        whole = last[2] if last is not None and joined else heard.at
        cursor.execute(
            "INSERT INTO news_coverage (source, followed_from, followed_until, complete_from) VALUES (%s, %s, %s, %s)",
            [heard.source, heard.at, heard.at, whole],
        )

    def failed(self, source: str, channel: Channel, symbols: Sequence[str] | None, error: str, at: datetime) -> None:
        """The failure is on record beside the last success; what is followed doesn't change."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO news_sources (source, channel, symbols, last_error, last_error_at) "
                "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (source) DO UPDATE SET last_error = excluded.last_error, "
                "last_error_at = excluded.last_error_at",
                [source, channel, None if symbols is None else sorted(symbols), error[:500] or "unknown", at],
            )

    def archived(self, source: str, channel: Channel, symbols: Sequence[str], span: tuple[datetime, datetime]) -> None:
        """The archive is on record as whole over the span, both ends included; repeating it changes nothing.

        Raises:
            BadDataError: when the source is on record with other companies; nothing was written.
        """
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO news_sources (source, channel, symbols) VALUES (%s, %s, %s) "
                "ON CONFLICT (source) DO NOTHING",
                [source, channel, sorted(symbols)],
            )
            cursor.execute("SELECT symbols = %s FROM news_sources WHERE source = %s", [sorted(symbols), source])
            if cursor.fetchone() != (True,):
                raise BadDataError(
                    f"{source} is on record as whole for other companies than these. That it is whole was not noted; "
                    "its articles are on record. Import it under another --source."
                )
            cursor.execute(
                "INSERT INTO news_coverage (source, followed_from, followed_until, complete_from) "
                "VALUES (%s, %s, %s, %s) ON CONFLICT (source, followed_from) DO UPDATE SET "
                "followed_until = greatest(news_coverage.followed_until, excluded.followed_until)",
                [source, *span, span[0]],
            )

    def sources(self) -> list[SourceView]:
        """Every source that was ever tried, by name."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT source, articles, last_success_at, last_error, last_error_at FROM news_sources ORDER BY source"
            )
            return [SourceView(*row) for row in cursor.fetchall()]

    def followed(self, before: datetime) -> tuple[Followed, ...]:
        """When each source was followed, as known at `before`: nothing of what was heard later."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT source, channel, symbols, followed_from, least(followed_until, %s), complete_from "
                "FROM news_coverage JOIN news_sources USING (source) WHERE followed_from < %s "
                "ORDER BY source, followed_from",
                [before, before],
            )
            rows = cursor.fetchall()
        by_source: dict[str, list[tuple[Any, ...]]] = {}
        for source, *rest in rows:
            by_source.setdefault(source, []).append(tuple(rest))
        return tuple(_followed(spans) for spans in by_source.values())


def _followed(spans: list[tuple[Any, ...]]) -> Followed:
    channel, symbols = spans[0][:2]
    stamps = [np.array([_utc(span[at]) for span in spans], dtype="datetime64[s]") for at in (2, 3, 4)]
    return Followed(channel, None if symbols is None else frozenset(symbols), *stamps)


def _utc(at: datetime) -> np.datetime64:
    """The second, rounded down; half a second of a span more or less tells nobody anything."""
    return np.datetime64(int(at.timestamp()), "s")

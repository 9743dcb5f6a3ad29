"""News on record: articles, the companies they are about, their sentiment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from psycopg import sql
from psycopg.types.json import Jsonb

from adapters.postgres.bulk import insert_missing, read_table
from adapters.postgres.pool import Cursor, Pool, transaction
from trading.errors import BadDataError
from trading.news.article import Channel
from trading.news.digest import Digest
from trading.news.normalise import FOUND_LATE
from trading.news.record import NEWS_SCHEMA

ARTICLE_COLUMNS = (
    "article_id", "source", "channel", "published_at", "knowable_at", "headline", "body", "url", "catalyst_kind",
    "duplicate_of", "flags", "import_id",
)  # fmt: skip
ON_RECORD = "already on record"
REPEATED = "repeated in this import"
LOCK = 7_230_002
"""Number of the advisory lock: imports take turns, so that two of the same file don't wait for each other's rows."""


@dataclass(frozen=True)
class Incoming:
    """What an import brings, before anybody looked into the record.

    Attributes:
        rows_in: rows that the source had.
        repeated: rows that were an article of the same import again.
        refused: rows by reason.
        flagged: mended rows by what was wrong; they are among the stored or the duplicate ones.
    """

    source: str
    channel: Channel
    rows_in: int
    repeated: int
    refused: Counter[str]
    flagged: Counter[str]


@dataclass(frozen=True)
class NewsCounts:
    """What became of the rows of an import: `rows_in` = `stored` + all of `duplicate` + all of `refused`.

    Attributes:
        near_duplicate: of the stored, how many repeat the story of another.
        links: how many (article, company) pairs are new.
    """

    rows_in: int
    stored: int
    duplicate: dict[str, int]
    refused: dict[str, int]
    flagged: dict[str, int]
    near_duplicate: int
    links: int


class NewsStore:
    """Writer and reader of the tables about news."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, read: Digest, incoming: Incoming, *, imported_at: datetime) -> NewsCounts:
        """The articles are on record with all that was read out of them, each once; together or not at all.

        An article that was there keeps what it had and gains new links and scores. A repeat of the whole import stores
        nothing; only the count of the import itself is written again.

        Raises:
            BadDataError: when rows are neither stored nor duplicate nor refused; nothing was written.
        """
        if incoming.rows_in != len(read.articles) + incoming.repeated + incoming.refused.total():
            raise BadDataError(f"{incoming.source}: {incoming.rows_in} rows came in, other than those accounted for")
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            import_id = _open_import(cursor, incoming, imported_at)
            stored = insert_missing(cursor, "news_articles", ARTICLE_COLUMNS, _article_rows(read, import_id))
            links = insert_missing(cursor, "news_links", ("article_id", "symbol", "how"), _link_rows(read))
            insert_missing(cursor, "news_sentiment", ("article_id", "scorer", "score"), _score_rows(read))
            record_catalysts(cursor)
            duplicate = {REPEATED: incoming.repeated, ON_RECORD: len(read.articles) - stored}
            cursor.execute(
                "UPDATE news_imports SET stored = %s, duplicate = %s WHERE import_id = %s",
                [stored, Jsonb(duplicate), import_id],
            )
            cursor.execute(
                "SELECT count(*) FROM news_articles WHERE import_id = %s AND duplicate_of IS NOT NULL", [import_id]
            )
            near = cursor.fetchone()
        return NewsCounts(
            rows_in=incoming.rows_in,
            stored=stored,
            duplicate=duplicate,
            refused=dict(incoming.refused),
            flagged=dict(incoming.flagged),
            near_duplicate=int(near[0]) if near else 0,
            links=links,
        )

    def load(
        self, before: datetime, *, scorer: str, since: datetime | None = None, imported_by: datetime | None = None
    ) -> pa.Table:
        """What was knowable before `before`, a row per article and company, columns of `NEWS_SCHEMA`.

        Articles found late are left out: they were no news when they came.

        Args:
            before: the decision's time; what becomes knowable at that very instant is left out.
            scorer: whose sentiment; an article that it didn't score has none.
            since: leaves out what was knowable before it.
            imported_by: leaves out what came on record after that instant.
        """
        query = sql.SQL(
            "SELECT a.article_id, l.symbol, a.knowable_at, a.channel, a.catalyst_kind, s.score, "
            "a.duplicate_of IS NOT NULL "
            "FROM news_articles a JOIN news_links l USING (article_id) "
            "LEFT JOIN news_sentiment s ON s.article_id = a.article_id AND s.scorer = {} "
            "WHERE a.knowable_at < {} AND a.knowable_at >= coalesce({}, '-infinity'::timestamptz) "
            "AND NOT {} = ANY(a.flags) AND ({}::timestamptz IS NULL OR a.import_id IN "
            "(SELECT import_id FROM news_imports WHERE imported_at <= {})) "
            "ORDER BY l.symbol, a.knowable_at, a.article_id"
        ).format(*map(sql.Literal, (scorer, before, since, FOUND_LATE, imported_by, imported_by)))
        with transaction(self._pool) as cursor:
            return read_table(cursor, query, NEWS_SCHEMA)

    def latest_import(self) -> int:
        """Number of the last import on record, 0 without one; it changes whenever anything of the news may have."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT coalesce(max(import_id), 0) FROM news_imports")
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    def near(
        self, first: datetime, last: datetime, without: Sequence[str]
    ) -> list[tuple[str, datetime, str, list[str]]]:
        """Id, `knowable_at`, text and companies of the articles knowable from `first` to `last`, by time.

        Args:
            first: earliest.
            last: latest; both are included.
            without: ids to leave out.
        """
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT article_id, knowable_at, concat_ws('. ', headline, body), "
                "array(SELECT symbol FROM news_links l WHERE l.article_id = a.article_id ORDER BY symbol) "
                "FROM news_articles a WHERE knowable_at BETWEEN %s AND %s AND NOT article_id = ANY(%s) "
                "ORDER BY knowable_at, article_id",
                [first, last, list(without)],
            )
            return cursor.fetchall()


def record_catalysts(cursor: Cursor) -> None:
    """The first story of each company, day and kind among what was just linked is a catalyst on record.

    One transaction with the stories themselves. An archive may bring an earlier story of a day later on: then the
    catalyst was knowable earlier.
    """
    cursor.execute(
        "INSERT INTO catalysts (symbol, event_date, kind, source, origin, knowable_at) "
        "SELECT l.symbol, (a.knowable_at AT TIME ZONE 'America/New_York')::date AS day, a.catalyst_kind, a.source, "
        "'news', min(a.knowable_at) FROM incoming_news_links l JOIN news_articles a USING (article_id) "
        "WHERE a.channel = 'news' AND a.catalyst_kind <> 'other' AND a.duplicate_of IS NULL AND NOT %s = ANY(a.flags) "
        "GROUP BY l.symbol, day, a.catalyst_kind, a.source "
        "ON CONFLICT (symbol, event_date, kind, source, origin) DO UPDATE "
        "SET knowable_at = least(catalysts.knowable_at, excluded.knowable_at)",
        [FOUND_LATE],
    )


def _open_import(cursor: Cursor, incoming: Incoming, imported_at: datetime) -> int:
    cursor.execute(
        "INSERT INTO news_imports (source, channel, rows_in, stored, duplicate, refused, flagged, "
        "imported_at) VALUES (%s, %s, %s, 0, '{}', %s, %s, %s) RETURNING import_id",
        [
            incoming.source,
            incoming.channel,
            incoming.rows_in,
            Jsonb(dict(incoming.refused)),
            Jsonb(dict(incoming.flagged)),
            imported_at,
        ],
    )
    row = cursor.fetchone()
    if row is None:
        raise BadDataError("the database gave the import no number; nothing was written")
    return int(row[0])


def _article_rows(read: Digest, import_id: int) -> Iterable[tuple[Any, ...]]:
    for article, kind, copy_of in zip(read.articles, read.kinds, read.duplicate_of, strict=True):
        yield (
            article.article_id,
            article.source,
            article.channel,
            article.published_at,
            article.knowable_at,
            article.headline or None,
            article.body or None,
            article.url or None,
            kind,
            copy_of,
            list(article.flags),
            import_id,
        )


def _link_rows(read: Digest) -> Iterable[tuple[str, str, str]]:
    for article, links in zip(read.articles, read.links, strict=True):
        for symbol, how in links.items():
            yield article.article_id, symbol, how


def _score_rows(read: Digest) -> Iterable[tuple[str, str, float]]:
    for article, score in zip(read.articles, read.scores.tolist(), strict=True):
        if np.isfinite(score):
            yield article.article_id, read.scorer, score

"""When articles on record became knowable, corrected where an earlier import took a day for its midnight."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from adapters.postgres.bulk import stage
from adapters.postgres.news import LOCK, record_catalysts
from adapters.postgres.pool import Cursor, Pool, transaction
from trading.news.article import Article

_EARLIER = sql.SQL("FROM incoming_news_articles i WHERE a.article_id = i.article_id AND a.knowable_at < i.knowable_at")


class NewsTimes:
    """Looks for articles that count as known too early, and corrects them when asked."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def too_early(self, articles: Sequence[Article], *, correct: bool) -> int:
        """How many of the articles are on record as knowable earlier than they were.

        Args:
            articles: with the times that are right.
            correct: whether they become knowable then, and the catalysts that they are with them; otherwise nothing
                changes.
        """
        if not articles:
            return 0
        rows = [(article.article_id, article.knowable_at, list(article.flags)) for article in articles]
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            stage(cursor, "news_articles", ("article_id", "knowable_at", "flags"), rows)
            cursor.execute(sql.SQL("SELECT count(*) FROM news_articles a WHERE EXISTS (SELECT {})").format(_EARLIER))
            row = cursor.fetchone()
            found = int(row[0]) if row else 0
            if found and correct:
                _correct(cursor)
        return found


def _correct(cursor: Cursor) -> None:
    """The catalysts of the companies concerned are told anew from their articles, since days of them change.

    The articles count as of the latest import, so that parity names them where a session was traded without.
    """
    cursor.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE incoming_news_links ON COMMIT DROP AS SELECT article_id, symbol FROM news_links "
            "JOIN news_articles USING (article_id) WHERE (symbol, source) IN "
            "(SELECT symbol, source FROM news_links l JOIN news_articles a USING (article_id) WHERE EXISTS (SELECT {}))"
        ).format(_EARLIER)
    )
    cursor.execute(
        "DELETE FROM catalysts c USING (SELECT DISTINCT symbol, source FROM incoming_news_links "
        "JOIN news_articles USING (article_id)) AS told "
        "WHERE c.origin = 'news' AND c.symbol = told.symbol AND c.source = told.source"
    )
    cursor.execute(
        sql.SQL(
            "UPDATE news_articles a SET knowable_at = i.knowable_at, flags = i.flags, "
            "import_id = (SELECT max(import_id) FROM news_imports) {}"
        ).format(_EARLIER)
    )
    record_catalysts(cursor)

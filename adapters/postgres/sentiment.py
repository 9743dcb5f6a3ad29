"""Whose sentiment of the news counts, and the scores of articles that are on record already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from adapters.postgres.bulk import insert_missing
from adapters.postgres.news import LOCK
from adapters.postgres.pool import Cursor, Pool, transaction
from trading.arrays import Floats
from trading.news.sentiment import LexiconScorer

COLUMNS = ("article_id", "scorer", "score")


@dataclass(frozen=True)
class ChosenScorer:
    """The scorer whose sentiment counts.

    Attributes:
        name: as it stands beside each score.
        folder: of its model; empty for the lexicon.
    """

    name: str
    folder: str = ""


LEXICON = ChosenScorer(LexiconScorer.name)
SCORED_BY_DEFAULT = "SELECT scorer, '' FROM news_sentiment WHERE scorer LIKE 'lexicon-%' LIMIT 1"
"""Without a choice all scores on record are of one version of the lexicon."""
SCORED_FIRST = (
    "SELECT scorer, '' FROM news_sentiment WHERE scorer LIKE 'lexicon-%' GROUP BY scorer "
    "ORDER BY length(scorer), scorer LIMIT 1"
)
"""Before the first choice they were of the earliest version."""
Score = Callable[[Sequence[str]], Floats]


class SentimentStore:
    """Writer and reader of the choice."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def chosen(self, *, by: datetime | None = None) -> ChosenScorer:
        """The last choice; where none was made the lexicon, of the version that scored what is on record.

        Args:
            by: as it was at that instant; as it is now if None.
        """
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT scorer, folder FROM sentiment_scorers WHERE chosen_at <= coalesce(%s, 'infinity'::timestamptz) "
                "ORDER BY choice_id DESC LIMIT 1",
                [by],
            )
            row = cursor.fetchone()
            if row is None:
                cursor.execute(SCORED_BY_DEFAULT if by is None else SCORED_FIRST)
                row = cursor.fetchone()
        return LEXICON if row is None else ChosenScorer(*row)

    def score_some(self, name: str, score: Score, after: str, limit: int) -> tuple[str, int]:
        """The next articles without a score by that scorer have one, as far as they have a word.

        Args:
            name: of the scorer.
            score: what it says of texts.
            after: id of the last article that was looked at; empty to begin with.
            limit: how many are looked at.

        Returns:
            The last one's id, empty at the end, and how many scores are new.
        """
        with transaction(self._pool) as cursor:
            rows = _unscored(cursor, name, after, limit)
        scores = _worded(rows, name, score)
        with transaction(self._pool) as cursor:
            new = insert_missing(cursor, "news_sentiment", COLUMNS, scores)
        return (rows[-1][0] if rows else ""), new

    def choose(self, choice: ChosenScorer, score: Score, at: datetime) -> int:
        """It counts from now on, and no article on record lacks its score; returns how many of these are new."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])  # imports wait
            rows = _unscored(cursor, choice.name, "", None)
            new = insert_missing(cursor, "news_sentiment", COLUMNS, _worded(rows, choice.name, score))
            cursor.execute(
                "INSERT INTO sentiment_scorers (scorer, folder, chosen_at) VALUES (%s, %s, %s)",
                [choice.name, choice.folder, at],
            )
        return new


def _unscored(cursor: Cursor, name: str, after: str, limit: int | None) -> list[tuple[str, str]]:
    cursor.execute(
        "SELECT article_id, concat_ws('. ', headline, body) FROM news_articles a WHERE article_id > %s AND NOT EXISTS "
        "(SELECT FROM news_sentiment s WHERE s.article_id = a.article_id AND s.scorer = %s) "
        "ORDER BY article_id LIMIT %s",
        [after, name, limit],
    )
    return cursor.fetchall()


def _worded(rows: Sequence[tuple[str, str]], name: str, score: Score) -> Iterable[tuple[str, str, float]]:
    if not rows:
        return []
    scores = score([text for _, text in rows]).tolist()
    return [
        (article_id, name, value) for (article_id, _), value in zip(rows, scores, strict=True) if np.isfinite(value)
    ]

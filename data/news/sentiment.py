"""The scorer whose sentiment counts: opened where news come in, and changed by a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from adapters.models.sentiment_transformer import TransformerScorer
from adapters.postgres.pool import Pool
from adapters.postgres.sentiment import ChosenScorer, SentimentStore
from trading.news.sentiment import LexiconScorer, SentimentScorer

BATCH_ARTICLES = 1_000


def open_scorer(chosen: ChosenScorer) -> SentimentScorer:
    """The scorer that was chosen.

    Raises:
        ConfigurationError: when its packages or its folder are gone.
        ModelError: when its model can't be loaded.
    """
    return TransformerScorer(chosen.folder) if chosen.folder else LexiconScorer()


def adopt(
    pool: Pool, scorer: SentimentScorer, folder: str, *, at: datetime, tell: Callable[[int], None] = lambda _: None
) -> int:
    """The scorer's sentiment counts from now on, and every article on record has it; returns how many scores are new.

    It may be interrupted and repeated: what is scored stays, and the choice is made last.

    Args:
        pool: of the record.
        scorer: that is chosen.
        folder: of its model; empty for the lexicon.
        at: now.
        tell: is told how many scores are new so far.
    """
    count = fill_in(pool, scorer, tell)
    return count + SentimentStore(pool).choose(ChosenScorer(scorer.name, folder), scorer.score, at)


def fill_in(pool: Pool, scorer: SentimentScorer, tell: Callable[[int], None] = lambda _: None) -> int:
    """Every article on record has the scorer's sentiment, as far as it has a word; returns how many scores are new."""
    store, count, after = SentimentStore(pool), 0, ""
    while True:
        after, new = store.score_some(scorer.name, scorer.score, after, BATCH_ARTICLES)
        count += new
        tell(count)
        if not after:
            return count

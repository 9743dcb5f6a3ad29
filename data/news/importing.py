"""The one way from a source into the record: cleaned, linked, scored, and compared with what is there already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from adapters.postgres.bars_record import BarRecord
from adapters.postgres.news import Incoming, NewsCounts, NewsStore
from adapters.postgres.pool import Pool
from adapters.postgres.sentiment import LEXICON, ChosenScorer, SentimentStore
from data.news.sentiment import adopt, fill_in, open_scorer
from trading.news.article import Article, Fetched
from trading.news.digest import Stories, digest
from trading.news.duplicates import HASHES, WINDOW, Hashes, signatures
from trading.news.normalise import Rules, normalise
from trading.news.sentiment import LexiconScorer, SentimentScorer
from trading.news.tickers import Linker


@dataclass
class NewsImport:
    """Brings what sources gave into the record.

    Attributes:
        load: opens the scorer whose sentiment counts; asked again only when another one was chosen.
        rescored: how many articles on record have a new score, because the lexicon is of a later version than theirs.
        signature_of: of the articles on record that the last import was compared with, so that a source that is asked
            every few minutes doesn't have them computed anew. Never more than the articles of the days around it.
    """

    pool: Pool
    load: Callable[[ChosenScorer], SentimentScorer] = open_scorer
    rescored: int = 0
    signature_of: dict[str, Hashes] = field(default_factory=dict)
    _opened: tuple[ChosenScorer, SentimentScorer] | None = None

    def bring(self, fetched: Fetched, rules: Rules) -> tuple[NewsCounts, tuple[Article, ...]]:
        """The articles are on record; each row is stored, duplicate or refused.

        Raises:
            UnavailableError: when the database went away; nothing was written, and trying again does no harm.
            ConfigurationError: when the scorer that was chosen is gone; likewise.
        """
        clean = normalise(fetched.articles, rules)
        names = {symbol: name for symbol, (name, _, _) in BarRecord(self.pool).instruments().items()}
        self._renew_lexicon(rules.now)
        scorer = self._scorer()
        read = digest(clean.articles, Linker(names), scorer, self._near(clean.articles))
        incoming = Incoming(
            source=rules.source,
            channel=rules.channel,
            rows_in=fetched.rows_in,
            repeated=clean.repeated,
            refused=fetched.refused + clean.refused,
            flagged=clean.flagged,
        )
        counts = NewsStore(self.pool).record(read, incoming, imported_at=rules.now)
        if (chosen_since := self._scorer()) is not scorer:  # while these were read, so they lack its score
            fill_in(self.pool, chosen_since)
        return counts, clean.articles

    def _renew_lexicon(self, at: datetime) -> None:
        """Where an earlier lexicon counts, this one does from now on, on record as a choice so that parity names it."""
        chosen = SentimentStore(self.pool).chosen()
        if not chosen.folder and chosen != LEXICON:
            self.rescored += adopt(self.pool, LexiconScorer(), "", at=at)

    def _scorer(self) -> SentimentScorer:
        chosen = SentimentStore(self.pool).chosen()
        if self._opened is None or self._opened[0] != chosen:
            self._opened = chosen, self.load(chosen)
        return self._opened[1]

    def _near(self, articles: tuple[Article, ...]) -> Stories:
        """The articles on record that these may repeat: of the three days before each."""
        if not articles:
            return Stories()
        first, last = articles[0].knowable_at - WINDOW.astype("timedelta64[us]").item(), articles[-1].knowable_at
        rows = NewsStore(self.pool).near(first, last, [article.article_id for article in articles])
        unread = [(row[0], row[2]) for row in rows if row[0] not in self.signature_of]
        computed = signatures([text for _, text in unread])
        fresh = {name: computed[at] for at, (name, _) in enumerate(unread)}
        self.signature_of = {row[0]: fresh[row[0]] if row[0] in fresh else self.signature_of[row[0]] for row in rows}
        return Stories(
            ids=tuple(row[0] for row in rows),
            knowable_at=_seconds([row[1] for row in rows]),
            signature=np.array(list(self.signature_of.values()), dtype=np.uint64).reshape(len(rows), HASHES),
            symbols=tuple(tuple(row[3]) for row in rows),
        )


def _seconds(stamps: list[datetime]) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.array([at.astimezone(UTC).timestamp() for at in stamps]).astype("datetime64[s]")

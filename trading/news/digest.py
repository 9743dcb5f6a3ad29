"""From articles to what is kept of them: links, sentiment, kind of catalyst, and which story each one repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trading.news.article import Article
from trading.news.catalyst_kind import kind_of
from trading.news.duplicates import near_duplicates, signatures
from trading.news.sentiment import SentimentScorer
from trading.news.tickers import How, Linker
from trading.panel import Floats, Ints


@dataclass(frozen=True)
class Digest:
    """Articles and what was read out of them; all of one length.

    Attributes:
        articles: by `knowable_at`.
        links: tickers of each article and what told them.
        kinds: kind of catalyst of each.
        scores: sentiment of each, NaN where it has no word.
        duplicate_of: id of the earlier article whose story each repeats, None for a new one.
        scorer: name of what made the scores.
    """

    articles: Sequence[Article]
    links: tuple[Mapping[str, How], ...]
    kinds: tuple[str, ...]
    scores: Floats
    duplicate_of: tuple[str | None, ...]
    scorer: str


def digest(articles: Sequence[Article], linker: Linker, scorer: SentimentScorer) -> Digest:
    """Everything that is kept of the articles.

    Args:
        articles: by `knowable_at`, as `normalise` gives them; each is compared with earlier ones among them.
        linker: finds the companies.
        scorer: reads the sentiment.
    """
    texts = [article.text for article in articles]
    known = np.array([article.knowable_at.timestamp() for article in articles]).astype("datetime64[s]")
    links = tuple(linker.link(article) for article in articles)
    earlier = near_duplicates(signatures(texts), known, *_about(links))
    return Digest(
        articles=articles,
        links=links,
        kinds=tuple(kind_of(article.headline, article.body) for article in articles),
        scores=scorer.score(texts),
        duplicate_of=tuple(articles[at].article_id if at >= 0 else None for at in earlier.tolist()),
        scorer=scorer.name,
    )


def _about(links: Sequence[Mapping[str, How]]) -> tuple[Ints, Ints]:
    """Article and company of each link, as numbers; an article without one stands once, with -1."""
    counts = np.array([max(len(found), 1) for found in links], dtype=np.int64)
    names = np.array([name for found in links for name in (found or [""])], dtype=np.str_)
    known, company = np.unique(names, return_inverse=True)
    nameless = known[company] == "" if len(names) else np.zeros(0, dtype=np.bool_)
    return np.repeat(np.arange(len(links)), counts), np.where(nameless, -1, company).astype(np.int64)

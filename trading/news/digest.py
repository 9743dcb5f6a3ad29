"""From articles to what is kept of them: links, sentiment, kind of catalyst, and which story each one repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from trading.arrays import Floats, Ints, Stamps
from trading.news.article import Article
from trading.news.duplicates import HASHES, Hashes, near_duplicates, signatures
from trading.news.kinds.catalyst import kind_of
from trading.news.sentiment import SentimentScorer
from trading.news.tickers import How, Linker


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


@dataclass(frozen=True)
class Stories:
    """Articles of which only what near-duplicates are told by is kept; all of one length, by `knowable_at`."""

    ids: tuple[str, ...] = ()
    knowable_at: Stamps = field(default_factory=lambda: np.zeros(0, dtype="datetime64[s]"))
    signature: Hashes = field(default_factory=lambda: np.zeros((0, HASHES), dtype=np.uint64))
    symbols: tuple[tuple[str, ...], ...] = ()


def digest(
    articles: Sequence[Article], linker: Linker, scorer: SentimentScorer, on_record: Stories | None = None
) -> Digest:
    """Everything that is kept of the articles.

    Args:
        articles: by `knowable_at`, as `normalise` gives them; each is compared with earlier ones among them.
        linker: finds the companies.
        scorer: reads the sentiment.
        on_record: other articles that they may repeat; none of them is among `articles`.
    """
    texts = [article.text for article in articles]
    known = np.array([article.knowable_at.timestamp() for article in articles]).astype("datetime64[s]")
    links = tuple(linker.link(article) for article in articles)
    ids = tuple(article.article_id for article in articles)
    new = Stories(ids, known, signatures(texts), tuple(tuple(found) for found in links))
    return Digest(
        articles=articles,
        links=links,
        kinds=tuple(kind_of(article.headline, article.body) for article in articles),
        scores=scorer.score(texts),
        duplicate_of=_copies(on_record or Stories(), new),
        scorer=scorer.name,
    )


def _copies(earlier: Stories, new: Stories) -> tuple[str | None, ...]:
    """Of each new story the id of the one that it repeats, among those on record and the new ones."""
    ids = (*earlier.ids, *new.ids)
    known = np.concatenate([earlier.knowable_at, new.knowable_at])
    order = np.argsort(known, kind="stable")
    symbols = [(*earlier.symbols, *new.symbols)[at] for at in order.tolist()]
    signature = np.concatenate([earlier.signature, new.signature])[order]
    found = near_duplicates(signature, known[order], *_about(symbols))
    copy_of = {
        ids[after]: ids[order[before]]
        for after, before in zip(order.tolist(), found.tolist(), strict=True)
        if before >= 0
    }
    return tuple(copy_of.get(name) for name in new.ids)


def _about(links: Sequence[Sequence[str]]) -> tuple[Ints, Ints]:
    """Article and company of each link, as numbers; an article without one stands once, with -1."""
    counts = np.array([max(len(found), 1) for found in links], dtype=np.int64)
    names = np.array([name for found in links for name in (found or [""])], dtype=np.str_)
    known, company = np.unique(names, return_inverse=True)
    nameless = known[company] == "" if len(names) else np.zeros(0, dtype=np.bool_)
    return np.repeat(np.arange(len(links)), counts), np.where(nameless, -1, company).astype(np.int64)

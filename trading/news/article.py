"""What a piece of news is, before and after it was cleaned."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

Channel = Literal["news", "social"]
"""`social`: posts of the public; they count as mentions and never as news."""


@dataclass(frozen=True, slots=True)
class RawArticle:
    """One row of a source, as it came.

    Attributes:
        published_at: what the source says; text is ISO 8601 or RFC 2822, a number is seconds since 1970; a `date`, or
            a text of a date alone, is a day without a time of day.
        headline: text, or bytes of an encoding nobody knows; a post of one text has it here.
        symbols: tickers that the source itself names.
    """

    published_at: datetime | date | str | float | None
    headline: str | bytes | None
    body: str | bytes | None = None
    url: str | bytes | None = None
    symbols: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """A cleaned article.

    Attributes:
        article_id: SHA-256 of source, publication time, headline and body, so a repeat has the same.
        published_at: aware, UTC.
        knowable_at: the first instant at which a decision may use it; never before `published_at`.
        headline: plain text on one line, perhaps empty when there is a body; likewise `body`.
        symbols: tickers that the source itself names, upper case, ascending.
        flags: what was wrong and is mended, such as `cut`.
    """

    article_id: str
    source: str
    channel: Channel
    published_at: datetime
    knowable_at: datetime
    headline: str
    body: str
    url: str
    symbols: tuple[str, ...]
    flags: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Headline and body as one text."""
        return f"{self.headline}. {self.body}" if self.headline and self.body else self.headline or self.body


@dataclass(frozen=True)
class Fetched:
    """What a source gave: each row is in `articles` or counted in `refused`, exactly once."""

    articles: tuple[RawArticle, ...]
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def rows_in(self) -> int:
        """Rows that the source had."""
        return len(self.articles) + self.refused.total()


class NewsSource(Protocol):
    """Where news come from."""

    def fetch(self) -> Fetched:
        """Everything that the source has now.

        Raises:
            BadDataError: when it can't be what it claims to be; nothing of it is used.
            UnavailableError: when it can't be reached now; trying again does no harm.
        """
        ...

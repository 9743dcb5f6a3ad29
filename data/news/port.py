"""What a source of news is that can be followed. A new one is one file with these two, and a line in `sources.py`.

| what | required | who raises what |
| --- | --- | --- |
| `SourceToFollow.open` | yes | nothing; it asks nobody |
| `FollowedSource.name`, `channel`, `symbols` | yes | nothing |
| `FollowedSource.fetch_since` | yes | UnavailableError, AskedTooOftenError, BadDataError: told, asked again later |
| a function from `Settings` to what is to be followed | yes | ConfigurationError when something is missing |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from trading.news.article import Channel, Fetched


@dataclass(frozen=True)
class Poll:
    """What a fetch brought.

    Attributes:
        mark: where the next one goes on.
        joined: whether nothing can have been missed since the fetch that gave the mark before; None = it can't tell.
        more: whether there is more to fetch at once.
    """

    fetched: Fetched
    mark: str | None
    joined: bool | None
    more: bool = False


class FollowedSource(Protocol):
    """A source that can be asked again and again."""

    @property
    def name(self) -> str:
        """Of the source on record; never holds a secret."""
        ...

    @property
    def channel(self) -> Channel:
        """What its articles are."""
        ...

    @property
    def symbols(self) -> Sequence[str] | None:
        """Companies whose news it carries in full; None = of the whole market, empty = of none."""
        ...

    def fetch_since(self, mark: str | None) -> Poll:
        """What is new since the mark, or all there is without one.

        Raises:
            UnavailableError: when it can't be reached now; AskedTooOftenError says for how long.
            BadDataError: when what it gave is not what it should be.
        """
        ...


class SourceToFollow(Protocol):
    """A source as the settings name it: plain values, equal where they are alike, so that they travel to an actor."""

    def open(self) -> FollowedSource:
        """The source, nothing fetched yet."""
        ...

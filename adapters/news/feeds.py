"""Feeds as settings name them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class NewsFeed(BaseModel):
    """A feed to follow.

    Attributes:
        url: of RSS or Atom.
        symbols: the companies whose news it carries in full; `*` = those of the whole market. Without any its articles
            count all the same, and its silence says nothing.
        social: posts of the public, not news.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https?://", max_length=2_000)
    symbols: tuple[str, ...] = Field(default=(), max_length=1_000)
    social: bool = False

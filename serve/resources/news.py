"""News on record and the sources that are followed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from adapters.postgres.news_coverage import CoverageStore
from serve.desk import Desk
from serve.parameters import Limit
from serve.schema import Schema, Symbol
from serve.sources import Sources

router = APIRouter()

OneSymbol = Annotated[Symbol | None, Query(description="About this company only.", examples=["AAPL"])]


class NewsArticle(Schema):
    """An article or post."""

    article_id: str
    source: str
    channel: Literal["news", "social"]
    published_at: datetime = Field(description="What the source says (UTC).")
    knowable_at: datetime = Field(description="From when a decision may use it (UTC).")
    headline: str | None = Field(description="Null for an article without one.")
    url: str | None = Field(description="As the source gave it; not checked.")
    symbols: list[Symbol] = Field(description="The companies it is about.")
    kind: str = Field(description="Kind of catalyst; `other` is none.", examples=["earnings"])
    sentiment: float | None = Field(ge=-1, le=1, description="-1 to 1; null when it has no word that tells.")
    repeats: str | None = Field(description="Id of the earlier article whose story it tells again.")
    flags: list[str] = Field(description="What was wrong with it and is mended.", examples=[["cut"]])


class NewsSource(Schema):
    """A source that is followed, or was."""

    source: str
    articles: int = Field(ge=0, description="New ones that following it brought.")
    last_success_at: datetime | None
    last_error: str | None = Field(description="Null when its latest fetch succeeded.")
    last_error_at: datetime | None


class News(Schema):
    """The latest news on record, whatever session is being replayed."""

    articles: list[NewsArticle] = Field(description="Latest knowable first.")
    sources: list[NewsSource]


def read(sources: Sources, symbol: str | None, limit: int) -> News:
    """The latest news on record, of one company or of all."""
    articles = [NewsArticle.model_validate(asdict(one)) for one in sources.queries.news(symbol, limit)]
    followed = [NewsSource.model_validate(asdict(one)) for one in CoverageStore(sources.pool).sources()]
    return News(articles=articles, sources=followed)


@router.get("/news", tags=["market"], summary="News")
async def get_news(desk: Desk, symbol: OneSymbol = None, limit: Limit = 20) -> News:
    """The latest articles on record with companies, sentiment and kind, and how the sources that are followed do."""
    return await desk.ask(read, symbol, limit)

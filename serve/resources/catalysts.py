"""Catalysts: events that may put a stock in play."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Protocol

from fastapi import APIRouter
from pydantic import Field

from adapters.calendar import close_of
from serve.desk import Desk
from serve.parameters import Limit
from serve.schema import Schema, Symbol
from serve.sources import Service, Sources

router = APIRouter()


class Catalyst(Schema):
    """An event that may put a stock in play."""

    symbol: Symbol
    kind: str = Field(examples=["earnings"])
    event_date: date
    knowable_at: datetime = Field(description="From when a decision may use it (UTC).")


class Catalysts(Schema):
    """Catalysts, latest first, none later than the replay's own present."""

    covered_symbols: int | None = Field(ge=0, description="Symbols for which events are known at all.")
    catalysts: list[Catalyst]


class NewsService(Protocol):
    """What is asked of `news`."""

    def covered_symbols(self, session: date) -> int:
        """How many companies the calendar of earnings covers at the close of the session."""
        ...


NEWS: Final = Service[NewsService]("news")


def read(sources: Sources, limit: int) -> Catalysts:
    """Catalysts, latest first."""
    session = sources.queries.progress().last_session
    if session is None:
        return Catalysts(covered_symbols=None, catalysts=[])
    rows = sources.queries.catalysts(close_of(session), limit)
    return Catalysts(
        covered_symbols=sources.actors.ask(NEWS, NewsService.covered_symbols, session),
        catalysts=[
            Catalyst(symbol=r.symbol, kind=r.kind, event_date=r.event_date, knowable_at=r.knowable_at) for r in rows
        ],
    )


@router.get("/catalysts", tags=["market"], summary="Catalysts")
async def get_catalysts(desk: Desk, limit: Limit = 100) -> Catalysts:
    """Events that may put a stock in play, latest first, with the time from which they could be known."""
    return await desk.ask(read, limit)

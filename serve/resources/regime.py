"""The market's regime."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from adapters.postgres.regimes import RegimeStore
from serve.desk import Desk
from serve.schema import Probability, Schema
from serve.sources import Sources
from trading.market import regimes

router = APIRouter()

OneSession = Annotated[date | None, Query(description="The latest one by default.", examples=["2010-05-06"])]


class Regime(Schema):
    """The market's regime at a close; null = not known, all of it where none is on record."""

    session: date | None
    words: str | None = Field(description="All of it in one sentence.", examples=["bull market, low volatility (VIX)"])
    trend: Literal["bull", "bear", "sideways"] | None
    volatility: Literal["high", "low"] | None
    volatility_source: Literal["VIX", "realised"] | None = Field(description="What volatility was judged by.")
    volatility_points: float | None = Field(
        ge=0, description="The VIX of the day before, or 100 x annualised realised volatility.", examples=[24.91]
    )
    driver: Literal["catalysts", "technical"] | None
    catalyst_share: Probability | None = Field(
        description="Share of the big moves of 20 sessions that had a known catalyst."
    )
    leaders: list[str] = Field(description="Sectors ahead of the market, strongest first.", examples=[["Energy"]])
    laggards: list[str] = Field(description="Those behind it, weakest first.")
    sector_dispersion: float | None = Field(ge=0, description="Standard deviation of the sectors' relative strength.")


def read(sources: Sources, session: date | None) -> Regime:
    """The market's regime at the close of the session, the latest one on record if None."""
    return regime_of(RegimeStore(sources.pool).load(session))


def regime_of(found: regimes.Regime | None) -> Regime:
    """The regime on record, or that none is."""
    if found is None:
        return Regime(
            session=None, words=None, trend=None, volatility=None, volatility_source=None, volatility_points=None,
            driver=None, catalyst_share=None, leaders=[], laggards=[], sector_dispersion=None,
        )  # fmt: skip
    return Regime(**{**asdict(found), "leaders": list(found.leaders), "laggards": list(found.laggards)})


@router.get("/regime", tags=["market"], summary="The market's regime")
async def get_regime(desk: Desk, session: OneSession = None) -> Regime:
    """Trend, volatility, driver and leading sectors as they were seen at the close; nulls where none is on record."""
    return await desk.ask(read, session)

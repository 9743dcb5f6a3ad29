"""The market's regime."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from adapters.postgres.regimes import RegimeStore
from serve.answers.regime import Regime
from serve.desk import Desk
from serve.sources import Sources
from trading.market import regimes

router = APIRouter()

OneSession = Annotated[date | None, Query(description="The latest one by default.", examples=["2010-05-06"])]


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

"""The market's regime."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from serve.schema import Probability, Schema


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

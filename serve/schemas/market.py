"""What the market offers: stocks in play, patterns and their record, catalysts."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from serve.schemas.base import Estimate, Probability, Schema, Symbol


class InPlay(Schema):
    """A stock in play and why."""

    symbol: Symbol
    rank: int = Field(ge=1)
    score: Probability = Field(description="0 to 1; the scanner ranks by it.", examples=[0.74])
    parts: dict[str, float | None] = Field(
        description="What the score is made of; null = not known.", examples=[{"move": 0.8, "relative_volume": 0.7}]
    )
    reason: str = Field(description="In words.", examples=["up 4.1 % on 3.2x volume, earnings 1 session ago"])


class Scan(Schema):
    """The scan of the latest session."""

    session: date | None = Field(description="Null before the first scan.")
    profile: str | None = Field(description="The scanner's rules in use.", examples=["large_cap"])
    considered: int | None = Field(ge=0, description="Symbols looked at.", examples=[498])
    in_play: list[InPlay]
    excluded: dict[str, int] = Field(
        description="Why the others were left out, and how many.", examples=[{"illiquid": 12}]
    )


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


Family = Literal["candlestick", "chart"]
Direction = Literal["long", "short", "none"]


class Pattern(Schema):
    """The record of one pattern in one direction."""

    pattern: str = Field(examples=["engulfing"])
    family: Family
    direction: Direction = Field(description="none = it says nothing about a direction, so it has no outcome.")
    recorded: int = Field(ge=0)
    with_outcome: int = Field(ge=0, description="By the stop, target and time limit that all patterns share.")
    success_rate: Probability | None = Field(description="Share of outcomes with a net gain.", examples=[0.47])
    mean_return: float | None = Field(description="Mean net outcome, as a fraction.", examples=[-0.0008])
    own_trades: int = Field(ge=0, description="Chart patterns traded to the end by their own stop and target.")
    own_target_rate: Probability | None = Field(description="Share of these that reached their own target first.")
    own_mean_return: float | None = Field(description="Mean net outcome of these, as a fraction.")


class Patterns(Schema):
    """What the training table holds."""

    recorded: int = Field(ge=0, description="Instances in all, also those of patterns beyond the limit.")
    with_outcome: int = Field(ge=0)
    first_session: date | None
    last_session: date | None
    patterns: list[Pattern] = Field(description="Most frequent first.")


class PatternStatistic(Schema):
    """One pattern in one direction under one condition, beside random candles."""

    pattern: str = Field(examples=["engulfing"])
    family: Family
    direction: Direction = Field(description="none = it says nothing about a direction: counted, never compared.")
    condition: str = Field(description="`all` = every bar.", examples=["rsi"])
    label: str = Field(examples=["25-35"])
    recorded: int = Field(ge=0)
    with_outcome: int = Field(ge=0)
    sessions: int = Field(ge=0, description="Sessions with a known outcome.")
    success: Estimate = Field(description="Share with a net gain; Wilson's interval, as if outcomes were independent.")
    success_error: float | None = Field(description="Its standard error, clustered by session.")
    mean_return: float | None = Field(description="Mean net outcome, as a fraction.")
    compared: int = Field(ge=0, description="Outcomes that have random candles beside them.")
    baseline: Probability | None = Field(
        description="Success of bars of the same symbols that closed at the same place of their range."
    )
    difference: Estimate = Field(description="Success less baseline; 95 % interval, clustered by session.")
    corrected: Estimate = Field(description="The same, its interval corrected for everything tested.")
    p_value: Probability | None = Field(description="Null = too few to test.")
    q_value: Probability | None = Field(description="Benjamini-Hochberg over everything tested.")
    verdict: Literal["edge shown", "worse than random", "no edge shown", "too few", "no direction"]


class CatalystStatistic(Schema):
    """Bars with a directed pattern and a catalyst against bars with such a pattern and none."""

    with_catalyst: int = Field(ge=0)
    without: int = Field(ge=0)
    unknown: int = Field(ge=0, description="No source tells; in neither of the two.")
    success_with: Estimate
    success_without: Estimate
    ratio: Estimate = Field(description="The first over the second.")
    claim: Literal["refuted", "not refuted", "too few"] = Field(
        description="That patterns with catalysts succeed twice as often."
    )


class PatternStatistics(Schema):
    """What the patterns of the record are worth."""

    first_session: date | None = Field(description="Null before the first pattern is on record.")
    last_session: date | None
    tested: int = Field(ge=0, description="Pairs of pattern and condition that the q-values are corrected for.")
    conditions: dict[str, list[str]] = Field(description="The conditions there are, with their labels.")
    catalyst: CatalystStatistic | None
    patterns: list[PatternStatistic] = Field(description="The clearest difference first, those too few to test last.")


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

"""What the market offers: stocks in play, patterns and their record, catalysts."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from serve.schemas.base import Probability, Schema, Symbol


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


class Pattern(Schema):
    """The record of one pattern in one direction."""

    pattern: str = Field(examples=["engulfing"])
    direction: Literal["long", "short"]
    recorded: int = Field(ge=0)
    with_outcome: int = Field(ge=0)
    success_rate: Probability | None = Field(description="Share of outcomes with a net gain.", examples=[0.47])
    mean_return: float | None = Field(description="Mean net outcome, as a fraction.", examples=[-0.0008])


class Patterns(Schema):
    """What the training table holds."""

    recorded: int = Field(ge=0, description="Instances in all, also those of patterns beyond the limit.")
    with_outcome: int = Field(ge=0)
    first_session: date | None
    last_session: date | None
    patterns: list[Pattern] = Field(description="Most frequent first.")


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

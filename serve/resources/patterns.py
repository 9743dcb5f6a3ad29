"""The record of the patterns."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from fastapi import APIRouter
from pydantic import Field

from adapters.postgres.queries import PatternView
from serve.desk import Desk
from serve.parameters import Limit
from serve.schema import Probability, Schema
from serve.sources import Sources
from trading.patterns.recognised import direction_word

router = APIRouter()

Family = Literal["candlestick", "chart"]
Direction = Literal["long", "short", "none"]
ALL_PATTERNS: Final = 10_000
"""More than there are."""


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


def read(sources: Sources, limit: int) -> Patterns:
    """What the training table holds."""
    rows = sources.queries.patterns(ALL_PATTERNS)
    first, last = sources.queries.pattern_sessions()
    return Patterns(
        recorded=sum(row.recorded for row in rows),
        with_outcome=sum(row.with_outcome for row in rows),
        first_session=first,
        last_session=last,
        patterns=[_pattern(row) for row in rows[:limit]],
    )


def _pattern(row: PatternView) -> Pattern:
    return Pattern(
        pattern=row.pattern_type,
        family=row.family,
        direction=direction_word(row.direction),
        recorded=row.recorded,
        with_outcome=row.with_outcome,
        success_rate=row.success_rate,
        mean_return=row.mean_return,
        own_trades=row.own_trades,
        own_target_rate=row.own_target_rate,
        own_mean_return=row.own_mean_return,
    )


@router.get("/patterns", tags=["market"], summary="The record of the patterns")
async def get_patterns(desk: Desk, limit: Limit = 200) -> Patterns:
    """How often each pattern was recorded and how its outcomes were."""
    return await desk.ask(read, limit)

"""The patterns beside random candles."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from adapters.record import Record
from research.measured_patterns import Statistics, measured_patterns
from serve.desk import Desk
from serve.kept import Kept
from serve.parameters import Limit
from serve.resources.patterns import Direction, Family
from serve.schema import Estimate, Probability, Schema, Text
from serve.sources import Sources
from trading.evidence.statistics import Measured, clearest_first
from trading.patterns.recognised import FAMILY_OF, direction_word

router = APIRouter()

ConditionName = Annotated[
    Text, Query(max_length=40, description="`all`, or one of the answer's `conditions`.", examples=["rsi"])
]
ConditionLabel = Annotated[
    Text | None, Query(max_length=40, description="One label of the condition.", examples=["25-35"])
]


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


def read(sources: Sources, condition: str, label: str | None, limit: int) -> PatternStatistics:
    """The patterns beside random candles.

    Args:
        sources: the record, and what was measured of it so far.
        condition: `all`, or a condition's name; without patterns for one that doesn't exist.
        label: one of the condition's labels; None = all of them.
        limit: most patterns to return.
    """
    found = sources.once(_measurements).at(sources.queries.pattern_sessions()[1])
    return statistics_answer(found, condition, label, limit)


def _measurements(sources: Sources) -> Kept:
    return Kept(partial(measured_patterns, Record(sources.pool, sources.home, lambda: sources.storage.locations)))


def statistics_answer(found: Statistics | None, condition: str, label: str | None, limit: int) -> PatternStatistics:
    """The answer; empty without statistics."""
    if found is None:
        return PatternStatistics(
            first_session=None, last_session=None, tested=0, conditions={}, catalyst=None, patterns=[]
        )
    rows = [row for row in found.rows if row.condition == condition and label in {None, row.label}]
    rows.sort(key=clearest_first)
    return PatternStatistics(
        first_session=found.first_session,
        last_session=found.last_session,
        tested=found.tested,
        conditions={name: list(labels) for name, labels in found.conditions.items()},
        catalyst=CatalystStatistic.model_validate(asdict(found.catalyst)),
        patterns=[PatternStatistic.model_validate(_facts(row)) for row in rows[:limit]],
    )


def _facts(row: Measured) -> dict[str, Any]:
    return {**asdict(row), "family": FAMILY_OF[row.pattern], "direction": direction_word(row.direction)}


@router.get("/patterns/statistics", tags=["market"], summary="The patterns beside random candles")
async def get_pattern_statistics(
    desk: Desk, condition: ConditionName = "all", label: ConditionLabel = None, limit: Limit = 200
) -> PatternStatistics:
    """Success by pattern and condition, and whether it is more than that of random candles of the same symbols.

    Candlesticks and chart patterns; those without a direction are counted and come last.

    Measured anew after each session, off the path of requests; until then the answer is that of an earlier session, as
    its `last_session` says. Only the first one since the start has to be waited for.
    """
    return await desk.ask(read, condition, label, limit)

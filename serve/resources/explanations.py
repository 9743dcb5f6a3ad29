"""Why a stock was or was not traded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from pydantic import Field

from adapters.feature_rows import FeatureRowStore
from adapters.models.contributions import Unit
from adapters.postgres.pool import Pool
from adapters.record import Record
from research import explanation
from research.explanation import explain, time_or_day
from serve.desk import Desk
from serve.members import ByMember
from serve.schema import Book, Probability, Schema, Symbol, Text
from serve.sources import Sources
from trading.bars.symbols import symbol_of
from trading.errors import BadDataError, ConfigurationError
from trading.views.members.member import Member

router = APIRouter()
PREDICTED = {"success": "probability that the setup succeeds.", "net_return": "probability of a positive return."}

OneTime = Annotated[
    Text | None,
    Query(
        max_length=60, description="A day, or a time with its zone; now by default.",
        examples=["2010-05-06", "2010-05-06T15:59-04:00"],
    ),
]  # fmt: skip
WithFeatures = Annotated[bool, Query(description="With every feature that its setups were judged by.")]
WithContributions = Annotated[
    bool, Query(description="With what each feature added to what each model says of its setups; brings the features.")
]


class ScanPlace(Schema):
    """Where the scan had the stock."""

    rank: int = Field(ge=1)
    score: float = Field(description="0 to 1.")
    parts: dict[str, float | None] = Field(description="Of the score, by name.")
    reason: str


class AccountDecision(ByMember):
    """What was decided for one account, and what from."""

    account: Book
    action: Literal["buy", "none"]
    shares: int = Field(ge=0)
    source: Literal["rule", "ensemble"] = Field(description="Whose view decided.")
    confidence: Probability | None = Field(description="Of the view that decided; sizes the position.")
    rule_confidence: Probability | None = Field(description="The rules'.")
    rule_reasons: list[str]
    probabilities: Mapping[str, Probability | None]
    expected_return: float | None = Field(description="Expected return after costs, calibrated, as a fraction.")
    expected_low: float | None = Field(description="Lower end of its 95 % interval; null where nobody knows.")
    expected_high: float | None = Field(description="Upper end likewise.")
    probability: Probability | None = Field(description="That the setup makes money, calibrated.")
    strength: Probability | None = Field(description="Weighted probability.")
    rank: Probability | None = Field(description="Of the strength among those of setups that the models had not seen.")
    disagreement: Probability | None = Field(description="Widest gap between two probabilities.")
    disagreement_rank: Probability | None = Field(description="Share of unseen setups with a smaller gap.")
    model_rules: list[str] = Field(description="Rules of model risk that acted.")
    patterns: list[str]
    veto: str = Field(description="What risk refused or made smaller; empty when neither.")
    reason: str
    ensemble_id: str | None

    @classmethod
    def describe(cls, member: Member) -> dict[str, Any]:
        """By what the member predicts."""
        return {"description": f"{member.name.title()} model: {PREDICTED[member.predicts]}"}


class ModelContributions(Schema):
    """Why a model says what it says of a setup: base and values add up to the total."""

    ensemble_id: str
    member: str
    unit: Unit = Field(description="Of base, values and total; log odds are of the probability of success.")
    base: float = Field(description="What the model says where nothing is known of a setup.")
    values: dict[str, float] = Field(description="What each feature adds, by name.")
    total: float = Field(description="What the model says.")


class JudgedSetup(Schema):
    """A setup of the symbol with the features that it was judged by."""

    direction: Literal[-1, 1] = Field(description="+1 long, -1 short.")
    in_play: bool = Field(description="A long setup of a stock in play.")
    features: dict[str, float | None] = Field(description="By name, as seen from the direction; null = unknown.")
    features_schema: str = Field(description="Hash of what the features are and how they were computed.")
    note: str = Field(description="What differs from the features of now; empty when nothing does.")
    contributions: list[ModelContributions] = Field(
        default=[], description="Of the ensembles that decided; empty unless asked for."
    )


class Explanation(Schema):
    """What was known and decided of a symbol at a close."""

    symbol: Symbol
    session: date | None = Field(description="The last one that had closed by then; null = none is on record.")
    known_at: datetime | None = Field(description="Its close (UTC): nothing later was used.")
    sector: str | None = Field(description="As on record now.")
    regime: str | None = Field(description="In words.")
    in_play: ScanPlace | None
    decisions: list[AccountDecision]
    withheld: str = Field(
        default="", description="Why purchases that were decided were not placed; empty when nothing held them back."
    )
    said: str = Field(description="In one sentence, when there was no decision; else empty.")
    instead: str = Field(
        default="", description="Why this is of another session than the day that was asked for; empty when it isn't."
    )
    setups: list[JudgedSetup] | None = Field(
        default=None, description="As they were scored; null unless `features` was asked for."
    )


def read(
    sources: Sources,
    symbol: str,
    at: date | datetime | None,
    features: bool,  # noqa: FBT001 - asked by position, as all questions are
    contributions: bool,  # noqa: FBT001
) -> Explanation:
    """What was known and decided of the symbol at the last close up to then, the latest one if None."""
    wanted = features or contributions
    rows = Record(sources.pool, sources.home, lambda: sources.storage.locations).feature_rows if wanted else None
    models = sources.home / "models" if contributions else None
    return explanation_answer(sources.pool, symbol, at or datetime.now(UTC), rows, models)


def explanation_answer(
    pool: Pool, symbol: str, at: date | datetime, features: FeatureRowStore | None = None, models: Path | None = None
) -> Explanation:
    """The answer, from the record and, where features are asked for, their files; no session where none had closed."""
    try:
        found = explain(pool, symbol, at, features=features, models=models)
    except BadDataError as error:
        return Explanation(
            symbol=symbol, session=None, known_at=None, sector=None, regime=None, in_play=None, decisions=[],
            said=str(error),
        )  # fmt: skip
    return Explanation(
        symbol=symbol,
        session=found.session,
        known_at=found.known_at,
        sector=found.sector,
        regime=found.regime,
        in_play=None if found.in_play is None else ScanPlace.model_validate(found.in_play),
        decisions=[AccountDecision.model_validate(row) for row in found.decisions],
        withheld=found.withheld,
        said=found.said,
        instead=found.instead,
        setups=None if found.setups is None else [_setup(one) for one in found.setups],
    )


def _setup(found: explanation.JudgedSetup) -> JudgedSetup:
    way: Literal[-1, 1] = 1 if found.direction > 0 else -1
    return JudgedSetup(
        direction=way, in_play=found.in_play, features=dict(found.features), features_schema=found.schema,
        note=found.note, contributions=[ModelContributions(**asdict(one)) for one in found.contributions],
    )  # fmt: skip


@router.get("/explanations/{symbol}", tags=["market"], summary="Why it was or wasn't traded")
async def get_explanation(
    symbol: Symbol, desk: Desk, at: OneTime = None, *, features: WithFeatures = False,
    contributions: WithContributions = False,
) -> Explanation:  # fmt: skip
    """The decision known at that time for each account: models, rules, regime, risk, action; from the record."""
    try:
        wanted = None if at is None else time_or_day(at)
    except ConfigurationError as err:
        error = {"type": "value_error", "loc": ("query", "at"), "msg": str(err), "input": at}
        raise RequestValidationError([error]) from err
    return await desk.ask(read, symbol_of(symbol), wanted, features, contributions)

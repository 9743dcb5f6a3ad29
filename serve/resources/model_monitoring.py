"""What is watched of the models: stages, findings, verdicts of the promotion rule, and the daily analytics."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from research.models.watched import Monitored, VerdictTold, VersionWatched, monitored
from serve.desk import Desk
from serve.schema import Schema
from serve.sources import Sources
from trading.watching import analytics

router = APIRouter()
Stage = Literal["full", "half", "rules", "retrain"]


class WatchFinding(Schema):
    """What one watch says of a version."""

    kind: Literal["calibration", "concept", "features", "unknown"]
    state: Literal["quiet", "alarm", "not_enough_data"]
    value: float | None = Field(description="What is compared with the bar; null where there is nothing.")
    bar: float | None = Field(description="Above it the alarm is given; null where there is no single one.")
    words: str


class WatchFigure(Schema):
    """One of the daily analytics, with its 95 % interval."""

    name: str = Field(examples=["pattern_accuracy_30d"])
    part: str = Field(description="Of what, as a pattern or a regime; empty for the whole.")
    value: float | None = Field(description="Null where there is none yet.")
    low: float | None = Field(description="Lower end of the interval; null where it has none.")
    high: float | None = Field(description="Upper end.")
    sessions: int = Field(ge=0, description="With a value.")
    missing: str = Field(description="Why there is no value; empty where there is one.")
    says: str = Field(description="What it is.")
    window: int = Field(ge=1, description="Sessions.")
    least: int = Field(ge=1, description="Sessions with a value; with fewer there is no figure.")


class WatchedVersion(Schema):
    """One version of the ensemble."""

    ensemble_id: str
    role: str
    stage: Stage = Field(description="That it came into last.")
    findings: list[WatchFinding]
    figures: list[WatchFigure]


class WatchDifference(Schema):
    """A mean over sessions with its confidence sequence."""

    mean: float | None = Field(description="Of the sessions; null before the first one.")
    low: float | None = Field(description="Lower end of the confidence sequence.")
    high: float | None = Field(description="Upper end.")
    sessions: int = Field(ge=0, description="Compared.")
    blocks: int = Field(ge=0, description="Of five sessions, that were tested.")


class WatchVerdict(Schema):
    """A version beside another one, or beside the rules."""

    ensemble_id: str
    against: str = Field(description="A version, or `rules`.")
    verdict: Literal["better", "worse", "cannot_be_told", "not_enough_data"]
    log_loss: WatchDifference = Field(description="By how much it is lower, a setup.")
    net_return: WatchDifference = Field(description="By how much more its calls earned, a candidate; a fraction.")
    silent: int = Field(ge=0, description="Sessions in which one of both said nothing of a setup.")
    why: str


class WatchTurn(Schema):
    """A version came into a stage, or its share of the decisions changed."""

    ensemble_id: str
    stage: Stage
    found_session: date
    from_session: date
    why: str
    at: datetime
    step: int = Field(ge=0, le=2, description="By how many steps its share of the decisions has grown.")


class WatchProposal(Schema):
    """A change of role that the promotion rule asked for."""

    ensemble_id: str
    role: Literal["champion", "challenger", "retired"]
    why: str


class ModelMonitoring(Schema):
    """What was found after the latest session that was watched."""

    session: date | None = Field(description="Null before the first one.")
    versions: list[WatchedVersion]
    verdicts: list[WatchVerdict]
    figures: list[WatchFigure] = Field(description="Of no version.")
    turns: list[WatchTurn] = Field(description="The latest fifty, the newest first.")
    proposal: WatchProposal | None


def read(sources: Sources) -> ModelMonitoring:
    """The latest watch."""
    return answer_of(monitored(sources.pool))


def answer_of(told: Monitored) -> ModelMonitoring:
    """The answer."""
    return ModelMonitoring(
        session=told.session,
        versions=[_version(one) for one in told.versions],
        verdicts=[_verdict(one) for one in told.verdicts],
        figures=[_figure(one) for one in told.figures],
        turns=[WatchTurn(**asdict(turn)) for turn in told.turns],
        proposal=None if told.proposal is None else WatchProposal(**asdict(told.proposal)),
    )


def _version(told: VersionWatched) -> WatchedVersion:
    return WatchedVersion(
        ensemble_id=told.ensemble_id, role=told.role, stage=told.stage,
        findings=[WatchFinding(**asdict(one)) for one in told.findings],
        figures=[_figure(one) for one in told.figures],
    )  # fmt: skip


def _figure(told: analytics.Figure) -> WatchFigure:
    definition = analytics.ANALYTICS[told.name]
    return WatchFigure(**asdict(told), says=definition.says, window=definition.window, least=definition.least)


def _verdict(told: VerdictTold) -> WatchVerdict:
    figures: dict[str, Any] = dict(told.figures)
    return WatchVerdict(
        ensemble_id=told.ensemble_id, against=told.against, verdict=told.verdict,  # type: ignore[arg-type]
        log_loss=WatchDifference(**figures["log_loss"]), net_return=WatchDifference(**figures["net_return"]),
        silent=figures["silent"], why=told.why,
    )  # fmt: skip


@router.get("/models/monitoring", tags=["models"], summary="What is watched of the models")
async def get_monitoring(desk: Desk) -> ModelMonitoring:
    """Stages, findings, verdicts of the promotion rule and the daily analytics, after the latest session."""
    return await desk.ask(read)

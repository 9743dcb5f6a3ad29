"""An ensemble is promoted, rolled back or retired."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal

import numpy as np
from fastapi import APIRouter, Path
from pydantic import Field

from research.models.changing import Changed, Registry, Said
from serve.desk import Desk
from serve.problems import PROBLEM_MEDIA_TYPE
from serve.resources.models import ModelEvent
from serve.schema import Schema, Text
from serve.sources import Sources
from trading.views.setups import FEATURES

router = APIRouter()
WHO: Final = "http"
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": says, "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, says in ((404, "No such ensemble is on record."), (409, "It may not become that; nothing was changed."))
}
EnsembleId = Annotated[
    Text,
    Path(
        min_length=1, max_length=80, description="The whole id, as in /v1/models.", examples=["ensemble-88d7a5385d12"]
    ),
]


class ModelChange(Schema):
    """Why an ensemble is rolled back or retired, for the record."""

    reason: Text = Field(default="by HTTP", min_length=1, max_length=200, examples=["it lost to the challenger"])


class Promotion(ModelChange):
    """What an ensemble becomes and why."""

    role: Literal["champion", "challenger", "shadow"] = Field(default="champion", description="What it becomes.")


class NewEvent(ModelEvent):
    """A turn in the life of an ensemble that the call made."""

    ensemble_id: str


class ModelChanged(Schema):
    """What an ensemble is afterwards."""

    ensemble_id: str = Field(description="That was asked for; after a rollback whoever is champion again.")
    role: str
    from_session: date = Field(description="It has the role from the first session on or after this one.")
    events: list[NewEvent] = Field(description="New ones; empty when nothing was to be changed.")


def promote(sources: Sources, ensemble_id: str, role: Literal["champion", "challenger", "shadow"], why: str) -> (
    ModelChanged
):  # fmt: skip
    """The ensemble has the role from the next session on; a repeat changes nothing."""
    return changed_of(_registry(sources).promote(ensemble_id, role, _said(why)))


def roll_back(sources: Sources, ensemble_id: str, why: str) -> ModelChanged:
    """The champion before this one decides again; nothing changes when this one isn't champion any more."""
    return changed_of(_registry(sources).roll_back(ensemble_id, _said(why)))


def retire(sources: Sources, ensemble_id: str, why: str) -> ModelChanged:
    """The ensemble is asked no more from the next session on; a repeat changes nothing."""
    return changed_of(_registry(sources).retire(ensemble_id, _said(why)))


def changed_of(done: Changed) -> ModelChanged:
    """The answer."""
    events = [
        NewEvent(
            ensemble_id=one.ensemble_id, role=one.role, from_session=one.from_session, who=one.who, why=one.why,
            at=one.at,
        )
        for one in done.events
    ]  # fmt: skip
    return ModelChanged(ensemble_id=done.ensemble_id, role=done.role, from_session=done.from_session, events=events)


def _registry(sources: Sources) -> Registry:
    """The replica that will score with an ensemble tries it on one row of which nothing is known."""
    row = np.full((1, len(FEATURES)), np.nan, dtype=np.float32)
    return Registry(sources.pool, sources.home, lambda name: sources.actors.score(row, (name,))[name].trouble)


def _said(why: str) -> Said:
    return Said(WHO, why, datetime.now(UTC))


@router.post("/models/{ensemble_id}/promote", tags=["models"], summary="Give it a role", responses=REFUSALS)
async def post_promote(desk: Desk, ensemble_id: EnsembleId, change: Promotion | None = None) -> ModelChanged:
    """The ensemble is champion, challenger or shadow from the next session on that hasn't begun. It is on record.

    A champion retires the one before it. Refused, with nothing changed: files that aren't those that were
    registered, an audit that failed, a role that can't follow.
    """
    told = change or Promotion()
    return await desk.ask(promote, ensemble_id, told.role, told.reason)


@router.post("/models/{ensemble_id}/rollback", tags=["models"], summary="Back to the one before", responses=REFUSALS)
async def post_rollback(desk: Desk, ensemble_id: EnsembleId, change: ModelChange | None = None) -> ModelChanged:
    """The champion that this one took over from decides again from the next session on. A repeat changes nothing."""
    return await desk.ask(roll_back, ensemble_id, (change or ModelChange()).reason)


@router.post("/models/{ensemble_id}/retire", tags=["models"], summary="Ask it no more", responses=REFUSALS)
async def post_retire(desk: Desk, ensemble_id: EnsembleId, change: ModelChange | None = None) -> ModelChanged:
    """The ensemble is asked no more from the next session on; without a champion the rules decide."""
    return await desk.ask(retire, ensemble_id, (change or ModelChange()).reason)

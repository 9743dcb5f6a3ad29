"""The models in use and what they are worth out of sample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.queries import ModelView
from serve.desk import Desk
from serve.schema import Estimate, Schema, estimate_of
from serve.sources import Sources
from trading.views.lifecycle import Event, Lifecycle, Roles
from trading.views.members.registry import MEMBERS

router = APIRouter()

MOST_EVENTS = 20
ALGORITHMS = {member.name: member.algorithm for member in MEMBERS}


class Accuracy(Schema):
    """Directional accuracy on sessions the model never saw, beside what it has to beat. Fractions."""

    model: Estimate
    majority: float | None = Field(description="Always saying the more frequent class.", examples=[0.553])
    rule: float | None = Field(description="The rule-based system on the same rows.", examples=[0.521])
    logistic: float | None = Field(
        description="A logistic regression fitted on the same past; null where none was fitted.", examples=[0.527]
    )
    rows: int = Field(ge=0, description="Test rows.", examples=[4120])
    first_session: date | None
    last_session: date | None


class Model(Schema):
    """One registered model."""

    model_id: str
    kind: str = Field(description="Its part in the ensemble.", examples=["pattern"])
    algorithm: str = Field(examples=["random forest"])
    weight: float | None = Field(description="Its weight in the ensemble.", examples=[0.4])
    trained_at: datetime
    train_first_session: date | None
    train_last_session: date | None
    train_rows: int | None = Field(ge=0)
    features: int = Field(ge=0, description="How many features it reads.")
    accuracy: Accuracy | None = Field(description="Null when it was never measured out of sample.")
    sha256: str = Field(description="Hash of the model file; a file that doesn't match is refused.")
    data_sha256: str | None = Field(description="Hash of the training rows.")


class ModelEvent(Schema):
    """A turn in the life of an ensemble."""

    role: str = Field(description="What it is from then on.", examples=["champion"])
    from_session: date = Field(description="The first session that it holds for.")
    who: str = Field(description="Did it.", examples=["inplay models"])
    why: str = Field(description="In words.")
    at: datetime


class Ensemble(Schema):
    """Models that decide together."""

    ensemble_id: str
    role: str = Field(description="After the latest event of its life.", examples=["champion"])
    from_session: date = Field(description="The first session that it has this role at.", examples=["2010-03-31"])
    known_before: date | None = Field(description="No outcome of this session or later was used to train it.")
    audit_passed: bool | None = Field(
        description="Whether training's own checks passed; null when it was trained before there were any."
    )
    accuracy: Accuracy | None = Field(description="Of the weighted decision.")
    events: list[ModelEvent] = Field(description=f"Of its life, the earliest first; the latest {MOST_EVENTS}.")
    models: list[Model]


class Deciding(Schema):
    """The ensembles that a session was decided with."""

    session: date
    champion: str | None = Field(description="Null: the rules decided.")
    challenger: str | None
    shadows: list[str] = Field(description="Asked, and never deciding.")


class Models(Schema):
    """The champion, the challenger, shadows, then the latest others; five at most."""

    deciding: Deciding | None = Field(description="At the latest complete session; null before the first.")
    ensembles: list[Ensemble]


def read(sources: Sources) -> Models:
    """Ensembles by role, and which of them decided at the latest session."""
    life = LifecycleStore(sources.pool).life()
    return models_of(sources.queries.models(), life, sources.queries.progress().last_session)


def models_of(views: Iterable[ModelView], life: Lifecycle, session: date | None) -> Models:
    """Ensembles with their models, in the order of the record."""
    grouped: dict[str, list[ModelView]] = {}
    for view in views:
        grouped.setdefault(view.ensemble_id, []).append(view)
    return Models(
        deciding=None if session is None else _deciding(life.at(session), session),
        ensembles=[_ensemble(members, life) for members in grouped.values()],
    )


def _deciding(roles: Roles, session: date) -> Deciding:
    return Deciding(session=session, champion=roles.champion, challenger=roles.challenger, shadows=list(roles.shadows))


def events_of(events: Iterable[Event]) -> list[ModelEvent]:
    """The latest ones, the earliest first."""
    return [
        ModelEvent(role=one.role, from_session=one.from_session, who=one.who, why=one.why, at=one.at)
        for one in list(events)[-MOST_EVENTS:]
    ]


def _ensemble(members: list[ModelView], life: Lifecycle) -> Ensemble:
    first = members[0]
    told = first.ensemble_metrics
    return Ensemble(
        ensemble_id=first.ensemble_id,
        role=first.role,
        from_session=first.from_session,
        known_before=first.known_before,
        audit_passed=(told.get("audit") or {}).get("passed"),
        events=events_of(event for event in life.events if event.ensemble_id == first.ensemble_id),
        accuracy=_accuracy(told["ensemble"], told, told["setups"], (told["first_session"], told["last_session"])),
        models=[_model(member) for member in members],
    )


def _model(view: ModelView) -> Model:
    told = view.metrics
    return Model(
        model_id=view.model_id,
        kind=view.kind,
        algorithm=ALGORITHMS.get(view.kind, "of a member that is no longer declared"),
        weight=view.weight,
        trained_at=view.created_at,
        train_first_session=view.train_from,
        train_last_session=view.train_to,
        train_rows=told["train_rows"],
        features=len(view.features),
        accuracy=_accuracy(
            told["accuracy"], told, told["test_setups"], (told["test_first_session"], told["test_last_session"])
        ),
        sha256=view.sha256,
        data_sha256=view.data_sha256,
    )


def _accuracy(model: Mapping[str, Any], shared: Mapping[str, Any], rows: int, reach: tuple[str, str]) -> Accuracy:
    return Accuracy(
        model=estimate_of(model),
        majority=shared["majority"]["value"],
        rule=shared["rule"]["value"],
        logistic=(shared.get("logistic") or {}).get("value"),
        rows=rows,
        first_session=date.fromisoformat(reach[0]),
        last_session=date.fromisoformat(reach[1]),
    )


@router.get("/models", tags=["models"], summary="Models in use")
async def get_models(desk: Desk) -> Models:
    """The ensembles by role, with their lives and out-of-sample accuracy beside majority and rule."""
    return await desk.ask(read)

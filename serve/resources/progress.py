"""What the run is doing."""

from __future__ import annotations

from datetime import date
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from adapters.machine.run_state import read_state
from serve.desk import Desk
from serve.schema import Schema
from serve.sources import Sources

router = APIRouter()


class Progress(Schema):
    """What the run is doing."""

    phase: Literal[
        "starting", "importing", "warming_up", "training", "replaying", "reporting", "done", "following", "stopped"
    ]
    session: date | None = Field(description="The latest session that is complete; null before the first one.")
    sessions_done: int = Field(ge=0)
    sessions_total: int | None = Field(ge=0, description="Null until the replay's length is known.")
    detail: str = Field(default="", description="In words.", examples=["training the outcome model"])


def read(sources: Sources) -> Progress:
    """What the run is doing; cheap, it is asked every second by each open dashboard."""
    state = read_state(sources.home)
    done = sources.queries.progress()
    return Progress(
        phase=state.phase if state else "starting",
        session=done.last_session,
        sessions_done=done.sessions,
        sessions_total=state.sessions_total if state else None,
        detail=state.detail if state else "",
    )


@router.get("/progress", tags=["platform"], summary="What the run is doing")
async def get_progress(desk: Desk) -> Progress:
    """Phase, latest complete session, sessions done and in all."""
    return await desk.ask(read)

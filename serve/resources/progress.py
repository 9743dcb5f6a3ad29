"""What the run is doing."""

from __future__ import annotations

from fastapi import APIRouter

from adapters.machine.run_state import read_state
from serve.answers.progress import Progress
from serve.desk import Desk
from serve.sources import Sources

router = APIRouter()


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

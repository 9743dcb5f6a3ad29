"""What the run is doing."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from serve.schema import Schema


class Progress(Schema):
    """What the run is doing."""

    phase: Literal[
        "starting", "importing", "warming_up", "training", "replaying", "reporting", "done", "following", "stopped"
    ]
    session: date | None = Field(description="The latest session that is complete; null before the first one.")
    sessions_done: int = Field(ge=0)
    sessions_total: int | None = Field(ge=0, description="Null until the replay's length is known.")
    detail: str = Field(default="", description="In words.", examples=["training the outcome model"])

"""The scan: stocks in play and why."""

from __future__ import annotations

from datetime import date
from typing import Final, Protocol

from fastapi import APIRouter
from pydantic import Field

from serve.desk import Desk
from serve.parameters import Limit
from serve.schema import Probability, Schema, Symbol
from serve.sources import Service, Sources

router = APIRouter()

PROFILE: Final = "large_cap"
ALL_NAMES: Final = 1_000
"""More than a scan ever keeps."""


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


class Scanner(Protocol):
    """What is asked of `scanner`."""

    def last_exclusions(self) -> tuple[date, dict[str, int]] | None:
        """The last session scanned since the start and how many names were left out for which reason."""
        ...


SCANNER: Final = Service[Scanner]("scanner")


def read(sources: Sources, limit: int) -> Scan:
    """The latest session's stocks in play, by rank."""
    session, rows = sources.queries.last_scan(ALL_NAMES)
    names = [InPlay(symbol=r.symbol, rank=r.rank, score=r.score, parts=dict(r.parts), reason=r.reason) for r in rows]
    told = sources.actors.ask(SCANNER, Scanner.last_exclusions)
    excluded = told[1] if told and told[0] == session else {}
    considered = sum(excluded.values()) + len(rows) if excluded else None
    return Scan(session=session, profile=PROFILE, considered=considered, in_play=names[:limit], excluded=excluded)


@router.get("/scanner", tags=["market"], summary="Today's stocks in play")
async def get_scanner(desk: Desk, limit: Limit = 100) -> Scan:
    """The scan of the latest session, by rank, each with its reasons; how many were left out and why."""
    return await desk.ask(read, limit)

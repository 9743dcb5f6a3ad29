"""Reports in the data folder: digests of days and weeks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path
from pydantic import Field

from research.reports.claims import CLAIM
from research.reports.kept import kept, kept_report
from serve.desk import Desk
from serve.schema import Schema
from serve.sources import Sources

router = APIRouter()

MOST = 1_000
ReportName = Annotated[
    str, Path(max_length=40, pattern=r"^[0-9A-Za-z-]+$", description="As the list has it.", examples=["week-2010-W33"])
]


class KeptReport(Schema):
    """A report that can be read."""

    name: str = Field(examples=["day-2010-08-20"])
    kind: Literal["day", "week"]
    written_at: datetime


class Reports(Schema):
    """Reports of the data folder, the latest written first."""

    reports: list[KeptReport]


class Report(Schema):
    """A digest: the same that `inplay report --json` prints."""

    name: str
    kind: Literal["day", "week"]
    claim: dict[str, Any] = Field(description="What it was made from; `inplay verify claim` makes it again.")
    milestones: list[dict[str, Any]] = Field(description="The strategy's sixteen boxes, as of when it was written.")
    targets: list[dict[str, Any]] = Field(description="The strategy's targets (8.1, 8.2), likewise.")
    digest: dict[str, Any] = Field(description="Every other part of it, by name.")


def read_list(sources: Sources) -> Reports:
    """The reports of the data folder."""
    found = kept(sources.home)[:MOST]
    return Reports(
        reports=[
            KeptReport(name=one.name, kind="week" if one.name.startswith("week") else "day", written_at=one.written_at)
            for one in found
        ]
    )


def read(sources: Sources, name: str) -> Report | None:
    """The report of this name; None where there is none."""
    told = kept_report(sources.home, name)
    return None if told is None else report_answer(told)


def report_answer(told: dict[str, Any]) -> Report:
    """The digest as the interface answers it."""
    apart = {"name", "kind", CLAIM, "milestones", "targets"}
    return Report(
        name=told["name"], kind=told["kind"], claim=told[CLAIM], milestones=told["milestones"],
        targets=told["targets"], digest={key: value for key, value in told.items() if key not in apart},
    )  # fmt: skip


@router.get("/reports", tags=["accounts"], summary="Digests of days and weeks")
async def get_reports(desk: Desk) -> Reports:
    """Which reports lie in the data folder; each is written after its session, or its week."""
    return await desk.ask(read_list)


@router.get("/reports/{name}", tags=["accounts"], summary="One digest")
async def get_report(desk: Desk, name: ReportName) -> Report:
    """A digest with the accounts, trades, models, limits, costs and milestones, and what it was made from."""
    found = await desk.ask(read, name)
    if found is None:
        raise HTTPException(404, f"There is no report {name!r}; /v1/reports lists those that there are.")
    return found

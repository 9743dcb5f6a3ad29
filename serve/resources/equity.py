"""Equity curves of the accounts and the benchmark."""

from __future__ import annotations

from datetime import date
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from serve.desk import Desk
from serve.report import ACCOUNT_LABELS, Report, latest_report
from serve.schema import Book, Schema, book_of
from serve.sources import Sources

router = APIRouter()


class Curve(Schema):
    """Equity at each session's close, aligned with the list of sessions; null where it isn't known."""

    name: Book | Literal["benchmark"]
    label: str = Field(examples=["Hybrid"])
    equity_usd: list[float | None]


class EquityCurves(Schema):
    """The accounts and the benchmark, which starts with the accounts' equity."""

    sessions: list[date]
    curves: list[Curve]


def read(sources: Sources) -> EquityCurves:
    """Equity of the accounts and the benchmark at each close."""
    return equity_of(latest_report(sources))


def equity_of(report: Report | None) -> EquityCurves:
    """Equity at each close; empty before the first session."""
    if report is None:
        return EquityCurves(sessions=[], curves=[])
    return EquityCurves(
        sessions=list(report.sessions),
        curves=[
            Curve(
                name=book_of(name) if name in ACCOUNT_LABELS else "benchmark",
                label=ACCOUNT_LABELS.get(name, name.capitalize()),
                equity_usd=list(equity[1:]),
            )
            for name, equity in report.equity_usd.items()
        ],
    )


@router.get("/equity", tags=["accounts"], summary="Equity curves")
async def get_equity(desk: Desk) -> EquityCurves:
    """Equity of the accounts and of the benchmark at each session's close."""
    return await desk.ask(read)

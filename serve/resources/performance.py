"""How the accounts do, against the benchmark and against the strategy's targets."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from fastapi import APIRouter
from pydantic import Field

from serve.desk import Desk
from serve.report import ACCOUNT_LABELS, Report, latest_report
from serve.schema import Book, Estimate, Schema, book_of, estimate_of
from serve.sources import Sources
from trading.performance.metrics import TARGETS, targets_met
from trading.performance.metrics import Performance as Figures

router = APIRouter()

Measure = Literal["sharpe", "max_drawdown", "win_rate", "profit_factor"]
MEASURES: Final[dict[Measure, tuple[str, str]]] = {
    "sharpe": ("Sharpe ratio", "{:.2f}"),
    "max_drawdown": ("maximum drawdown", "{:.1%}"),
    "win_rate": ("win rate", "{:.1%}"),
    "profit_factor": ("profit factor", "{:.2f}"),
}


class AccountPerformance(Schema):
    """Measures of one account over the sessions replayed so far, with confidence intervals."""

    book: Book
    total_return: Estimate = Field(description="Fraction of the starting equity.")
    sharpe: Estimate = Field(description="Annualised, of session returns.")
    max_drawdown: Estimate = Field(description="Largest fall from a peak, as a positive fraction.")
    win_rate: Estimate = Field(description="Share of closed trades with a profit.")
    profit_factor: Estimate = Field(description="Gross profit / gross loss; null without a losing trade.")
    trades: int = Field(ge=0, description="Closed trades.")


class Benchmark(Schema):
    """What the accounts are measured against, over the same sessions."""

    name: str = Field(examples=["equal-weight buy and hold"])
    total_return: float | None
    sharpe: float | None
    max_drawdown: float | None


class Target(Schema):
    """A target of the strategy and whether an account meets it. `met` is null while it can't be told."""

    book: Book
    measure: Literal["sharpe", "max_drawdown", "win_rate", "profit_factor", "accuracy", "total_return"]
    comparison: Literal[">", "<"]
    target: float = Field(examples=[1.5])
    value: float | None = Field(examples=[0.62])
    met: bool | None
    text: str = Field(description="In words.", examples=["Sharpe 0.62, target > 1.5: not met"])


class Performance(Schema):
    """The report so far."""

    first_session: date | None
    last_session: date | None
    sessions: int = Field(ge=0)
    interval_level: float | None = Field(description="Level of the confidence intervals.", examples=[0.95])
    interval_method: str | None = Field(examples=["stationary bootstrap over sessions, 2,000 draws"])
    accounts: list[AccountPerformance]
    benchmark: Benchmark | None
    targets: list[Target]


def read(sources: Sources) -> Performance:
    """The report over the sessions replayed so far."""
    return performance_of(latest_report(sources))


def performance_of(report: Report | None) -> Performance:
    """The reporting service's report; empty before the first session."""
    if report is None:
        return Performance(
            first_session=None, last_session=None, sessions=0, interval_level=None, interval_method=None,
            accounts=[], benchmark=None, targets=[],
        )  # fmt: skip
    books = [name for name in report.figures if name in ACCOUNT_LABELS]
    (held,) = [name for name in report.figures if name not in ACCOUNT_LABELS]
    hold = report.figures[held]
    return Performance(
        first_session=report.sessions[0],
        last_session=report.sessions[-1],
        sessions=len(report.sessions),
        interval_level=0.95,
        interval_method="moving-block bootstrap of 5 sessions, 2,000 draws; Wilson for the win rate",
        accounts=[_account(name, report.figures[name]) for name in books],
        benchmark=Benchmark(
            name=held,
            total_return=hold.total_return.value,
            sharpe=hold.sharpe.value,
            max_drawdown=hold.max_drawdown,
        ),
        targets=[target for name in books for target in _targets(name, report.figures[name])],
    )


def _account(name: str, figures: Figures) -> AccountPerformance:
    return AccountPerformance(
        book=book_of(name),
        total_return=estimate_of(figures.total_return),
        sharpe=estimate_of(figures.sharpe),
        max_drawdown=Estimate(value=figures.max_drawdown),
        win_rate=estimate_of(figures.win_rate),
        profit_factor=estimate_of(figures.profit_factor),
        trades=figures.trades,
    )


def _targets(name: str, figures: Figures) -> list[Target]:
    met = targets_met(figures)
    return [_target(name, measure, figures, met[measure]) for measure in MEASURES]


def _target(name: str, measure: Measure, figures: Figures, met: bool | None) -> Target:  # noqa: FBT001
    label, form = MEASURES[measure]
    value = getattr(figures, measure)
    number = value if isinstance(value, float) else value.value
    comparison: Literal["<", ">"] = "<" if measure == "max_drawdown" else ">"
    verdict = {True: "met", False: "not met", None: "cannot be told"}[met]
    shown = "unknown" if number is None else form.format(number)
    text = f"{label} {shown}, target {comparison} {form.format(TARGETS[measure])}: {verdict}"
    return Target(
        book=book_of(name),
        measure=measure,
        comparison=comparison,
        target=TARGETS[measure],
        value=number,
        met=met,
        text=text,
    )


@router.get("/performance", tags=["accounts"], summary="The report")
async def get_performance(desk: Desk) -> Performance:
    """Measures of both accounts with confidence intervals, the benchmark, and the strategy's targets: met or not."""
    return await desk.ask(read)

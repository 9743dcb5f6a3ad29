"""How the accounts do, against the benchmark and against the strategy's targets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from pydantic.json_schema import JsonSchemaValue

from serve.desk import Desk
from serve.measures import ByMetric, WithTarget
from serve.report import ACCOUNT_LABELS, Report, latest_report
from serve.schema import Book, Estimate, Schema, book_of, estimate_of
from serve.sources import Sources
from trading.performance.measuring import targets_met
from trading.performance.metric import Metric, Value, Values, estimate, point
from trading.performance.metric import Target as Wanted
from trading.performance.metrics.registry import targets

router = APIRouter()


class AccountPerformance(ByMetric):
    """Measures of one account over the sessions replayed so far, with confidence intervals."""

    book: Book
    measures: Mapping[str, Estimate | int]

    @classmethod
    def describe(cls, metric: Metric[Any], value: JsonSchemaValue) -> JsonSchemaValue:
        """A whole number, or an estimate."""
        if metric.unit == "count":
            title = metric.name.replace("_", " ").title()
            return {"type": "integer", "minimum": 0, "title": title, "description": metric.says}
        estimated, _ = value["anyOf"]
        return {**estimated, "description": metric.says}


class Benchmark(ByMetric):
    """What the accounts are measured against, over the same sessions."""

    name: str = Field(examples=["equal-weight buy and hold"])
    measures: Mapping[str, float | None]

    @classmethod
    def metrics(cls) -> tuple[Metric[Any], ...]:
        """Those that follow from a curve."""
        return tuple(metric for metric in super().metrics() if metric.of_benchmark)

    @classmethod
    def describe(cls, metric: Metric[Any], value: JsonSchemaValue) -> JsonSchemaValue:
        """A number; the account's measure of the same name says what it is."""
        return {**value, "title": metric.name.replace("_", " ").title()}


class Target(Schema):
    """A target of the strategy and whether an account meets it. `met` is null while it can't be told."""

    book: Book
    measure: Annotated[str, WithTarget()]
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
            name=held, measures={metric.name: point(hold[metric.name]) for metric in Benchmark.metrics()}
        ),
        targets=[target for name in books for target in _targets(name, report.figures[name])],
    )


def _account(name: str, figures: Values) -> AccountPerformance:
    measures = {metric.name: _measure(metric, figures[metric.name]) for metric in AccountPerformance.metrics()}
    return AccountPerformance(book=book_of(name), measures=measures)


def _measure(metric: Metric[Any], value: Value) -> Estimate | int:
    return int(point(value) or 0) if metric.unit == "count" else estimate_of(estimate(value))


def _targets(name: str, figures: Values) -> list[Target]:
    met = targets_met(figures)
    return [
        _target(name, metric, wanted, value=point(figures[metric.name]), met=met[metric.name])
        for metric, wanted in targets()
    ]


def _target(name: str, metric: Metric[Any], wanted: Wanted, *, value: float | None, met: bool | None) -> Target:
    verdict = {True: "met", False: "not met", None: "cannot be told"}[met]
    shown, aim = metric.shown(value, "unknown"), metric.form.format(wanted.value)
    return Target(
        book=book_of(name),
        measure=metric.name,
        comparison=wanted.comparison,
        target=wanted.value,
        value=value,
        met=met,
        text=f"{metric.title} {shown}, target {wanted.comparison} {aim}: {verdict}",
    )


@router.get("/performance", tags=["accounts"], summary="The report")
async def get_performance(desk: Desk) -> Performance:
    """Measures of each account with confidence intervals, the benchmark, and the strategy's targets: met or not."""
    return await desk.ask(read)

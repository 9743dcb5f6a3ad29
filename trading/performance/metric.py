"""What a metric is: what it is computed from, how, and how reports show it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from trading.errors import BadDataError
from trading.performance.estimate import Estimate
from trading.performance.inputs import Curve, Input
from trading.performance.record import AccountRecord

Value = Estimate | float | None
"""A figure with its interval, or a bare number; None where it isn't defined."""

Values = Mapping[str, Value]
"""Figures of one account or benchmark, by the metric's name."""

Unit = Literal["fraction", "number", "count", "usd"]
Comparison = Literal["<", ">"]
Of = TypeVar("Of", bound=Input)


@dataclass(frozen=True)
class Target:
    """What the strategy wants of a metric (section 8.2): its value is above or below this one."""

    comparison: Comparison
    value: float

    def met(self, value: float | None, trades: int) -> bool | None:
        """Whether a figure meets it; None when that can't be told.

        An upper limit can't be told before a trade was closed: an account that does nothing would always keep it.
        """
        if value is None or (self.comparison == "<" and not trades):
            return None
        return value > self.value if self.comparison == ">" else value < self.value


@dataclass(frozen=True)
class Metric(Generic[Of]):
    """One figure of an account.

    Attributes:
        name: its key in JSON: small letters and underscores.
        title: in words, as tables and sentences show it; `{trials}` in it stands for the attempts.
        unit: `fraction` is shown in per cent; a `count` is a whole number and always defined.
        form: of a value, for `str.format`.
        of: what it is computed from. Only a backtest knows an `AccountRecord`.
        measure: the figure, bare or with its interval; NaN or an infinity when it isn't defined.
        says: what it is, in a sentence, for the reference of the HTTP interface.
        short: the title in the terminal's table and on the dashboard; empty = `title`.
        target: of the strategy, where it has one.
        backtest_only: the reports of a run leave it out.
        benchmark_shown: the table of a backtest shows it of the benchmark too; only a metric of a curve has one.
    """

    name: str
    title: str
    unit: Unit
    form: str
    of: type[Of]
    measure: Callable[[Of], Estimate | float]
    says: str
    short: str = ""
    target: Target | None = None
    backtest_only: bool = False
    benchmark_shown: bool = True

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z_]*", self.name):
            raise BadDataError(f"the metric {self.name!r} can't be: its name isn't of small letters and underscores")

    @property
    def in_every_report(self) -> bool:
        """Whether the reports of a run show it too."""
        return not self.backtest_only and self.of is not AccountRecord

    @property
    def of_benchmark(self) -> bool:
        """Whether a benchmark has it: it follows from an equity curve alone."""
        return self.of is Curve

    def shown(self, value: float | None, unknown: str) -> str:
        """The number in words; `unknown` for None."""
        return unknown if value is None else self.form.format(value)


def point(value: Value) -> float | None:
    """The figure itself, without its interval."""
    return value.value if isinstance(value, Estimate) else value


def estimate(value: Value) -> Estimate:
    """The figure as an estimate; a bare number is one without an interval."""
    return value if isinstance(value, Estimate) else Estimate(value)

"""What a criterion of the strategy is, and when a figure meets it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from adapters.postgres.pool import transaction
from research.models.comparing import AccountCompared
from research.reports.gathering import Gathered
from trading.performance.estimate import Estimate

State = Literal["met", "not met", "not enough data"]


@dataclass(frozen=True)
class Answer:
    """What the record says of a criterion.

    Attributes:
        value: the figure; None where there is none. `low` and `high` are its 95 % interval.
        words: in a sentence.
    """

    state: State
    words: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Asking:
    """What a criterion may ask.

    Attributes:
        found: figures up to the last session.
        now: for what is live: health, costs, processing times.
    """

    found: Gathered
    now: datetime

    def one(self, query: str, *values: object) -> Any:
        """The first column of the first row."""
        return self.row(query, *values)[0]

    def row(self, query: str, *values: object) -> tuple[Any, ...]:
        """The first row."""
        return self.rows(query, *values)[0]

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows."""
        with transaction(self.found.record.pool) as cursor:
            cursor.execute(query.encode(), list(values))
            return cursor.fetchall()

    @property
    def leading(self) -> AccountCompared | None:
        """The account of models that leads, beside the others; None without one."""
        every = self.found.comparison.accounts
        return next((one for one in every if one.account == self.found.leading), None)

    @cached_property
    def champion(self) -> str | None:
        """The version that is champion at the last session."""
        return next((name for name, role in self.found.rows.roles.items() if role == "champion"), None)


@dataclass(frozen=True)
class Criterion:
    """A box or a target of the strategy.

    Attributes:
        section: of the strategy's document.
        name: the strategy's words.
        target: as it is met, in words.
        query: where the answer comes from.
        answer: it.
    """

    section: str
    name: str
    target: str
    query: str
    answer: Callable[[Asking], Answer]

    def judged(self, asking: Asking) -> dict[str, Any]:
        """As JSON has it."""
        told = self.answer(asking)
        return {
            "section": self.section, "name": self.name, "target": self.target, "state": told.state,
            "value": told.value, "low": told.low, "high": told.high, "words": told.words, "query": self.query,
        }  # fmt: skip


def above(figure: Estimate, target: float, form: str, missing: str = "") -> Answer:
    """Whether a figure is above its target beyond doubt: its whole 95 % interval is.

    Not met where the figure itself isn't above. Where it is but its interval isn't, or there is no interval, there
    aren't enough data to say so.
    """
    if figure.value is None:
        return Answer("not enough data", missing or "nothing to compute it from yet")
    if figure.low is None:
        shown = form.format(figure.value)
        return Answer("not enough data", f"{shown}, without an interval: {missing or 'too few data'}", figure.value)
    high = "∞" if figure.high is None else form.format(figure.high)
    words = f"{form.format(figure.value)} [{form.format(figure.low)}, {high}]"
    if figure.value <= target:
        return Answer("not met", words, figure.value, figure.low, figure.high)
    if figure.low > target:
        return Answer("met", words, figure.value, figure.low, figure.high)
    return Answer(
        "not enough data", f"{words}: above, but not beyond doubt", figure.value, figure.low, figure.high
    )  # fmt: skip


def below(value: float | None, target: float, form: str, missing: str) -> Answer:
    """Whether a measured figure without an interval is below its target."""
    if value is None:
        return Answer("not enough data", missing)
    return Answer("met" if value < target else "not met", form.format(value), value)


def counted(count: int, least: int, what: str) -> Answer:
    """Whether there are as many of something."""
    state: State = "met" if count >= least else "not met"
    return Answer(state, f"{count:,} {what}", float(count))


def judge(criteria: Sequence[Criterion], asking: Asking) -> list[dict[str, Any]]:
    """Every criterion with its answer, in order."""
    return [criterion.judged(asking) for criterion in criteria]

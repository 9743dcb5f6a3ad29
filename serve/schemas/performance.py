"""How the accounts do, against the benchmark and against the strategy's targets."""

from datetime import date
from typing import Literal

from pydantic import Field

from serve.schemas.base import Book, Estimate, Schema


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


class Curve(Schema):
    """Equity at each session's close, aligned with the list of sessions; null where it isn't known."""

    name: Literal["rule", "ensemble", "benchmark"]
    label: str = Field(examples=["Ensemble account"])
    equity_usd: list[float | None]


class EquityCurves(Schema):
    """Both accounts and the benchmark, which starts with the accounts' equity."""

    sessions: list[date]
    curves: list[Curve]

"""What the made-up replay says of its performance: the report and the equity curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from serve.report import ACCOUNT_LABELS
from serve.resources import (
    equity,
    performance,
)
from serve.resources.equity import Curve, EquityCurves
from serve.resources.performance import AccountPerformance, Benchmark, Performance, Target
from serve.schema import Book, Estimate
from tests.fakes.accounts import BOOKS, closed_by, curve_of
from tests.fakes.replay import START_USD, Replay, around, sessions
from trading.performance import measuring
from trading.performance.metric import point
from trading.performance.metrics.registry import in_every_report

TARGETS = (("sharpe", ">", 1.5), ("max_drawdown", "<", 0.10), ("win_rate", ">", 0.65), ("profit_factor", ">", 1.5))
LABELS = {
    "sharpe": "Sharpe ratio",
    "max_drawdown": "maximum drawdown",
    "win_rate": "win rate",
    "profit_factor": "profit factor",
}


def _performance(replay: Replay) -> Performance:
    days = sessions(replay.done)
    accounts = [_measured(replay, book) for book in BOOKS]
    return Performance(
        first_session=days[0] if days else None,
        last_session=replay.session,
        sessions=replay.done,
        interval_level=0.95 if days else None,
        interval_method="stationary bootstrap over sessions, 2,000 draws" if days else None,
        accounts=accounts,
        benchmark=_benchmark(replay) if days else None,
        targets=[_target(a, *target) for a in accounts for target in TARGETS],
    )


def _measured(replay: Replay, book: Book) -> AccountPerformance:
    trades, curve = closed_by(replay, book), curve_of(replay, book)
    gains = sum(t.profit_usd for t in trades if t.profit_usd > 0)
    losses = -sum(t.profit_usd for t in trades if t.profit_usd < 0)
    total, sharpe, drawdown = _measures(curve)
    measures: dict[str, Estimate | int] = {
        "total_return": around(total, 0.06),
        "sharpe": around(sharpe, 1.1),
        "max_drawdown": around(drawdown, 0.02),
        "win_rate": around(sum(t.profit_usd > 0 for t in trades) / len(trades) if trades else None, 0.09),
        "profit_factor": around(gains / losses if losses else None, 0.4),
        "trades": len(trades),
    }
    others = {name: Estimate(value=value) for name, value in _others(curve, measures).items()}
    return AccountPerformance(book=book, measures={**measures, **others})


def _benchmark(replay: Replay) -> Benchmark:
    curve = curve_of(replay, "benchmark")
    total, sharpe, drawdown = _measures(curve)
    measures = {"total_return": total, "sharpe": sharpe, "max_drawdown": drawdown}
    return Benchmark(name="equal-weight buy and hold", measures={**measures, **_others(curve, measures)})


def _others(curve: list[float], measures: Mapping[str, Any]) -> dict[str, float | None]:
    """Figures of a curve that nobody made up: of metrics that came to the registry since."""
    new = [metric for metric in in_every_report() if metric.of_benchmark and metric.name not in measures]
    figures = measuring.performance([START_USD, *curve], (), seed=1) if new else {}
    return {metric.name: point(figures[metric.name]) for metric in new}


def _equity_curves(replay: Replay) -> EquityCurves:
    names = [*((book, ACCOUNT_LABELS[book]) for book in BOOKS), ("benchmark", "Equal-weight benchmark")]
    curves = [Curve(name=name, label=label, equity_usd=list(curve_of(replay, name))) for name, label in names]  # type: ignore[arg-type]
    return EquityCurves(sessions=sessions(replay.done), curves=curves)


def _measures(curve: list[float]) -> tuple[float | None, float | None, float | None]:
    """Total return, annualised Sharpe ratio and maximum drawdown of a curve."""
    if len(curve) < 3:
        return None, None, None
    equity = np.array([START_USD, *curve])
    step = np.diff(equity) / equity[:-1]
    sharpe = float(step.mean() / step.std(ddof=1) * np.sqrt(252))
    return float(equity[-1] / START_USD - 1), sharpe, float((1 - equity / np.maximum.accumulate(equity)).max())


def _target(account: AccountPerformance, measure: str, comparison: str, target: float) -> Target:
    estimate = account.measures[measure]
    value = estimate.value
    met = None if value is None else (value > target if comparison == ">" else value < target)
    said = "not known yet" if met is None else "met" if met else "not met"
    text = f"{LABELS[measure]} {'-' if value is None else f'{value:.2f}'}, target {comparison} {target:g}: {said}"
    return Target.model_validate(
        {"book": account.book, "measure": measure, "comparison": comparison, "target": target}
        | {"value": value, "met": met, "text": text}
    )


ANSWERS: Mapping[Any, Callable[..., Any]] = {
    performance.read: _performance,
    equity.read: _equity_curves,
}
"""Reader -> what the replay answers in its place."""

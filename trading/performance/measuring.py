"""The figures of an account, measured by the registry's metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trading.performance.estimate import Estimate, finite
from trading.performance.inputs import Input, Pair, curve_and_profits, returns_of
from trading.performance.metric import Metric, Value, Values, point
from trading.performance.metrics.registry import in_every_report, targets
from trading.performance.metrics.trades import TRADES


def measured(inputs: Sequence[Input], metrics: Sequence[Metric[Any]]) -> Values:
    """The figure of each of the metrics that is computed from one of the inputs, in the metrics' order."""
    by_kind = {type(one): one for one in inputs}
    return {metric.name: _value(metric, by_kind[metric.of]) for metric in metrics if metric.of in by_kind}


def _value(metric: Metric[Any], of: Input) -> Value:
    found = metric.measure(of)
    return found if isinstance(found, Estimate) else finite(found)


def performance(
    equity_usd: Sequence[float], profits_usd: Sequence[float], *, seed: int, benchmark_usd: Sequence[float] = ()
) -> Values:
    """The figures that every report has.

    Args:
        equity_usd: before the first session, then at each close.
        profits_usd: of closed trades; none for a benchmark.
        seed: of the resampling.
        benchmark_usd: of what the account is compared with, like `equity_usd`; none for the benchmark itself.
    """
    curve, profits = curve_and_profits(equity_usd, profits_usd, seed=seed)
    pairs = (Pair(curve.returns, returns_of(benchmark_usd)),) if benchmark_usd else ()
    return measured((curve, profits, *pairs), in_every_report())


def performances(
    equity_usd: Mapping[str, Sequence[float]], profits_usd: Mapping[str, Sequence[float]], *, benchmark: str, seed: int
) -> dict[str, Values]:
    """Likewise of several accounts and their benchmark, by name.

    Args:
        equity_usd: of each account and the benchmark.
        profits_usd: of each account.
        benchmark: its name.
        seed: of the resampling.
    """
    beside = dict.fromkeys(profits_usd, equity_usd[benchmark])
    return {
        name: performance(curve, profits_usd.get(name, ()), seed=seed, benchmark_usd=beside.get(name, ()))
        for name, curve in equity_usd.items()
    }


def targets_met(figures: Values) -> dict[str, bool | None]:
    """Whether the account's own figures meet each target of the strategy; None where that can't be told."""
    trades = int(point(figures[TRADES.name]) or 0)
    return {metric.name: target.met(point(figures[metric.name]), trades) for metric, target in targets()}

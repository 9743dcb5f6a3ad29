"""What every metric must have: a name of its own, a meaning, a source, and an example that runs."""

from __future__ import annotations

import doctest
import pkgutil
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import trading.performance.metrics
from tests.fakes.accounts_on_record import record_of
from trading.errors import BadDataError
from trading.performance.estimate import Estimate
from trading.performance.figures import figures_of
from trading.performance.inputs import Curve, Profits, curve_and_profits
from trading.performance.measuring import measured, performance, performances
from trading.performance.metric import Metric
from trading.performance.metrics.beta import BETA
from trading.performance.metrics.registry import METRICS, all_metrics, counts_last, in_every_report

FILES = sorted({found.name for found in pkgutil.iter_modules(trading.performance.metrics.__path__)} - {"registry"})


@pytest.mark.parametrize("file", FILES)
def test_the_examples_of_a_metric_run(file: str) -> None:
    """Each file has one at least, a source, and one row that the registry lists."""
    module = import_module(f"trading.performance.metrics.{file}")
    found = doctest.testmod(module)
    assert found.failed == 0
    assert found.attempted > 0
    assert any("Source:" in (one.__doc__ or "") for one in vars(module).values() if callable(one))
    rows = [one for name, one in vars(module).items() if isinstance(one, Metric) and name.isupper()]
    assert len(rows) == 1
    assert rows[0] in METRICS


def test_no_two_metrics_have_one_name() -> None:
    """Figures are kept by name, so the later one would replace the earlier."""
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names) == len(FILES)
    assert all(metric.says.endswith(".") for metric in METRICS)


def test_a_name_that_answers_can_not_carry_is_refused() -> None:
    """Where it is declared, and not by a reader of JSON."""
    with pytest.raises(BadDataError, match="small letters"):
        Metric("Ulcer Index", "", "number", "{}", Curve, lambda _: 0.0, "")


def test_a_metric_is_measured_where_its_input_is_known() -> None:
    """A run knows no whole record, a benchmark neither trades nor what it is compared with."""
    curve, profits = curve_and_profits([1.0, 2.0], [1.0], seed=1)
    assert set(measured((curve,), METRICS)) == {metric.name for metric in METRICS if metric.of is Curve}
    assert set(measured((profits,), METRICS)) == {metric.name for metric in METRICS if metric.of is Profits}
    assert set(figures_of(record_of(5, 1), seed=1, attempts=None).account) == {metric.name for metric in METRICS}
    figures = performances({"mine": [1.0, 2.0], "index": [1.0, 1.5]}, {"mine": [1.0]}, benchmark="index", seed=1)
    assert [list(of) for of in figures.values()] == [[metric.name for metric in in_every_report()]] * 2


def test_a_metric_of_two_curves_is_measured_of_accounts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark is compared with nothing."""
    both = replace(BETA, backtest_only=False)
    monkeypatch.setattr("trading.performance.metrics.registry.METRICS", (*METRICS[:3], both))
    index = [1.0, 1.5, 1.2, 1.8]
    figures = performances({"mine": index, "index": index}, {"mine": []}, benchmark="index", seed=1)
    assert figures["mine"]["beta"] == pytest.approx(1.0)
    assert "beta" not in figures["index"]


def test_the_figures_of_a_run_and_of_a_backtest_are_the_same() -> None:
    """The same equity and trades give the same figures in both reports, whoever computes them."""
    record = record_of(120, 20)
    run = performance(
        record.equity_usd.tolist(),
        record.trades.profit_usd.tolist(),
        seed=3,
        benchmark_usd=record.benchmark_usd.tolist(),
    )
    backtest = figures_of(record, seed=3, attempts=None).account
    assert run == {name: backtest[name] for name in run}


def test_what_is_not_defined_is_none() -> None:
    """NaN and infinities become None, bare or as an estimate."""
    figures = measured(curve_and_profits([1.0], [5.0], seed=1), METRICS)
    assert figures["annual_return"] is None
    assert figures["profit_factor"] == Estimate(None)


def test_whole_numbers_come_last_and_the_rest_keeps_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """As answers and the terminal's table have it, also of a registry in another order."""
    turned: tuple[Metric[Any], ...] = tuple(reversed(METRICS))
    monkeypatch.setattr("trading.performance.metrics.registry.METRICS", turned)
    assert all_metrics() == turned
    names = [metric.name for metric in counts_last(in_every_report())]
    assert names == ["profit_factor", "win_rate", "max_drawdown", "sharpe", "total_return", "trades"]


def test_resamples_are_shared_and_repeat() -> None:
    """One seed, one set of resamples, of returns and of trades; too few of either have none."""
    one, closed = curve_and_profits(np.arange(1.0, 41.0), np.arange(12.0), seed=2)
    again, _ = curve_and_profits(np.arange(1.0, 41.0), np.arange(12.0), seed=2)
    np.testing.assert_array_equal(one.resamples, again.resamples)
    assert one.resamples.shape == (2000, 39)
    assert closed.resamples.shape == (2000, 12)
    few, traded = curve_and_profits(np.arange(1.0, 11.0), np.arange(3.0), seed=2)
    assert (few.resamples.shape, traded.resamples.shape) == ((0, 9), (0, 3))

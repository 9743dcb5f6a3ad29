"""The metrics, in the order in which the table of a backtest shows them: a metric is one file here and one line below.

Its line makes it part of the reports of `inplay backtest` and `inplay run`, of `GET /v1/performance`, of the
dashboard's accounts and of the terminal's table; `metric.py` says what leaves one out.
"""

from __future__ import annotations

from typing import Any

from trading.performance.metric import Metric, Target
from trading.performance.metrics.annual_return import ANNUAL_RETURN
from trading.performance.metrics.annual_volatility import ANNUAL_VOLATILITY
from trading.performance.metrics.best_session import BEST_SESSION
from trading.performance.metrics.beta import BETA
from trading.performance.metrics.calmar import CALMAR
from trading.performance.metrics.costs import COSTS_USD
from trading.performance.metrics.costs_of_equity import COSTS_OF_EQUITY_A_YEAR
from trading.performance.metrics.exposure import EXPOSURE
from trading.performance.metrics.longest_drawdown import LONGEST_DRAWDOWN
from trading.performance.metrics.max_drawdown import MAX_DRAWDOWN
from trading.performance.metrics.mean_held import MEAN_HELD_SESSIONS
from trading.performance.metrics.net_exposure import NET_EXPOSURE
from trading.performance.metrics.profit_factor import PROFIT_FACTOR
from trading.performance.metrics.sharpe import SHARPE
from trading.performance.metrics.sharpe_above_luck import SHARPE_ABOVE_LUCK
from trading.performance.metrics.sharpe_above_zero import SHARPE_ABOVE_ZERO
from trading.performance.metrics.sortino import SORTINO
from trading.performance.metrics.time_invested import TIME_INVESTED
from trading.performance.metrics.total_return import TOTAL_RETURN
from trading.performance.metrics.trades import TRADES
from trading.performance.metrics.turnover import TURNOVER_A_YEAR
from trading.performance.metrics.win_rate import WIN_RATE
from trading.performance.metrics.worst_session import WORST_SESSION

METRICS: tuple[Metric[Any], ...] = (
    TOTAL_RETURN,
    ANNUAL_RETURN,
    ANNUAL_VOLATILITY,
    SHARPE,
    SORTINO,
    CALMAR,
    SHARPE_ABOVE_ZERO,
    SHARPE_ABOVE_LUCK,
    MAX_DRAWDOWN,
    LONGEST_DRAWDOWN,
    WORST_SESSION,
    BEST_SESSION,
    BETA,
    TRADES,
    WIN_RATE,
    PROFIT_FACTOR,
    EXPOSURE,
    NET_EXPOSURE,
    TIME_INVESTED,
    TURNOVER_A_YEAR,
    COSTS_USD,
    COSTS_OF_EQUITY_A_YEAR,
    MEAN_HELD_SESSIONS,
)


def all_metrics() -> tuple[Metric[Any], ...]:
    """Every metric, in order."""
    return METRICS


def in_every_report() -> tuple[Metric[Any], ...]:
    """Those that the reports of a run show as well as those of a backtest."""
    return tuple(metric for metric in METRICS if metric.in_every_report)


def targets() -> tuple[tuple[Metric[Any], Target], ...]:
    """Those of which the strategy wants something, with what it wants."""
    return tuple((metric, metric.target) for metric in in_every_report() if metric.target)


def counts_last(metrics: tuple[Metric[Any], ...]) -> tuple[Metric[Any], ...]:
    """The same with whole numbers at the end, which is the order of answers and of the terminal's table."""
    return tuple(sorted(metrics, key=lambda metric: metric.unit == "count"))

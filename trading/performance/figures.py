"""All figures of an account, beside its benchmark."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from trading.arrays import Floats
from trading.performance.groups import Group, Ratio, catalyst_ratio_of, groups
from trading.performance.metrics import SESSIONS_A_YEAR, Performance, performance
from trading.performance.record import AccountRecord
from trading.performance.returns import (
    annual_return,
    annual_volatility,
    calmar,
    deflated_sharpe,
    longest_drawdown,
    probabilistic_sharpe,
    sortino,
)


@dataclass(frozen=True)
class Curve:
    """Figures of an equity curve; None = not defined.

    Attributes:
        sharpe_above_zero: probability that the true Sharpe ratio is above zero.
        sharpe_above_luck: likewise above what the best of `trials` attempts would show by luck alone (deflated).
        longest_drawdown_sessions: the most sessions in a row below an earlier peak.
    """

    annual_return: float | None
    annual_volatility: float | None
    sortino: float | None
    calmar: float | None
    sharpe_above_zero: float | None
    sharpe_above_luck: float | None
    worst_session: float | None
    best_session: float | None
    longest_drawdown_sessions: int


@dataclass(frozen=True)
class Activity:
    """How much was traded and what it cost.

    Attributes:
        exposure: mean of long and short value over equity.
        net_exposure: likewise of long less short.
        time_invested: share of sessions that closed with a position.
        turnover_a_year: value traded, both sides, over mean equity, times 252 over the sessions.
        costs_usd: all of them; `costs_of_equity_a_year` over mean equity, a year.
        mean_held_sessions: of closed trades, from opening to closing, both counted; None without one.
    """

    exposure: float
    net_exposure: float
    time_invested: float
    turnover_a_year: float
    costs_usd: float
    costs_of_equity_a_year: float
    mean_held_sessions: float | None


@dataclass(frozen=True)
class Figures:
    """All of it.

    Attributes:
        trials: attempts that this one was chosen from, as the user says.
        account: and `benchmark`, with intervals.
        beta: of the account's returns on the benchmark's; None when undefined.
    """

    name: str
    sessions: int
    trials: int
    account: Performance
    benchmark: Performance
    curve: Curve
    benchmark_curve: Curve
    activity: Activity
    beta: float | None
    groups: tuple[Group, ...]
    catalyst: Ratio

    def to_dict(self) -> dict[str, Any]:
        """The figures for a program."""
        return asdict(self)


def figures_of(record: AccountRecord, *, seed: int, trials: int = 1) -> Figures:
    """The figures of what happened.

    Args:
        record: of the account.
        seed: of the resampling.
        trials: how many variants were looked at on these sessions, this one included.
    """
    return Figures(
        name=record.name,
        sessions=len(record.sessions),
        trials=trials,
        account=performance(record.equity_usd.tolist(), record.trades.profit_usd.tolist(), seed=seed),
        benchmark=performance(record.benchmark_usd.tolist(), [], seed=seed),
        curve=_curve(record.returns, record.equity_usd, trials),
        benchmark_curve=_curve(record.benchmark_returns, record.benchmark_usd, 1),
        activity=_activity(record),
        beta=_beta(record.returns, record.benchmark_returns),
        groups=groups(record.trades),
        catalyst=catalyst_ratio_of(record.trades, seed=seed),
    )


def _curve(returns: Floats, equity: Floats, trials: int) -> Curve:
    return Curve(
        annual_return=_known(annual_return(returns)),
        annual_volatility=_known(annual_volatility(returns)),
        sortino=_known(sortino(returns)),
        calmar=_known(calmar(returns)),
        sharpe_above_zero=_known(probabilistic_sharpe(returns)),
        sharpe_above_luck=_known(deflated_sharpe(returns, trials)),
        worst_session=float(returns.min()) if len(returns) else None,
        best_session=float(returns.max()) if len(returns) else None,
        longest_drawdown_sessions=longest_drawdown(equity),
    )


def _activity(record: AccountRecord) -> Activity:
    n = max(len(record.sessions), 1)
    equity = record.equity_usd[1:]
    mean_equity = float(equity.mean()) if len(equity) else float(record.equity_usd[0])
    gross, net = record.long_usd + record.short_usd, record.long_usd - record.short_usd
    trades = record.trades
    opened, closed = (np.searchsorted(record.sessions, days) for days in (trades.opened, trades.closed))
    return Activity(
        exposure=float((gross / equity).mean()) if len(equity) else 0.0,
        net_exposure=float((net / equity).mean()) if len(equity) else 0.0,
        time_invested=float((gross > 0).mean()) if len(gross) else 0.0,
        turnover_a_year=float(record.traded_usd.sum()) / mean_equity * SESSIONS_A_YEAR / n,
        costs_usd=float(record.costs_usd.sum()),
        costs_of_equity_a_year=float(record.costs_usd.sum()) / mean_equity * SESSIONS_A_YEAR / n,
        mean_held_sessions=float((closed - opened + 1).mean()) if len(trades) else None,
    )


def _beta(returns: Floats, benchmark: Floats) -> float | None:
    if len(returns) < 3 or benchmark.std() == 0:  # noqa: PLR2004
        return None
    return float(np.cov(returns, benchmark, ddof=1)[0, 1] / benchmark.var(ddof=1))


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None

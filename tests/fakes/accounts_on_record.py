"""Accounts made up by a seed, as a backtest and as the report of a run hold them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from actors.reporting import Report
from trading.market.benchmark import BENCHMARK
from trading.performance.measuring import performances
from trading.performance.record import AccountRecord, Trades

FIRST = np.datetime64("2020-01-01")
START_USD = 100_000.0


def record_of(sessions: int, trades: int, *, seed: int = 5) -> AccountRecord:
    """An account that holds long and short positions and closes `trades` of them."""
    rng = np.random.default_rng(seed)
    return AccountRecord(
        name="ensemble",
        sessions=FIRST + np.arange(sessions),
        equity_usd=_curve(rng, sessions, 0.01),
        benchmark_name="equal weight",
        benchmark_usd=_curve(rng, sessions, 0.02),
        long_usd=rng.uniform(0, 60_000, sessions).round(2) * (rng.uniform(size=sessions) < 0.7),
        short_usd=rng.uniform(0, 20_000, sessions).round(2) * (rng.uniform(size=sessions) < 0.2),
        traded_usd=rng.uniform(0, 30_000, sessions).round(2),
        costs_usd=rng.uniform(0, 50, sessions).round(2),
        trades=_trades(rng, sessions, trades),
        open_trades=0,
        refused={"too little cash": 2},
        models={},
    )


def _curve(rng: np.random.Generator, sessions: int, deviation: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Equity to the cent, from the start on."""
    steps = rng.normal(0.001, deviation, sessions)
    return np.concatenate([[START_USD], START_USD * np.cumprod(1 + steps)]).round(2)


def _trades(rng: np.random.Generator, sessions: int, n: int) -> Trades:
    decided = FIRST + np.sort(rng.integers(0, max(sessions - 6, 1), n))
    opened = decided + 1
    return Trades(
        symbol=rng.choice(["AA", "BB"], n),
        direction=rng.choice(np.array([1, -1], np.int8), n),
        decided=decided,
        opened=opened,
        closed=opened + rng.integers(0, 5, n),
        shares=rng.integers(1, 100, n),
        cost_usd=rng.uniform(500, 5_000, n).round(2),
        profit_usd=rng.normal(20, 100, n).round(2),
        exit_kind=rng.choice(["stop", "target", "time"], n),
        patterns=rng.choice(["hammer", "abcd hammer", "doji"], n),
        catalyst=rng.choice(np.array([1, 0, -1], np.int8), n),
        trend=rng.choice(["bull", "bear"], n),
        volatility=rng.choice(["low", "high"], n),
        driver=np.full(n, "unknown"),
        decided_by=rng.choice(["rule", "ensemble"], n),
    )


def report_of(sessions: int, trades: int) -> Report:
    """The report of a run with two such accounts and their benchmark."""
    rule, ensemble = record_of(sessions, trades), record_of(sessions, 2 * trades, seed=6)
    curves = {"rule": rule.equity_usd, "ensemble": ensemble.equity_usd, BENCHMARK: rule.benchmark_usd}
    profits = {"rule": rule.trades.profit_usd.tolist(), "ensemble": ensemble.trades.profit_usd.tolist()}
    equity = {name: tuple(curve.tolist()) for name, curve in curves.items()}
    return Report(
        sessions=tuple(date(2020, 1, 1) + timedelta(days=day) for day in range(sessions)),
        equity_usd=equity,
        figures=performances(equity, profits, benchmark=BENCHMARK, seed=7),
        open_positions={"rule": 0, "ensemble": 1},
        journal_hash="ab" * 32,
    )

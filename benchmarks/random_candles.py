"""A market without anything to learn: candles of random walks, from which patterns and features are made as ever."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from adapters.calendar import sessions_between
from benchmarks.daily_cycle import session_work
from benchmarks.markets import Universe
from trading.bars.panel import BARS_SCHEMA, as_date
from trading.outcomes.barriers import OutcomeRules
from trading.scanner.at_close import large_cap
from tune.sets.from_market import from_market
from tune.sets.training_set import TrainingSet

SYMBOLS, SESSIONS = 14, 320
FIRST = date(2015, 1, 2)
STEPS = 26
"""Of each session, a quarter of an hour each."""
MARKET, OWN = 0.007, 0.015
"""Daily volatility that all symbols share, and of each alone."""


def random_candles(seed: int) -> Universe:
    """Bars of walks whose steps are independent and symmetric in price, with a market that moves them together."""
    rng = np.random.default_rng(seed)
    days = sessions_between(FIRST, FIRST + timedelta(days=SESSIONS * 2))[:SESSIONS]
    shape = (SYMBOLS, SESSIONS, STEPS + 1)
    steps = rng.normal(0, OWN, shape) + rng.normal(0, MARKET, (1, *shape[1:]))
    steps /= np.sqrt(STEPS + 1)
    path = np.exp(np.cumsum(steps.reshape(SYMBOLS, -1) - (steps**2).mean() / 2, axis=1)).reshape(shape)
    path *= rng.uniform(20, 200, (SYMBOLS, 1, 1))
    path = np.round(path, 2)
    volume = rng.lognormal(15, 0.4, (SYMBOLS, SESSIONS)).astype(np.int64)
    names = [f"RW{number:02d}" for number in range(SYMBOLS)]
    bars = pa.table(
        {
            "symbol": np.repeat(names, SESSIONS),
            "session": pa.array(np.tile(days, SYMBOLS)).cast(pa.date32()),
            "open": path[:, :, 0].ravel(), "high": path.max(axis=2).ravel(), "low": path.min(axis=2).ravel(),
            "close": path[:, :, -1].ravel(), "volume": volume.ravel(),
        }
    ).select(BARS_SCHEMA.names).cast(BARS_SCHEMA)  # fmt: skip
    events = pa.table({"symbol": pa.array([], pa.string()), "event_date": pa.array([], pa.date32())})
    return Universe("random candles", bars, (), (), events, as_date(days[-1]))


def setups_of(seed: int) -> TrainingSet:
    """The setups of such a market, with their outcomes."""
    universe = random_candles(seed)
    market, patterns = session_work(universe)
    return from_market(market, patterns, OutcomeRules(), large_cap(), universe.last)

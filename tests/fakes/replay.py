"""A made-up replay of 100 sessions of 2010, the same on every run.

The numbers belong together (equity = cash + positions, win rate = wins / trades …) so that a page that mixes them up
shows it, but they are nobody's results.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from serve.schema import Estimate

SYMBOLS = ("AAPL", "AMZN", "BAC", "C", "CAT", "F", "FCX", "GE", "GS", "INTC", "JPM", "MSFT", "NFLX", "WFC", "X", "YHOO")
FIRST_SESSION = date(2010, 3, 1)
START_USD = 100_000.0


class Replay:
    """What is known after `done` of 100 sessions.

    Attributes:
        done: complete sessions; 0 is a platform that has only just started.
        suspended: why trading is suspended; None = it isn't.
        equity_usd: at each close, by `tests.fakes.accounts.CURVES`, `(5, 100)`.
        gains: returns of the closed trades.
        probabilities: of three models and the rules, `(n_symbols, 4)`.
    """

    def __init__(self, done: int = 64, seed: int = 7) -> None:
        rng = np.random.default_rng(seed)
        means, spreads = (0.0002, 0.0009, 0.0003, 0.0005, 0.0001), (0.007, 0.006, 0.009, 0.004, 0.003)
        returns = rng.normal(np.array(means)[:, None], np.array(spreads)[:, None], (5, 100))
        self.done = done
        self.suspended: str | None = None
        self.equity_usd = np.round(START_USD * np.cumprod(1 + returns, axis=1), 2)
        self.gains = rng.normal(0.002, 0.03, 800)
        self.probabilities = rng.uniform(0.35, 0.75, (len(SYMBOLS), 4))

    @property
    def session(self) -> date | None:
        """The latest complete one."""
        return sessions(self.done)[-1] if self.done else None


def sessions(count: int) -> list[date]:
    """The first `count` weekdays from 2010-03-01."""
    days = (FIRST_SESSION + timedelta(days=k) for k in range(count * 2))
    return [day for day in days if day.weekday() < 5][:count]


def around(value: float | None, half: float) -> Estimate:
    """The value with an interval of this half-width."""
    return Estimate(value=None) if value is None else Estimate(value=value, low=value - half, high=value + half)

"""The strategy of the engine benchmark, and the bars on which every contender trades it.

Moving-average cross, long only, 100 shares: buy at the open after the fast average of closes rose above the slow one,
sell at the open after it fell below. Each symbol on its own; there is money enough for all; no costs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from trading.arrays import Ints
from trading.bars.panel import Panel
from trading.engine.instruments import Instruments
from trading.engine.requests import BUY, SELL, OrderRequests
from trading.engine.run import BarHistory
from trading.engine.strategy import View
from trading.errors import BadDataError

FAST, SLOW, SHARES = 10, 30, 100
FILE = "sp500_daily_2013_2018.parquet"


def shared_bars() -> Path | None:
    """The file of real bars; None where there is none."""
    path = Path(os.environ.get("INPLAY_SHARED", "../shared")) / "data" / FILE
    return path if path.exists() else None


def read_bars(path: Path) -> pd.DataFrame:
    """The bars by symbol and session; the few without a price or without volume, which nobody could trade, left out."""
    frame = pd.read_parquet(path)
    whole = frame.dropna()
    whole = whole[whole["volume"] > 0].sort_values(["symbol", "date"]).reset_index(drop=True)
    if len(frame) - len(whole) > 100:  # noqa: PLR2004
        raise BadDataError(
            f"{path} has {len(frame) - len(whole)} bars without price or volume; it isn't the known file"
        )
    return whole


def history_of(frame: pd.DataFrame) -> BarHistory:
    """The bars as the engine takes them."""
    symbols, starts = np.unique(frame["symbol"].to_numpy().astype(str), return_index=True)
    prices = {name: frame[name].to_numpy(np.float64) for name in ("open", "high", "low", "close", "volume")}
    offsets = np.append(starts, len(frame)).astype(np.int64)
    sessions = frame["date"].to_numpy().astype("datetime64[D]")
    return BarHistory.of_panel(Panel(symbols=symbols, offsets=offsets, sessions=sessions, **prices))


@dataclass
class Averages:
    """Running sums of the last closes of each instrument; exact, because prices are integers."""

    closes: Ints
    count: Ints
    fast_sum: Ints
    slow_sum: Ints

    @staticmethod
    def of(instruments: int) -> Averages:
        """Nothing seen yet."""
        nothing = np.zeros(instruments, np.int64)
        return Averages(np.zeros((SLOW, instruments), np.int64), nothing, nothing.copy(), nothing.copy())

    def take(self, here: Ints, closes: Ints) -> None:
        """One more close of some instruments."""
        count = self.count[here]
        self.fast_sum[here] += closes - np.where(count >= FAST, self.closes[(count - FAST) % SLOW, here], 0)
        self.slow_sum[here] += closes - self.closes[count % SLOW, here]
        self.closes[count % SLOW, here] = closes
        self.count[here] = count + 1


class Crossing:
    """The strategy over a whole universe; a `trading.engine.strategy.Strategy`."""

    def __init__(self, instruments: Instruments) -> None:
        self._averages = Averages.of(len(instruments))
        self._above = np.zeros(len(instruments), np.bool_)

    def decide(self, view: View) -> OrderRequests | None:
        """Orders where the averages crossed."""
        here = np.flatnonzero(view.volume[-1])
        averages = self._averages
        averages.take(here, view.close_usd_e4[-1, here])
        above = averages.fast_sum[here] * SLOW > averages.slow_sum[here] * FAST
        crossed = (averages.count[here] > SLOW) & (above != self._above[here])
        self._above[here] = above
        if not crossed.any():
            return None
        chosen, up = here[crossed], above[crossed]
        wanted = np.where(up, view.shares[chosen] == 0, view.shares[chosen] > 0)
        chosen, up = chosen[wanted], up[wanted]
        day, symbols = view.step.session, view.instruments.symbols
        ids = [f"{day}:{symbols[number]}" for number in chosen.tolist()]
        return OrderRequests.plain(ids, chosen, np.where(up, BUY, SELL), np.full(len(chosen), SHARES))

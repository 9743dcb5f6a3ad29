"""Every trade of the strategy in backtesting.py, one symbol after the other, as JSON on standard output.

The averages are compared as sums of whole 1/10,000 USD, so that no tie is decided by the rounding of a mean; with
`means` as second argument they are compared as the usual means of floats.
"""

import json
import sys
import warnings
from typing import Any

import backtesting
import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy
from common import FAST, SHARES, SLOW, read

CASH_USD = 1e9
E4 = 10_000


def sums(values: pd.Series, bars: int) -> pd.Series:
    """Sums of the last closes in 1/10,000 USD; whole numbers far below 2**53, hence exact."""
    return pd.Series(np.rint(np.asarray(values) * E4)).rolling(bars).sum().round()


def means(values: pd.Series, bars: int) -> pd.Series:
    """Means of the last closes as whole frames have them: each made of the one before, rounding included."""
    return pd.Series(values).rolling(bars).mean()


class Cross(Strategy):  # type: ignore[misc]
    """Buys and sells where the averages cross; orders fill at the next open."""

    exact = True

    def init(self) -> None:
        """The averages are made for the whole symbol at once."""
        made = sums if self.exact else means
        self.fast, self.slow = self.I(made, self.data.Close, FAST), self.I(made, self.data.Close, SLOW)
        self.weights = (SLOW, FAST) if self.exact else (1, 1)

    def next(self) -> None:
        """One bar closed."""
        if np.isnan(self.slow[-2]):
            return
        fast, slow = self.weights
        above, before = (self.fast[at] * fast > self.slow[at] * slow for at in (-1, -2))
        if above == before:
            return
        if above and not self.position:
            self.buy(size=SHARES)
        elif self.position and not above:
            self.position.close()


def traded(symbol: str, rows: pd.DataFrame) -> dict[str, Any]:
    """The symbol's fills in order, and what its account ended with."""
    stats = Backtest(rows, Cross, cash=CASH_USD, trade_on_close=False, finalize_trades=False).run()
    closed, open_ = stats["_trades"], stats["_strategy"].trades
    fills: list[tuple[str, str, int, float]] = []
    for one in closed.itertuples():
        fills.append((str(one.EntryTime.date()), "buy", int(one.Size), float(one.EntryPrice)))
        fills.append((str(one.ExitTime.date()), "sell", int(one.Size), float(one.ExitPrice)))
    fills += [(str(one.entry_time.date()), "buy", int(one.size), float(one.entry_price)) for one in open_]
    return {"symbol": symbol, "fills": fills, "final_usd": float(stats["Equity Final [$]"]) - CASH_USD}


def main() -> None:
    """All symbols of the file named by the first argument."""
    warnings.simplefilter("ignore")
    backtesting._tqdm = lambda rows, **_: rows  # noqa: SLF001 - its progress bar would go to standard error
    Cross.exact = "means" not in sys.argv[2:]
    bars = read(sys.argv[1]).rename(columns=str.capitalize)
    wanted = ["Open", "High", "Low", "Close", "Volume"]
    found = [traded(str(symbol), rows.set_index("Date")[wanted]) for symbol, rows in bars.groupby("Symbol")]
    print(json.dumps({"version": backtesting.__version__, "symbols": found}))


if __name__ == "__main__":
    main()

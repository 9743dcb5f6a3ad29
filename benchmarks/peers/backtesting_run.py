"""The strategy in backtesting.py: one back-test a symbol."""

import math
import sys
import warnings

import backtesting
import pandas as pd
from backtesting import Backtest, Strategy
from common import FAST, SHARES, SLOW, read, report

NOTES = ["one symbol after the other, each with money of its own; orders fill at the next open"]


def average(values: pd.Series, bars: int) -> pd.Series:
    """Mean of the last closes."""
    return pd.Series(values).rolling(bars).mean()


class Cross(Strategy):  # type: ignore[misc]
    """Buys and sells where the averages cross."""

    def init(self) -> None:
        """The averages are made for the whole symbol at once."""
        self.fast = self.I(average, self.data.Close, FAST)
        self.slow = self.I(average, self.data.Close, SLOW)

    def next(self) -> None:
        """One bar closed."""
        above, before = self.fast[-1] > self.slow[-1], self.fast[-2] > self.slow[-2]
        if above == before or math.isnan(self.slow[-2]):
            return
        if above and not self.position:
            self.buy(size=SHARES)
        elif self.position and not above:
            self.position.close()


def main() -> None:
    """Its figures are printed."""
    warnings.simplefilter("ignore")
    backtesting._tqdm = lambda rows, **_: rows  # noqa: SLF001 - its progress bar isn't what is measured
    bars = read(sys.argv[1]).rename(columns=str.capitalize)
    symbols = [rows.set_index("Date")[["Open", "High", "Low", "Close", "Volume"]] for _, rows in bars.groupby("Symbol")]

    def trial() -> tuple[int, float]:
        trades, profit_usd = 0, 0.0
        for rows in symbols:
            stats = Backtest(rows, Cross, cash=1e9, finalize_trades=False).run()
            trades += len(stats["_trades"])
            profit_usd += stats["Equity Final [$]"] - 1e9
        return trades, profit_usd

    report(backtesting.__version__, trial, repeats=1, notes=NOTES, warm=False)


if __name__ == "__main__":
    main()

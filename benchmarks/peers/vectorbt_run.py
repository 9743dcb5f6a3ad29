"""The strategy in vectorbt: all symbols as columns of one frame."""

import sys

import pandas as pd
import vectorbt as vbt
from common import FAST, SHARES, SLOW, read, report

NOTES = [
    "the same cross, shifted by a bar and filled at the open; a symbol's missing bars are missing in its column",
    "no orders, no ledger, no cash shared by symbols: arrays of signals and one compiled loop a column",
]


def main() -> None:
    """Its figures are printed."""
    frame = read(sys.argv[1])
    opens = frame.pivot(index="date", columns="symbol", values="open")
    closes = frame.pivot(index="date", columns="symbol", values="close")

    def trial() -> tuple[int, float]:
        fast = closes.vbt.rolling_mean(FAST, minp=FAST)
        slow = closes.vbt.rolling_mean(SLOW, minp=SLOW)
        above = (fast > slow).where(slow.notna())
        before = above.shift(1)
        entries = ((above == 1) & (before == 0)).vbt.fshift(1)
        exits = ((above == 0) & (before == 1)).vbt.fshift(1)
        made = vbt.Portfolio.from_signals(
            closes, entries, exits, price=opens, size=SHARES, init_cash=1e9, freq="1D", ffill_val_price=True
        )
        values = made.final_value()
        return int(made.trades.closed.count().sum()), float((values - 1e9).sum())

    report(vbt.__version__, trial, repeats=5, notes=NOTES, warm=True)


if __name__ == "__main__":
    pd.options.mode.copy_on_write = True
    main()

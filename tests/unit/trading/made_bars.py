"""Bars for the tests of the domain: small ones by hand, random ones by seed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from trading.arrays import Days
from trading.bars.panel import BARS_SCHEMA, Panel

FIRST = date(2010, 1, 4)


def weekdays(count: int) -> Days:
    """`count` weekdays from Monday 2010-01-04 on: the sessions of an exchange without holidays."""
    return np.busday_offset(np.datetime64(FIRST), np.arange(count)).astype("datetime64[D]")


def table(rows: Sequence[tuple[str, date | np.datetime64, float, float, float, float, int | None]]) -> pa.Table:
    """A bars table of `(symbol, session, open, high, low, close, volume)`."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(BARS_SCHEMA.names)
    arrays = [
        pa.array([np.datetime64(value, "D").item() if name == "session" else value for value in column], type=kind)
        for name, kind, column in zip(BARS_SCHEMA.names, BARS_SCHEMA.types, columns, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=BARS_SCHEMA)


def closes(symbol: str, values: Sequence[float], volumes: Sequence[int] | None = None) -> pa.Table:
    """Bars that open at the previous close and range 1 % around open and close."""
    opens = [values[0], *values[:-1]]
    volumes = volumes or [1_000_000] * len(values)
    days = weekdays(len(values))
    return table(
        [
            (symbol, day, open_, max(open_, close) * 1.01, min(open_, close) * 0.99, close, volume)
            for day, open_, close, volume in zip(days, opens, values, volumes, strict=True)
        ]
    )


def random_bars(seed: int, lengths: Sequence[int] = (120, 120, 60, 3, 1, 120), holes: float = 0.03) -> pa.Table:
    """Random walks of one symbol a length, all ending in the same session, with some sessions missing per symbol."""
    rng = np.random.default_rng(seed)
    days = weekdays(max(lengths))
    tables = []
    for number, length in enumerate(lengths):
        close = rng.uniform(5, 200) * np.exp(np.cumsum(rng.normal(0, 0.02, length)))
        open_ = np.concatenate([close[:1], close[:-1]]) * np.exp(rng.normal(0, 0.01, length))
        high = np.maximum(open_, close) * (1 + rng.exponential(0.008, length))
        low = np.minimum(open_, close) / (1 + rng.exponential(0.008, length))
        frame = pd.DataFrame(
            {
                "symbol": f"S{number}",
                "session": days[-length:].astype(object),
                "open": np.round(open_, 2),
                "high": np.round(high, 2) + 0.01,
                "low": np.round(low, 2) - 0.01,
                "close": np.round(close, 2),
                "volume": rng.lognormal(13, 0.6, length).astype(np.int64),
            }
        )
        kept = frame[(rng.uniform(size=length) >= holes) | (np.arange(length) == length - 1)]
        tables.append(pa.Table.from_pandas(kept, schema=BARS_SCHEMA, preserve_index=False))
    return pa.concat_tables(tables)


def random_panel(seed: int, lengths: Sequence[int] = (120, 120, 60, 3, 1, 120)) -> Panel:
    """The panel of `random_bars`."""
    return Panel.from_arrow(random_bars(seed, lengths))


def same(left: npt.NDArray[np.generic], right: npt.NDArray[np.generic], what: str) -> None:
    """Equal bit by bit, NaN where NaN."""
    np.testing.assert_array_equal(left, right, err_msg=what)

"""Real market data outside the repository, for the tests that need more than the bundled sample."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from adapters.calendar import exchange_time_to_utc, session_hours
from trading.bars.intraday import INTRADAY_SCHEMA, IntradayPanel
from trading.bars.panel import Panel
from trading.bars.session_hours import SessionHours


def shared_frame(name: str) -> pd.DataFrame:
    """The Parquet file `name` of the folder `INPLAY_SHARED`; the test is skipped where there is none."""
    path = Path(os.environ.get("INPLAY_SHARED", "../shared")) / "data" / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"{path} is absent; set INPLAY_SHARED to the folder of real data to run this")
    return pd.read_parquet(path)


def whole_market() -> Panel:
    """All US stocks of 2015 and 2016, daily, adjusted for splits and dividends."""
    frame = shared_frame("us_all_daily_2015_2016").sort_values(["symbol", "date"])
    symbol = frame["symbol"].to_numpy().astype(str)
    symbols, starts = np.unique(symbol, return_index=True)
    factor = frame["cum_adj"].to_numpy(np.float64)
    prices = {name: frame[name].to_numpy(np.float64) * factor for name in ("open", "high", "low", "close")}
    return Panel(
        symbols=symbols,
        offsets=np.append(starts, len(symbol)).astype(np.int64),
        sessions=frame["date"].to_numpy().astype("datetime64[D]"),
        volume=frame["volume"].to_numpy(np.float64),
        **prices,
    )


def real_minutes(name: str) -> tuple[IntradayPanel, SessionHours, int]:
    """The minutes of a file, the hours of their sessions, and how many bars lay outside all hours."""
    frame = shared_frame(name)
    if "ts_et" in frame:
        starts = exchange_time_to_utc(frame["ts_et"].to_numpy())
    else:
        starts = frame["ts_utc"].dt.tz_localize(None).to_numpy().astype("datetime64[s]")
    days = starts.astype("datetime64[D]")
    hours = session_hours(days.min().item(), days.max().item())
    inside = hours.locate(starts, 60)[0] >= 0
    frame = frame[inside].assign(starts_at=pd.DatetimeIndex(starts[inside]).tz_localize("UTC"))
    table = pa.Table.from_pandas(frame[INTRADAY_SCHEMA.names], preserve_index=False).cast(INTRADAY_SCHEMA)
    return IntradayPanel.from_arrow(table, hours), hours, int((~inside).sum())

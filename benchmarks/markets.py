"""The bars that benchmarks run on: the bundled sample, and a far larger universe where it is at hand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.calendar import sessions_between
from adapters.sample.bundled import load_bars, load_earnings, load_instruments
from trading.arrays import Days, Floats
from trading.bars.actions import Break, Split
from trading.bars.panel import BARS_SCHEMA
from trading.gates.screening import screen

LARGE_FILE = "us_all_daily_2015_2016.parquet"


@dataclass(frozen=True)
class Universe:
    """Bars with all that a cycle needs beside them.

    Attributes:
        bars: columns of `BARS_SCHEMA`.
        events: earnings days.
        last: the session whose work is measured.
        sectors: sector by symbol, where one is known.
        vix: days and closes of the VIX; None where it isn't at hand.
    """

    name: str
    bars: pa.Table
    splits: tuple[Split, ...]
    breaks: tuple[Break, ...]
    events: pa.Table
    last: date
    sectors: Mapping[str, str] = field(default_factory=dict)
    vix: tuple[Days, Floats] | None = None

    @property
    def words(self) -> str:
        """How large it is."""
        return f"{self.name}: {self.bars.num_rows:,} bars of {len(self.bars.column('symbol').unique()):,} symbols"


def sample() -> Universe:
    """The bundled sample behind its gates, as a run imports it."""
    raw = load_bars().table
    reach = pc.min_max(raw.column("session"))
    screened = screen(raw, expected_sessions=sessions_between(reach["min"].as_py(), reach["max"].as_py()))
    return Universe(
        "bundled sample", screened.bars, screened.splits, screened.breaks, load_earnings().table, reach["max"].as_py(),
        sectors=_sectors(load_instruments(), "symbol", "sector"),
    )  # fmt: skip


def large() -> Universe | None:
    """All US shares of 2015 and 2016 as printed, from `INPLAY_SHARED`; None where that isn't."""
    data = Path(os.environ.get("INPLAY_SHARED", "../shared")) / "data"
    path = data / LARGE_FILE
    if not path.is_file():
        return None
    raw = pq.read_table(path).rename_columns({"date": "session"}).select(BARS_SCHEMA.names).cast(BARS_SCHEMA)
    priced = pc.and_(pc.greater(raw.column("low"), 0.0), pc.greater_equal(raw.column("high"), raw.column("low")))
    bars = raw.filter(priced)
    last = pc.max(bars.column("session")).as_py()
    vix = pq.read_table(data / "vix_daily.parquet")
    days = vix.column("date").to_numpy(zero_copy_only=False).astype("datetime64[D]")
    return Universe(
        "all US shares 2015-2016", bars, (), (), load_earnings().table, last,
        sectors=_sectors(pq.read_table(data / "sp500_constituents_gics.parquet"), "Symbol", "GICS Sector"),
        vix=(days, vix.column("close").to_numpy(zero_copy_only=False)),
    )  # fmt: skip


def stocks_505() -> Universe | None:
    """505 stocks of the S&P 500 from 2013 to 2018, from `INPLAY_SHARED`; None where that isn't."""
    data = Path(os.environ.get("INPLAY_SHARED", "../shared")) / "data"
    path = data / "sp500_daily_2013_2018.parquet"
    if not path.is_file():
        return None
    raw = pq.read_table(path).rename_columns({"date": "session"}).select(BARS_SCHEMA.names)
    bars = raw.cast(BARS_SCHEMA, safe=False).drop_null()
    priced = pc.and_(pc.greater(bars.column("low"), 0.0), pc.greater_equal(bars.column("high"), bars.column("low")))
    bars = bars.filter(priced)
    last = pc.max(bars.column("session")).as_py()
    return Universe(
        "505 stocks 2013-2018", bars, (), (), load_earnings().table, last,
        sectors=_sectors(pq.read_table(data / "sp500_constituents_gics.parquet"), "Symbol", "GICS Sector"),
    )  # fmt: skip


def _sectors(table: pa.Table, symbol: str, sector: str) -> dict[str, str]:
    pairs = zip(table.column(symbol).to_pylist(), table.column(sector).to_pylist(), strict=True)
    return {name: of for name, of in pairs if name and of}

"""Bars of a whole market out of the tiers: one symbol's year, one day of all, beside a bare read of the files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from adapters.bars.files import BarFile, Kind
from adapters.bars.store import BarStore
from benchmarks.measure import Table, same, timed
from trading.bars.panel import BARS_SCHEMA

SOURCE = "us_all_daily_2015_2016.parquet"
FIRST, LAST = date(2016, 1, 1), date(2016, 12, 31)
DAY = date(2016, 6, 15)
SYMBOL = "AAPL"
REPEATS = 15
POINT_LIMIT_S, DAY_LIMIT_S = 0.050, 1.0


class Listed:
    """A manifest in memory, so that the files are measured and not the database."""

    def __init__(self, files: Sequence[BarFile]) -> None:
        self._files = files

    def files(
        self, first: date | None = None, last: date | None = None, *, timeframe: Kind | None = "1d"
    ) -> list[BarFile]:
        """Files that reach into the range."""
        low, high = first or date.min, last or date.max
        reach = [file for file in self._files if file.last_session >= low and file.first_session <= high]
        return [file for file in reach if timeframe in {None, file.timeframe}]


def run() -> Table:
    """The table of this benchmark; `ratio` says how many times as long as the bare read ours takes."""
    table = Table("storage", "daily bars of the whole market, in files of a month; the peer reads the same files")
    source = Path(os.environ.get("INPLAY_SHARED", "../shared")) / "data" / SOURCE
    if not source.exists():
        table.notes.append(f"nothing was measured: {source} is absent; set INPLAY_SHARED to the folder of real data")
        return table
    bars = pq.read_table(source).rename_columns({"date": "session"}).select(BARS_SCHEMA.names)
    with tempfile.TemporaryDirectory(prefix="inplay-storage-") as folder:
        home = Path(folder)
        writer = BarStore(home, Listed([]))
        files = writer.write(_readable(bars, table))
        store = BarStore(home, Listed(files))
        _measure(table, store, ds.dataset([str(home / file.path) for file in files]))
    return table


def _readable(bars: pa.Table, table: Table) -> pa.Table:
    """The rows that a file of bars can hold: none with a missing value."""
    complete = bars.cast(BARS_SCHEMA, safe=False).drop_null()
    left = bars.num_rows - complete.num_rows
    symbols = len(pc.unique(complete.column("symbol")))
    table.notes.append(
        f"{complete.num_rows:,} bars of {symbols:,} symbols, as printed; {left:,} rows with a missing value left out"
    )
    return complete


def _measure(table: Table, store: BarStore, peer: ds.Dataset) -> None:
    year = (pc.field("session") >= FIRST) & (pc.field("session") <= LAST) & (pc.field("symbol") == SYMBOL)
    of_day = pc.field("session") == DAY
    works: tuple[tuple[str, float, Callable[[], pa.Table], Callable[[], pa.Table]], ...] = (
        (
            f"one symbol, one year ({SYMBOL}, 2016)",
            POINT_LIMIT_S,
            lambda: store.read(FIRST, LAST, symbols=[SYMBOL]),
            lambda: peer.to_table(filter=year),
        ),
        (
            f"one day of all symbols ({DAY})",
            DAY_LIMIT_S,
            lambda: store.read(DAY, DAY),
            lambda: peer.to_table(filter=of_day),
        ),
    )
    first = timed(lambda: store.read(FIRST, LAST, symbols=[SYMBOL]), repeats=1, warm_up=False)
    table.add("the first read in a process, hashes of its files included", first)
    for what, limit_s, ours, theirs in works:
        same(ours().num_rows, theirs().num_rows, "rows")
        rows = ours().num_rows
        mine, bare = timed(ours, repeats=REPEATS), timed(theirs, repeats=REPEATS)
        met = "met" if mine.median_s < limit_s else "MISSED"
        table.add(what, mine, ratio=mine.median_s / bare.median_s, limit_s=limit_s, limit=met, rows=rows)
        table.add(f"  the same by pyarrow.dataset, {rows:,} rows", bare, ratio=1.0, rows=rows)
    table.notes.append("ours also checks each file's hash (once in a process), drops earlier versions and sorts")
    table.notes.append("the manifest is in memory here; asking PostgreSQL for it takes a millisecond or two more")

"""Bars of many small files, and what must be read whatever happens to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa

from adapters.bars.locations import TIERS, TierLocations
from adapters.bars.store import BarStore
from adapters.calendar import sessions_between
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.pool import Pool
from trading.bars.panel import BARS_SCHEMA

NOON = datetime(2020, 6, 1, 16, tzinfo=UTC)
TODAY = date(2020, 6, 1)
SESSIONS = [day.item() for day in sessions_between(date(2019, 4, 22), date(2019, 5, 10))] + [
    day.item() for day in sessions_between(date(2020, 4, 20), TODAY)
]
"""On TODAY some are cold, some warm and some hot."""
WARM = [day for day in SESSIONS if date(2020, 4, 1) <= day < date(2020, 5, 1)]


def bars_of(days: Sequence[date], close: float = 10.2, symbols: Sequence[str] = ("A", "B")) -> pa.Table:
    """One bar a symbol and day."""
    rows = [(symbol, day, 10.0, 10.5, 9.5, close, 1000) for symbol in symbols for day in days]
    return pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=BARS_SCHEMA.names).cast(BARS_SCHEMA)


def write_small_files(home: Path, pool: Pool, days: Sequence[date] = SESSIONS) -> pa.Table:
    """A file a session, and a correction of A on every third; returns what is to be read."""
    store, record = BarStore(home, BarRecord(pool)), BarRecord(pool)
    for day in days:
        record.record_files(store.write(bars_of([day])), written_at=NOON)
    for day in days[::3]:
        record.record_files(store.write(bars_of([day], 10.4, ["A"])), written_at=NOON)
    corrected = set(days[::3])
    rows = bars_of(days).to_pylist()
    for row in rows:
        if row["symbol"] == "A" and row["session"] in corrected:
            row["close"] = 10.4
    return pa.Table.from_pylist(rows, schema=BARS_SCHEMA)


def strays(home: Path, pool: Pool, locations: TierLocations | None = None) -> set[str]:
    """Files of bars in any tier that the manifest doesn't name, or names and that aren't there."""
    places = (locations or TierLocations()).places(home)
    there = {path for tier in TIERS for path in places[tier].sizes() if ".parquet" in path}
    return there ^ {file.path for file in BarRecord(pool).files(timeframe=None)}

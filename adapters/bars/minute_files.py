"""Minute bars from Parquet or CSV files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from adapters.calendar import exchange_time_to_utc, session_hours
from trading.bars.intraday import INTRADAY_SCHEMA
from trading.bars.minute_bars import Minutes
from trading.bars.session_hours import SessionHours
from trading.errors import BadDataError

BAR_S = 60
MOST_FILES = 10_000
SUFFIXES = (".parquet", ".csv")
TIMES = ("starts_at", "ts_utc", "ts_et")
"""Names of the column with the start of a bar; `ts_et` is New York wall clock, the others are UTC."""
PRICES = ("open", "high", "low", "close")

NO_SYMBOL = "no symbol or no time"
BAD_PRICE = "a price that is no number above 0, or outside low and high"
BAD_VOLUME = "volume below 0 or unknown"
NO_TRADE = "no volume: no trade in it"
OUTSIDE = "outside the hours of every session"
REPEATED = "says what another row says"
CONTRADICTED = "another row of the same minute says otherwise"


@dataclass(frozen=True)
class MinuteFiles:
    """The minute bars of a file, or of all .parquet and .csv files of a folder.

    Attributes:
        path: columns `symbol`, one of `TIMES`, `open`, `high`, `low`, `close`, `volume`; others are ignored.
    """

    path: Path

    def until(self, first: date, at: datetime) -> Minutes:
        """See `trading.bars.minute_bars.MinuteBars`; rows of other times are neither judged nor counted."""
        hours = session_hours(first, at.astimezone(UTC).date())
        begin, end = hours.premarket_at[0], np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "s")
        parts = [_within(_read(file), begin, end, str(file)) for file in self._files()]
        return _judged(pa.concat_tables(parts), hours)

    def _files(self) -> Sequence[Path]:
        if self.path.is_file():
            return [self.path]
        found = sorted(file for file in self.path.glob("*") if file.suffix.lower() in SUFFIXES)
        if not 0 < len(found) <= MOST_FILES:
            raise BadDataError(
                f"{self.path} is no file and holds {len(found)} .parquet and .csv files; 1 to {MOST_FILES} are read. "
                "Nothing was scanned."
            )
        return found


def _read(file: Path) -> pa.Table:
    try:
        names = [*(field.name for field in INTRADAY_SCHEMA), *TIMES]
        if file.suffix.lower() == ".parquet":
            present = pq.read_schema(file).names
            return pq.read_table(file, columns=[name for name in present if name in names])
        return pa_csv.read_csv(file)
    except (OSError, pa.ArrowException) as error:
        raise BadDataError(f"{file} can't be read: {error}. Nothing was scanned.") from None


def _within(table: pa.Table, begin: np.datetime64, end: np.datetime64, name: str) -> pa.Table:
    """The rows whose minute begins at or after `begin` and is over at `end`, in the columns of `INTRADAY_SCHEMA`."""
    named = next((time for time in TIMES if time in table.column_names), None)
    lacking = {"symbol", "volume", *PRICES} - set(table.column_names)
    if named is None or lacking:
        raise BadDataError(
            f"{name} has no column {sorted(lacking) or ' or '.join(TIMES)}; it has {table.column_names}. "
            "Nothing was scanned."
        )
    starts = _starts(table.column(named), eastern=named == "ts_et", name=name)
    over = starts + np.timedelta64(BAR_S, "s")
    here = np.flatnonzero(np.isnat(starts) | ((starts >= begin) & (over <= end)))
    rows = table.take(here)
    columns = [_cast(rows.column(field.name), field, name) for field in INTRADAY_SCHEMA if field.name != "starts_at"]
    stamps = pa.array(starts[here], pa.timestamp("s")).cast(INTRADAY_SCHEMA.field("starts_at").type)
    return pa.table([columns[0], stamps, *columns[1:]], schema=INTRADAY_SCHEMA)


def _starts(column: Any, *, eastern: bool, name: str) -> npt.NDArray[np.datetime64]:
    """When each bar starts, UTC; NaT where it isn't said."""
    if not pa.types.is_timestamp(column.type):
        raise BadDataError(f"{name}: its times are {column.type} and not time stamps. Nothing was scanned.")
    aware = column.type.tz is not None
    stamps: npt.NDArray[np.datetime64] = (
        column.cast(pa.timestamp("s", tz=column.type.tz), safe=False).cast(pa.timestamp("s")).to_numpy()
    )
    if not eastern or aware:
        return stamps
    known = ~np.isnat(stamps)
    stamps = stamps.copy()
    stamps[known] = exchange_time_to_utc(stamps[known])
    return stamps


def _cast(column: Any, field: Any, name: str) -> Any:
    try:
        return column.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadDataError(f"{name}, column {field.name}: {error}. Nothing was scanned.") from None


def _judged(table: pa.Table, hours: SessionHours) -> Minutes:
    """Each row is a bar or refused for the first reason that holds."""
    price = {name: _floats(table, name) for name in PRICES}
    volume = _floats(table, "volume")
    starts = table.column("starts_at").cast(pa.timestamp("s")).to_numpy()
    nameless = pc.utf8_length(table.column("symbol")).fill_null(0).to_numpy() == 0
    told = ~np.isnat(starts)
    inside = np.zeros(len(starts), dtype=np.bool_)
    inside[told] = hours.locate(starts[told], BAR_S)[0] >= 0
    lowest, highest = np.minimum(price["open"], price["close"]), np.maximum(price["open"], price["close"])
    sound = (price["low"] > 0) & (price["low"] <= lowest) & (highest <= price["high"]) & np.isfinite(price["high"])
    refused: Counter[str] = Counter()
    left = np.ones(len(starts), dtype=np.bool_)
    for reason, holds in (
        (NO_SYMBOL, nameless | ~told),
        (BAD_PRICE, ~sound),
        (BAD_VOLUME, ~(volume >= 0)),
        (NO_TRADE, volume == 0),
        (OUTSIDE, ~inside),
    ):
        refused[reason] += int((left & holds).sum())
        left &= ~holds
    bars = _each_once(table.take(np.flatnonzero(left)), refused)
    return Minutes(bars, {reason: count for reason, count in refused.items() if count})


def _floats(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    """The column, NaN where it is null."""
    values: npt.NDArray[np.float64] = table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
    return values


def _each_once(table: pa.Table, refused: Counter[str]) -> pa.Table:
    """One row per symbol and minute; rows that contradict each other are all refused."""
    distinct = table.group_by(INTRADAY_SCHEMA.names).aggregate([])
    refused[REPEATED] += table.num_rows - distinct.num_rows
    minutes = distinct.group_by(["symbol", "starts_at"]).aggregate([([], "count_all")])
    if minutes.num_rows == distinct.num_rows:
        return distinct.select(INTRADAY_SCHEMA.names)
    alone = pc.equal(minutes.column("count_all"), pa.scalar(1, pa.int64()))
    single = minutes.filter(alone).select(["symbol", "starts_at"])
    kept = distinct.join(single, keys=["symbol", "starts_at"], join_type="inner").select(INTRADAY_SCHEMA.names)
    refused[CONTRADICTED] += distinct.num_rows - kept.num_rows
    return kept

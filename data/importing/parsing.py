"""Text and typed columns as bars: what can't be read is set aside with its text and the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from adapters.bars.files import SHAPES, Timeframe
from adapters.exchange_time import TIME_ZONE
from adapters.feeds.source import FACTOR, UNREAD_SCHEMA, Chunk
from data.importing.factor_file import FactorFile
from trading.arrays import Flags
from trading.errors import BadDataError, ConfigurationError

DAYS = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d.%m.%Y", "%d-%b-%Y", "%b %d, %Y")
SWAPPED = ("%m/%d/%Y", "%d/%m/%Y")
CLOCKS = (
    "", " %H:%M:%S", "T%H:%M:%S", " %H:%M", " %H%M%S", "T%H:%M", "T%H:%M:%S%z", " %H:%M:%S%z", " %H:%M:%S.%f",
    "T%H:%M:%S.%f", "T%H:%M:%S.%f%z", "T%H:%M%z", " %I:%M %p", " %I:%M:%S %p",
)  # fmt: skip
EPOCHS = {10: ("s", "epoch seconds"), 13: ("ms", "epoch milliseconds")}
TYPED = "typed"
ADJUSTED = "adjusted_close"
EXAMINED_ROWS = 5_000
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
RAW_CHARACTERS = 500


@dataclass(frozen=True)
class TimeFormat:
    """How the times of a file are read.

    Attributes:
        pattern: of `strptime`, `TYPED` for columns that are times already, or the name of an epoch.
        zoned: the text itself says its time zone.
        guessed: nobody said that this is the format.
    """

    pattern: str
    zoned: bool
    guessed: bool = False

    @property
    def swapped(self) -> str:
        """The format with day and month in each other's place, where both orders are in use; else empty."""
        for one, other in (SWAPPED, SWAPPED[::-1]):
            if self.pattern.startswith(one):
                return other + self.pattern.removeprefix(one)
        return ""


def time_format_of(texts: pa.Array[Any], asked: str = "") -> TimeFormat:
    """The format of times that most of the texts have.

    Raises:
        BadDataError: when there is none.
        ConfigurationError: when two formats read the same texts as different times, such as day and month swapped.
    """
    texts = texts.drop_null().slice(0, EXAMINED_ROWS)
    texts = texts.filter(pc.not_equal(texts, ""))
    if asked:
        return TimeFormat(asked, zoned="%z" in asked)
    if not len(texts):
        raise BadDataError("no row has a time.")
    width = len(texts[0].as_py())
    if width in EPOCHS and pc.all(pc.match_substring_regex(texts, r"^\d+$")).as_py():
        return TimeFormat(EPOCHS[width][1], zoned=True)
    found = [(pattern, _parsed(texts, pattern)) for day in DAYS for pattern in (day + clock for clock in CLOCKS)]
    best = min(np.isnat(parsed).sum() for _, parsed in found)
    if best * 2 >= len(texts):
        raise BadDataError(f"times such as {texts[0].as_py()!r} are in no known format; name it by --time-format.")
    good = [(pattern, parsed) for pattern, parsed in found if np.isnat(parsed).sum() == best]
    if any(not np.array_equal(parsed, good[0][1], equal_nan=True) for _, parsed in good):
        said = " or ".join(pattern for pattern, _ in good)
        raise ConfigurationError(
            f"{texts[0].as_py()!r} can be read as {said}. Nothing was stored. Say which: --time-format '{good[0][0]}'"
        )
    pattern = good[0][0]
    return TimeFormat(pattern, zoned="%z" in pattern, guessed=True)


def _parsed(texts: pa.Array[Any], pattern: str) -> npt.NDArray[np.datetime64]:
    """The times, `datetime64[s]`, UTC where the text says its zone; NaT where it is not of the pattern.

    Pandas refuses the 30th of February, where Arrow goes on to March. Times repeat, so each is read once.
    """
    encoded = texts.dictionary_encode()
    distinct = pd.Index(encoded.dictionary.to_pylist(), dtype=object)
    stamps = pd.to_datetime(distinct, format=pattern, errors="coerce", utc="%z" in pattern)
    values = np.append(_naive(stamps), np.datetime64("NaT", "s"))
    parsed: npt.NDArray[np.datetime64] = values[pc.fill_null(encoded.indices, len(distinct)).to_numpy()]
    return parsed


def _naive(stamps: pd.DatetimeIndex) -> npt.NDArray[np.datetime64]:
    if stamps.tz is not None:
        stamps = stamps.tz_convert("UTC").tz_localize(None)
    return np.asarray(stamps.to_numpy().astype("datetime64[s]"))


def days_of(stamps: npt.NDArray[np.datetime64], *, zoned: bool) -> npt.NDArray[np.datetime64]:
    """The days that begin at these times, `datetime64[D]`; NaT where none does.

    Args:
        stamps: `datetime64[s]`, in UTC where `zoned`. A day may begin at midnight of New York then, as feeds write it.
        zoned: the source says its time zone.
    """
    days = stamps.astype("datetime64[D]")
    begins = stamps == days
    if zoned and not begins.all():
        local = pd.DatetimeIndex(stamps).tz_localize("UTC").tz_convert(TIME_ZONE).tz_localize(None)
        there = np.asarray(local.to_numpy().astype("datetime64[s]"))
        midnight = ~begins & (there == there.astype("datetime64[D]"))
        days, begins = np.where(midnight, there.astype("datetime64[D]"), days), begins | midnight
    return np.where(begins, days, np.datetime64("NaT", "D"))


@dataclass(frozen=True)
class Reading:
    """How the rows of a file become bars.

    Attributes:
        timeframe: of the bars.
        time: format of their times.
        timezone: of times that carry none; ignored for days.
        volume_unit: shares that the file counts as one.
        factors: from a file of their own; None when the bars bring theirs, or none are known.
    """

    timeframe: Timeframe
    time: TimeFormat
    timezone: str
    volume_unit: int
    factors: FactorFile | None = None

    def chunk(self, rows: pa.Table) -> Chunk:
        """The rows with columns symbol, time, open, high, low, close and volume, as text or typed."""
        problems = _Problems(rows)
        columns = {
            "symbol": pc.utf8_trim_whitespace(rows.column("symbol").cast(pa.string())),
            SHAPES[self.timeframe].time: self._times(rows.column("time"), problems),
            **{name: _numbers(rows.column(name), name, problems) for name in ("open", "high", "low", "close")},
            "volume": self._volumes(rows.column("volume"), problems),
        }
        shape = SHAPES[self.timeframe]
        table = pa.table([columns[name] for name in shape.schema.names], names=shape.schema.names).cast(shape.schema)
        if self.factors is not None:
            table = table.append_column(FACTOR, self.factors.of(table.column("symbol"), table.column("session")))
        elif self.timeframe == "1d" and {FACTOR, ADJUSTED} & set(rows.column_names):
            table = table.append_column(FACTOR, _factors(rows, table.column("close")))
        return Chunk(table.filter(pa.array(~problems.found)), problems.unread())

    def _volumes(self, column: Any, problems: _Problems) -> Any:
        volume = _numbers(column, "volume", problems).to_numpy(zero_copy_only=False) * self.volume_unit
        odd = np.isfinite(volume) & ((volume != np.floor(volume)) | (np.abs(volume) >= 2.0**53))
        problems.add(odd, "volume_not_whole", "the volume is no whole number of shares")
        missing = ~np.isfinite(volume)
        return pa.array(np.where(missing | odd, 0, volume).astype(np.int64), mask=missing | odd)

    def _times(self, column: Any, problems: _Problems) -> Any:
        stamps = self._stamps(column)
        there = column.is_valid() if self.time.pattern == TYPED else pc.not_equal(pc.fill_null(column, ""), "")
        unreadable = np.isnat(stamps) & there.to_numpy()
        self._refuse_mixed(column, unreadable)
        problems.add(unreadable, "unreadable_time", f"the time is not of the form {self.time.pattern}")
        if self.timeframe == "1d":
            day = days_of(stamps, zoned=self.time.zoned)
            within = ~np.isnat(stamps) & np.isnat(day)
            problems.add(within, "time_of_day", "the day has a time of day, so it is no daily bar")
            return pa.array(day, pa.date32())
        if not self.time.zoned:
            local = pd.DatetimeIndex(stamps)
            instants = local.tz_localize(self.timezone, ambiguous="NaT", nonexistent="NaT")
            stamps = _naive(instants)
            lost = np.isnat(stamps) & ~np.asarray(local.isna())
            problems.add(lost, "ambiguous_time", f"the clock of {self.timezone} was changed at this time")
        return pa.array(stamps).cast(pa.timestamp("s", tz="UTC"))

    def _refuse_mixed(self, column: Any, unreadable: Flags) -> None:
        """Rows that only the swapped format can read tell that others are read wrongly, and nobody can say which.

        Raises:
            BadDataError: with one of those rows.
        """
        if not self.time.guessed or not self.time.swapped or not unreadable.any():
            return
        odd = pc.utf8_trim_whitespace(pa.array(column.combine_chunks())).take(pa.array(np.flatnonzero(unreadable)))
        other = np.flatnonzero(~np.isnat(_parsed(odd, self.time.swapped)))
        if len(other):
            raise BadDataError(
                f"most times are of the form {self.time.pattern}, and {odd[int(other[0])].as_py()!r} can only be "
                f"{self.time.swapped}: day and month change places, so that other rows would be read as another day. "
                "Correct the file, or say which it is with --time-format; then such rows alone are refused."
            )

    def _stamps(self, column: Any) -> npt.NDArray[np.datetime64]:
        """`datetime64[s]`, in UTC where the file says the zone."""
        if self.time.pattern == TYPED:
            typed: npt.NDArray[np.datetime64] = column.to_numpy(zero_copy_only=False)
            return typed.astype("datetime64[s]")
        text = pc.utf8_trim_whitespace(pa.array(column.combine_chunks()))
        for unit, name in EPOCHS.values():
            if self.time.pattern == name:
                numbers = pc.if_else(pc.match_substring_regex(text, r"^\d{1,15}$"), text, None)
                counted = numbers.cast(pa.int64()).cast(pa.timestamp(unit))
                return np.asarray(counted.to_numpy(zero_copy_only=False).astype("datetime64[s]"))
        return _parsed(text, self.time.pattern)


class _Problems:
    """Rows that can't be bars, with the first reason found."""

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows
        self._gate = np.full(rows.num_rows, "", dtype=np.object_)
        self._reason = np.full(rows.num_rows, "", dtype=np.object_)

    @property
    def found(self) -> Flags:
        return np.asarray(self._gate != "", dtype=np.bool_)

    def add(self, which: Flags, gate: str, reason: str) -> None:
        new = which & ~self.found
        self._gate[new], self._reason[new] = gate, reason

    def unread(self) -> pa.Table:
        """`UNREAD_SCHEMA`."""
        at = np.flatnonzero(self.found)
        rows = self._rows.take(pa.array(at, pa.int64())).combine_chunks()
        named = [
            pc.binary_join_element_wise(f"{name}=", pc.fill_null(column.cast(pa.string()), "None"), "")
            for name, column in zip(rows.column_names, rows.columns, strict=True)
        ]
        raw = pc.utf8_slice_codeunits(pc.binary_join_element_wise(*named, ", "), 0, RAW_CHARACTERS)
        return pa.table([raw, pa.array(self._gate[at]), pa.array(self._reason[at])], names=UNREAD_SCHEMA.names).cast(
            UNREAD_SCHEMA
        )


def _numbers(column: Any, name: str, problems: _Problems) -> Any:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column.cast(pa.float64(), safe=False)  # a count past 2^53 is none that a volume may be
    text = pc.utf8_trim_whitespace(column)
    readable = pc.fill_null(pc.match_substring_regex(text, NUMBER), False)
    empty = pc.fill_null(pc.equal(text, ""), True)
    odd = pc.invert(pc.or_(readable, empty)).to_numpy(zero_copy_only=False)
    problems.add(odd, "not_a_number", f"the {name} is no number")
    return pc.if_else(readable, text, None).cast(pa.float64())


def _factors(rows: pa.Table, close: Any) -> Any:
    """Adjusted price / price; null where the source says none, which refuses no bar."""
    nothing = _Problems(rows)
    if FACTOR in rows.column_names:
        return _numbers(rows.column(FACTOR), FACTOR, nothing)
    return pc.divide(_numbers(rows.column(ADJUSTED), ADJUSTED, nothing), close)


def refusals(raw: Iterator[str], gate: str, reason: str) -> pa.Table:
    """Rows of `UNREAD_SCHEMA`."""
    texts = [text[:RAW_CHARACTERS] or "(empty)" for text in raw]
    columns = [texts, [gate] * len(texts), [reason] * len(texts)]
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=UNREAD_SCHEMA)

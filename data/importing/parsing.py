"""Text and typed columns as bars: what can't be read is set aside with its text and the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from adapters.bars.files import BAR_S, SHAPES, Timeframe
from adapters.feeds.source import DIVIDEND, FACTOR, SPLIT, Chunk, rounded_volumes
from data.importing.actions import read_dividends, read_splits
from data.importing.clocks import Instants, days_of, naive
from data.importing.evidence import Evidence
from data.importing.factor_file import FactorFile
from data.importing.lengths import MINUTE_S, Stamp, starts_of
from data.importing.number_texts import SHORTENED, NumberStyle
from data.importing.numbers import is_text, read_numbers
from data.importing.problems import Problems
from data.importing.tail import FIRST_DAY
from data.importing.times import TYPED, TimeFormat, stamps_of
from data.importing.unreadable import VOLUME, Unreadable
from trading.arrays import Flags, Floats
from trading.bars.symbols import spelt
from trading.errors import BadDataError
from trading.gates import Finding

ADJUSTED = "adjusted_close"
PRICES = ("open", "high", "low", "close")
WHOLE = 1e-9
"""Of a volume: nearer to a whole number is a rounding of the machine's."""


@dataclass(frozen=True)
class Units:
    """What a file counts in.

    Attributes:
        shares: that it counts as one.
        dollars: that it counts as one.
        style: how its numbers are written.
        foreign: its prices may be in another currency, since the user says what that is worth.
    """

    shares: int = 1
    dollars: float = 1.0
    style: NumberStyle = field(default_factory=NumberStyle)
    foreign: bool = False


@dataclass(frozen=True)
class Reading:
    """How the rows of a file become bars.

    Attributes:
        timeframe: of the bars.
        time: format of their times.
        timezone: of times that carry none; of days only for those that are stamped within a day.
        units: of prices and volume.
        clock_s: of days: seconds after midnight at which they are stamped.
        stamp: where in a minute its stamp is; None when nobody said, which is its start.
        factors: from a file of their own; None when the bars bring theirs, or none are known.
    """

    timeframe: Timeframe
    time: TimeFormat
    timezone: str
    units: Units = field(default_factory=Units)
    clock_s: int = 0
    stamp: Stamp | None = None
    factors: FactorFile | None = None

    def chunk(self, rows: pa.Table, evidence: Evidence | None = None) -> Chunk:
        """The rows with columns symbol, time, open, high, low, close and volume, as text or typed.

        Args:
            rows: to read.
            evidence: told what they say of the file.
        """
        problems = Problems(rows)
        symbol, other = spelt(rows.column("symbol"))
        times = self._times(rows.column("time"), problems)
        unreadable = evidence.unreadable if evidence is not None else Unreadable()
        prices = {name: self._price(rows.column(name), name, problems, unreadable) for name in PRICES}
        volume, findings = self._volumes(rows.column("volume"), problems, unreadable)
        if evidence is not None:
            evidence.times(times, symbol)
            evidence.numbers(rows.column("close"), rows.column("volume"), prices["close"])
        shape = SHAPES[self.timeframe]
        columns = {"symbol": symbol, shape.time: self._bar_times(times), **prices, "volume": volume}
        table = pa.table([columns[name] for name in shape.schema.names], names=shape.schema.names).cast(shape.schema)
        if self.factors is not None:
            bars = (table.column("symbol"), table.column("session"))
            factor = self.factors.of(*bars)
            findings = (*findings, *self.factors.lacking(*bars, factor))
            table = table.append_column(FACTOR, factor)
        elif self.timeframe == "1d":
            told = self._told(rows, table.column("close"), problems)
            for name, column in told.items():
                table = table.append_column(name, column)
            if evidence is not None:
                evidence.told.add(table.num_rows, *(told.get(name) for name in (SPLIT, DIVIDEND, FACTOR)))
        elif evidence is not None:
            evidence.told.add(table.num_rows, None, None, None)
        return Chunk(table.filter(pa.array(~problems.found)), problems.unread(), (*findings, *_spelt_otherwise(other)))

    def _price(self, column: Any, name: str, problems: Problems, unreadable: Unreadable) -> Any:
        values, odd = read_numbers(column, self.units.style.of_price, foreign=self.units.foreign)
        unreadable.add(name, column, odd)
        problems.add(odd, "not_a_number", f"the {name} is no number")
        unit = self.units.dollars
        if unit == 1.0:
            return values
        parts = round(1 / unit) if unit < 1 else 0
        return pc.divide(values, float(parts)) if parts and abs(parts * unit - 1) < WHOLE else pc.multiply(values, unit)

    def _volumes(self, column: Any, problems: Problems, unreadable: Unreadable) -> tuple[Any, tuple[Finding, ...]]:
        """Whole shares: a fraction is left out, and counted."""
        values, odd = read_numbers(column, self.units.style.of_volume, shortened=True)
        unreadable.add(VOLUME, column, odd)
        problems.add(odd, "not_a_number", "the volume is no number")
        volume: Floats = values.to_numpy(zero_copy_only=False) * self.units.shares
        huge = np.isinf(volume) | (np.abs(volume) >= 2.0**53)
        problems.add(huge, "volume_not_whole", "the volume is past 2^53, where shares can't be told apart")
        missing = ~np.isfinite(volume) | huge
        nearest = np.rint(volume)
        with np.errstate(invalid="ignore"):  # infinite ones
            whole = np.abs(volume - nearest) <= WHOLE * np.maximum(np.abs(volume), 1.0)
        shares = np.where(missing, 0, np.where(whole, nearest, np.floor(volume))).astype(np.int64)
        fractions = int((~whole & ~missing & ~problems.found).sum())
        return pa.array(shares, mask=missing), _findings(fractions, _shortened(column))

    def _times(self, column: Any, problems: Problems) -> Instants:
        """Days, or seconds in UTC as the file stamps its minutes; NaT where there is none."""
        stamps = stamps_of(column, self.time, up=self.timeframe != "1d")
        there = column.is_valid() if self.time.pattern == TYPED else pc.not_equal(pc.fill_null(column, ""), "")
        unreadable = np.isnat(stamps) & there.to_numpy()
        self._refuse_mixed(column, unreadable)
        problems.add(unreadable, "unreadable_time", f"the time is not of the form {self.time.pattern}")
        zoned = self.time.zoned
        if not zoned and self.timezone and (self.timeframe != "1d" or self.clock_s):
            instants = pd.DatetimeIndex(stamps).tz_localize(self.timezone, ambiguous="NaT", nonexistent="NaT")
            lost, stamps, zoned = ~np.isnat(stamps) & np.asarray(instants.isna()), _seconds(instants), True
            problems.add(lost, "ambiguous_time", f"the clock of {self.timezone} was changed at this time")
        if self.timeframe == "1d":
            day = days_of(stamps, zoned=zoned, clock_s=self.clock_s)
            within = ~np.isnat(stamps) & np.isnat(day)
            problems.add(
                within, "time_of_day", "the day has another time of day than the file's, so it is no daily bar"
            )
            stamps = day
        elif self.stamp != "end":
            off = stamps.astype(np.int64) % MINUTE_S != 0
            problems.add(~np.isnat(stamps) & off, "off_minute", "the time is no whole minute")
        problems.add(stamps < np.datetime64(FIRST_DAY, "D"), "before_calendar", BEFORE_CALENDAR)
        return stamps

    def _bar_times(self, times: Instants) -> Any:
        """Days, or when each minute starts."""
        if self.timeframe == "1d":
            return pa.array(times, pa.date32())
        if self.stamp == "end":
            times = starts_of(times, BAR_S[self.timeframe])
        return pa.array(times).cast(pa.timestamp("s", tz="UTC"))

    def _refuse_mixed(self, column: Any, unreadable: Flags) -> None:
        """Rows that only the swapped format can read tell that others are read wrongly, and nobody can say which.

        Raises:
            BadDataError: with one of those rows.
        """
        if not self.time.guessed or not self.time.swapped or not unreadable.any():
            return
        odd = pc.utf8_trim_whitespace(pa.array(column.combine_chunks())).take(pa.array(np.flatnonzero(unreadable)))
        swapped = stamps_of(pa.chunked_array([odd]), TimeFormat(self.time.swapped, zoned=False, words=self.time.words))
        other = np.flatnonzero(~np.isnat(swapped))
        if len(other):
            raise BadDataError(
                f"most times are of the form {self.time.pattern}, and {odd[int(other[0])].as_py()!r} can only be "
                f"{self.time.swapped}: day and month change places, so that other rows would be read as another day. "
                "Correct the file, or say which it is with --time-format; then such rows alone are refused."
            )

    def _told(self, rows: pa.Table, close: Any, problems: Problems) -> dict[str, Any]:
        """What columns beside the prices say.

        A factor that isn't known refuses no bar. A split or dividend that can't be read does: it would be lost.
        """
        told: dict[str, Any] = {}
        style = self.units.style.of_price
        if FACTOR in rows.column_names:
            told[FACTOR] = read_numbers(rows.column(FACTOR), style)[0]
        elif ADJUSTED in rows.column_names:
            told[FACTOR] = pc.divide(self._price(rows.column(ADJUSTED), ADJUSTED, Problems(rows), Unreadable()), close)
        for name, read in ((SPLIT, read_splits), (DIVIDEND, read_dividends)):
            if name in rows.column_names:
                told[name], odd = read(rows.column(name), style)
                problems.add(odd, "not_a_number", f"the {name} can't be read")
        return told


BEFORE_CALENDAR = f"the calendar of sessions begins on {FIRST_DAY}"


def _seconds(instants: pd.DatetimeIndex) -> Instants:
    return naive(instants).astype("datetime64[s]")


def _shortened(column: Any) -> int:
    """Volumes that are written as 12.3M."""
    if not is_text(column) or pc.all(pc.utf8_is_digit(column)).as_py():
        return 0
    return int(pc.sum(pc.match_substring_regex(column, rf"\d\s?{SHORTENED}\s*$")).as_py() or 0)


def _findings(fractions: int, shortened: int) -> tuple[Finding, ...]:
    said = "volumes written as 12.3M; no more digits than those are known"
    short = (Finding("shortened_volume", "info", None, None, shortened, said),) if shortened else ()
    return rounded_volumes(fractions) + short


def _spelt_otherwise(other: dict[str, str]) -> Iterator[Finding]:
    """That a symbol is spelt otherwise on record than in the file; another case says nothing new."""
    for text, symbol in other.items():
        if text.strip().upper() != symbol:
            yield Finding("other_spelling", "info", symbol, None, 1, f"{text!r} is taken as {symbol}")

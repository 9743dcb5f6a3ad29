"""What all rows of a file say about how it is to be read: they may refute what its first rows looked like."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from adapters.bars.files import BAR_S, Timeframe
from data.importing.actions import Told
from data.importing.lengths import Stamp, length_within_session
from data.importing.numbers import Groups, is_text
from data.importing.stamping import on_another_clock, stamped_at_the_end, stamped_at_the_start
from data.importing.unreadable import Unreadable, Where
from data.importing.weeks import Weeks
from trading.arrays import Days, Ints
from trading.errors import BadDataError

HIGH_PRICE, ENOUGH_HIGH = 10_000.0, 1
COUNTED_PRICE, ENOUGH_COUNTED = 1_000.0, 20
"""Prices that are all whole and beyond the first, or in so many rows beyond the second, are counts of a small unit."""
QUARTERS = (2, 3, 5, 10, 15)
NAMED, ENOUGH_BARS = 3, 40
DISTINCT_SPAN = 50_000_000


class Evidence:
    """Of one file, row by row; judged at its end.

    Args:
        timeframe: of its bars.
        forced: the user said so.
        stamp: where in a bar its stamp is, as the user or its format says.
        stamped: the user said so.
        priced: the user said the unit of prices.
        grouped: the user said which mark stands between thousands, or before a fraction.
        where: says where a text of the file stands.

    Attributes:
        told: what columns beside the prices say.
        unreadable: the texts that are no numbers.
    """

    def __init__(
        self, timeframe: Timeframe, *, forced: bool, stamp: Stamp | None, stamped: bool, priced: bool, grouped: bool,
        where: Where,
    ) -> None:  # fmt: skip
        self._timeframe, self._forced, self._stamp, self._stamped = timeframe, forced, stamp, stamped
        self._weeks = Weeks()
        self.told = Told()
        self.unreadable, self._where = Unreadable(), where
        self._stamps: list[npt.NDArray[np.int64]] = []
        self._minutes: dict[str, Ints] = {}
        self._groups = None if grouped else Groups()
        self._whole, self._rows, self._least = not priced, 0, np.inf

    def times(self, times: npt.NDArray[np.datetime64], symbol: Any) -> None:
        """More rows: their days, or their stamps in UTC, as they came; NaT is left out."""
        there = ~np.isnat(times)
        names, codes = _coded(symbol)
        if not there.all():
            times, codes = times[there], codes[there]
        if self._timeframe == "1d":
            self._weeks.add(times.astype("datetime64[D]"), codes, names)
        elif len(times):
            self._add_minutes(times.astype("datetime64[s]").astype(np.int64), codes, names)

    def _add_minutes(self, seconds: Ints, codes: npt.NDArray[np.int32], names: list[str]) -> None:
        self._stamps.append(_distinct(seconds))
        counts = np.bincount(codes.astype(np.int64) * 60 + seconds // 60 % 60, minlength=60 * len(names))
        for name, of_hour in zip(names, counts.reshape(-1, 60), strict=True):
            if name in self._minutes:
                self._minutes[name] += of_hour
            else:
                self._minutes[name] = of_hour

    def numbers(self, close: Any, volume: Any, read: Any) -> None:
        """More rows: closes and volumes as they came, and the closes as numbers."""
        if self._groups is not None:
            self._groups.add(volume)
        if not self._whole or not len(close):
            return
        if is_text(close) and "." in (close[0].as_py() or ""):
            self._whole = False
            return
        values = read.to_numpy(zero_copy_only=False)
        values = values[np.isfinite(values)]
        fraction = bool(pc.any(pc.match_substring_regex(close, "[.,]")).as_py()) if is_text(close) else False
        self._whole = not fraction and bool((values == np.floor(values)).all())
        self._rows += len(values)
        self._least = min(self._least, values.min(initial=np.inf))

    @property
    def days(self) -> Days:
        """The days of its bars, ascending; of minutes none."""
        return self._weeks.days

    def judge(self) -> None:
        """The file may be what it was read as.

        Raises:
            BadDataError: it isn't: another length, stamps at the end, dates a day off, or another unit.
        """
        self.unreadable.judge(self._where)
        self.told.judge()
        if self._timeframe == "1d":
            self._weeks.refuse(forced=self._forced)
        elif self._stamps:
            self._judge_minutes(np.unique(np.concatenate(self._stamps)).astype("datetime64[s]"))
        if self._groups is not None and self._groups.example:
            raise BadDataError(
                f"every volume with a point has three digits after it, such as {self._groups.example!r}: the points "
                "seem to stand between thousands. Say --thousands . if they do, --decimal . if they are fractions of a "
                "share."
            )
        bounds = ((HIGH_PRICE, ENOUGH_HIGH), (COUNTED_PRICE, ENOUGH_COUNTED))
        if self._whole and any(self._least >= price and self._rows >= rows for price, rows in bounds):
            raise BadDataError(
                f"its prices are all whole numbers and none is below {self._least:,.0f}: they seem to be counted in "
                "parts of a dollar. Say --price-unit 0.0001 if they are in ten-thousandths (LEAN), 0.01 if in cents, "
                "--price-unit 1 if they are dollars."
            )

    def _judge_minutes(self, distinct: npt.NDArray[np.datetime64]) -> None:
        forced = self._timeframe if self._forced else None
        found = length_within_session(distinct, asked=forced, stamp=self._stamp)
        if found != self._timeframe:
            raise BadDataError(
                f"its first bars are {BAR_S[self._timeframe]:,} s long, and all of them together {BAR_S[found]:,} s: "
                "it has bars of several lengths. Take them apart."
            )
        elsewhere = on_another_clock(distinct, BAR_S[self._timeframe])
        if elsewhere:
            raise BadDataError(f"{elsewhere}: their times are of another clock. Check --timezone.")
        other = stamped_at_the_start if self._stamp == "end" else stamped_at_the_end
        why = "" if self._stamped else other(distinct)
        if why:
            where = "start, other than its format has it" if self._stamp == "end" else "end"
            raise BadDataError(
                f"its bars seem to be stamped at their {where}: {why}. Say --stamp end if they are, --stamp start if "
                "they are stamped at their start."
            )
        mine = BAR_S[self._timeframe] // 60
        longer = {name: step for name, of_hour in self._minutes.items() if (step := _longer(of_hour)) > mine}
        if longer:
            said = ", ".join(f"{name} ({step * 60} s)" for name, step in list(longer.items())[:NAMED])
            more = f" and {len(longer) - NAMED:,} more" if len(longer) > NAMED else ""
            raise BadDataError(f"the bars of {said}{more} are longer than those of the others. Take them out.")


def _coded(symbol: Any) -> tuple[list[str], npt.NDArray[np.int32]]:
    """The distinct symbols, and the position of each row's among them; a missing one is empty text."""
    encoded = pc.fill_null(symbol, "").combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy()


def _distinct(seconds: Ints) -> Ints:
    first, last = int(seconds.min()), int(seconds.max())
    if last - first > DISTINCT_SPAN or last - first > 50 * len(seconds) + 100_000:
        return np.unique(seconds)
    there = np.zeros(last - first + 1, dtype=np.bool_)
    there[seconds - first] = True
    return np.asarray(np.flatnonzero(there) + first)


def _longer(of_hour: Ints) -> int:
    """Minutes that the bars of a symbol are long, where all are of 2 to 15; 0 where they may be of one."""
    if of_hour.sum() < ENOUGH_BARS:
        return 0
    filled = np.flatnonzero(of_hour)
    step = int(np.gcd.reduce(np.append(np.diff(filled), 60)))
    return step if step in QUARTERS and len(filled) == 60 // step else 0

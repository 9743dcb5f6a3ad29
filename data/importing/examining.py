"""How one file of bars is read: found from its columns and its rows, whatever other files look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from adapters.bars.files import Timeframe
from adapters.feeds.source import NoBarsError
from data.importing.clocks import naive
from data.importing.evidence import Evidence
from data.importing.factor_file import FactorFile
from data.importing.files import BarFileIn, reading
from data.importing.formats import symbol_of
from data.importing.layout import Asked, Layout
from data.importing.lengths import Length, Stamp, length_of
from data.importing.numbers import is_whole, style_of
from data.importing.parsing import PRICES, Reading, Units
from data.importing.tables import Columns, head_of, joined_time, line_of, plain, rows_of
from data.importing.times import TYPED, TimeFormat, since_midnight, stamps_of, time_format_of
from trading.errors import BadDataError, ConfigurationError

MOST_TIMES = 5_000_000
"""Distinct times that are looked at where the first rows don't tell."""


@dataclass(frozen=True)
class Plan:
    """A file whose columns are known.

    Attributes:
        columns: that it has.
        layout: which of them are read.
    """

    file: BarFileIn
    columns: Columns
    layout: Layout

    def named(self, rows: pa.Table) -> pa.Table:
        """Columns symbol, time, open, high, low, close and volume."""
        layout = self.layout
        rows = plain(rows.select(layout.used), layout.time)
        columns = {name: rows.column(column) for name, column in (*layout.columns.items(), *layout.beside.items())}
        columns["time"] = self._time(rows)
        if "symbol" not in columns:
            symbol = self.columns.symbol or symbol_of(self.file.stem, layout.form)
            columns["symbol"] = pa.chunked_array([pa.repeat(pa.scalar(symbol, pa.string()), rows.num_rows)])
        return pa.table(columns)

    def times(self, rows: pa.Table) -> Any:
        """Their times, of rows that need have no other columns."""
        return self._time(plain(rows, self.layout.time))

    def _time(self, rows: pa.Table) -> Any:
        """As the file has them; those that are milliseconds since midnight with the day of the file's name."""
        time = joined_time(rows, self.layout.time)
        shape = self.layout.known.shape if self.layout.known is not None else None
        found = re.search(shape.day, self.file.stem) if shape is not None and shape.day else None
        return time if found is None else since_midnight(time, found[1])

    def where(self, name: str, text: str) -> str:
        """Where a text of a field stands in the file, see `line_of`; of a price without a name in any of them."""
        named = [self.layout.columns[one] for one in ([name] if name else PRICES)]
        return line_of(self.file, self.columns, named, text)

    def evidence(self, found: Reading, asked: Asked) -> Evidence:
        """What its rows will be asked for."""
        return Evidence(
            found.timeframe, forced=asked.timeframe is not None, stamp=found.stamp,
            stamped=asked.stamp is not None,
            priced=asked.price_unit is not None or found.units.dollars != 1.0,
            grouped=asked.numbers is not None or found.units.style.decimal == ",", where=self.where,
        )  # fmt: skip


def reading_of(plan: Plan, asked: Asked, factors: FactorFile | None) -> Reading:
    """How the file is read; see `examined`."""
    return examined(plan, asked, factors, odd=[])[0]


def examined(
    plan: Plan, asked: Asked, factors: FactorFile | None, *, odd: list[str]
) -> tuple[Reading, pa.Table | None]:
    """How the file is read, and all its rows, see `Plan.named`, where they are few.

    Where its first rows don't tell, all of its times are looked at.

    Args:
        plan: of the file.
        asked: what the user says.
        factors: from a file of their own.
        odd: the text of each row that has too few or too many columns is appended here.

    Raises:
        BadDataError: when it has no rows, its times have no known format, or its bars another length.
        ConfigurationError: when the user must say more: the time zone, or which of two formats the times have.
    """
    with reading(plan.file.name):
        short: list[str] = []
        head, whole = head_of(plan.file, plan.columns, plan.layout.used, short)
        if not head.num_rows and whole:
            raise NoBarsError("the file is empty: it has names of columns and no rows")
        named = plan.named(head)
        try:
            time, length = _times_of(named.column("time"), plan.layout, asked)
        except (ConfigurationError, BadDataError):
            if whole:
                raise
            length = None
        if length is None and not whole:
            time, length = _times_of(_all_times(plan), plan.layout, asked)
    if length is None:
        example = named.column("time").drop_null()[0].as_py()
        raise ConfigurationError(
            f"the times, such as {example}, are of one moment of a day, and don't tell days from shorter bars. Nothing "
            "of it was stored. Say --timeframe 1d, or how long they are, such as --timeframe 1m."
        )
    zone = time.zone or plan.layout.timezone
    if length.timeframe != "1d" and not time.zoned and not zone:
        raise ConfigurationError(
            f"The times, such as {named.column('time')[0].as_py()}, say no time zone. Nothing was stored. Say it with "
            "--timezone, for example America/New_York or UTC."
        )
    style = style_of((named.column(name) for name in PRICES), named.column("volume"), asked.numbers, plan.where)
    units = Units(asked.volume_unit, _price_unit(named, plan.layout, asked), style, asked.price_unit is not None)
    _check_factors(length.timeframe, plan.layout, factors)
    found = Reading(length.timeframe, time, zone, units, length.clock_s, _stamp(plan.layout, asked), factors)
    odd += short if whole else []
    return found, named if whole else None


def _stamp(layout: Layout, asked: Asked) -> Stamp | None:
    return asked.stamp or (layout.form.stamp if layout.form is not None else None)


def _price_unit(named: pa.Table, layout: Layout, asked: Asked) -> float:
    """Dollars that the file counts as one: what the user says, else its format."""
    form = layout.form
    if asked.price_unit is not None or form is None:
        return asked.price_unit or 1.0
    whole = form.whole_unit is not None and all(is_whole(named.column(name)) for name in PRICES)
    return form.whole_unit or 1.0 if whole else form.price_unit or 1.0


def _times_of(column: Any, layout: Layout, asked: Asked) -> tuple[TimeFormat, Length | None]:
    """Format of the times and length of the bars, from all that is in the column."""
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        time = TimeFormat(TYPED, zoned=getattr(column.type, "tz", None) is not None)
    else:
        time = time_format_of(pa.array(column.cast(pa.string()).combine_chunks()), asked.time_format, _order(layout))
    stamps = stamps_of(column, time)
    zone = time.zone or layout.timezone
    if not time.zoned and zone and (stamps != stamps.astype("datetime64[D]")).any():
        stamps = naive(pd.DatetimeIndex(stamps).tz_localize(zone, ambiguous="NaT", nonexistent="NaT"))
    zoned = time.zoned or bool(zone)
    return time, length_of(
        stamps.astype("datetime64[s]"), zoned=zoned, asked=asked.timeframe, stamp=_stamp(layout, asked)
    )


def _order(layout: Layout) -> str:
    return layout.form.order if layout.form is not None else ""


def _all_times(plan: Plan) -> Any:
    """The distinct times of the file."""
    found = None
    for rows in rows_of(plan.file, plan.columns, list(plan.layout.time), odd=[]):
        distinct = pc.unique(plan.times(rows))
        found = distinct if found is None else pc.unique(pa.chunked_array([found, distinct]))
        if len(found) > MOST_TIMES:
            break
    return pa.chunked_array([] if found is None else [found], pa.string() if found is None else found.type)


def _check_factors(timeframe: Timeframe, layout: Layout, factors: FactorFile | None) -> None:
    """A file of factors, where there is one, is for these bars.

    Raises:
        ConfigurationError: for minutes, whose factors aren't read, and where the bars bring factors of their own.
    """
    if factors is not None and timeframe != "1d":
        raise ConfigurationError(
            "Factors are for days, and these bars are shorter. Nothing was stored. Leave --factors."
        )
    if factors is not None and layout.beside:
        named = ", ".join(map(repr, layout.beside.values()))
        raise ConfigurationError(
            f"The bars bring factors of their own, in {named}. Nothing was stored. Leave --factors."
        )

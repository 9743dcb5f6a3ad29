"""An archive of bars, a file or a folder, as a source of an import."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from adapters.bars.files import Timeframe
from adapters.feeds.source import Chunk
from data.importing.factor_file import FactorFile, read_factors
from data.importing.files import BarFileIn, digest_of, files_of, head_of, joined_time, plain, reading, rows_of
from data.importing.layout import Asked, Layout, lay_out
from data.importing.parsing import TYPED, Reading, TimeFormat, days_of, refusals, time_format_of
from trading.errors import BadDataError, ConfigurationError

MINUTE_S = 60


@dataclass(frozen=True)
class Archive:
    """Files of bars that are laid out alike; a `BarSource`.

    Attributes:
        name: of the source.
        strange: files that aren't of bars, with the reason.
    """

    name: str
    inside: tuple[BarFileIn, ...]
    strange: tuple[tuple[str, str], ...]
    layout: Layout
    reading: Reading
    header: bool

    @property
    def timeframe(self) -> Timeframe:
        """Length of the bars."""
        return self.reading.timeframe

    @property
    def corrections(self) -> tuple[str, ...]:
        """What is changed in all rows."""
        unit = self.reading.volume_unit
        return (f"volume of all rows multiplied by {unit}, as asked",) if unit != 1 else ()

    def sha256(self) -> str:
        """Of the file; of names and hashes of all files of a folder. With other factors it is another source."""
        digest = digest_of(list(self.inside))
        if self.reading.factors is None:
            return digest
        return hashlib.sha256(f"{digest} {self.reading.factors.sha256}".encode()).hexdigest()

    def files(self) -> Iterator[tuple[str, Iterator[Chunk]]]:
        """Every file; those that aren't of bars raise when they are read."""
        for name, reason in self.strange:
            yield name, _Unread(reason)
        for file in self.inside:
            yield file.name, self._chunks(file)

    def _chunks(self, file: BarFileIn) -> Iterator[Chunk]:
        odd: list[str] = []
        for rows in rows_of(file, self.layout.used, header=self.header, odd=odd):
            with reading(file.name):
                chunk = self.reading.chunk(_named(rows, self.layout, file.stem))
            yield chunk
            yield from self._malformed(odd, file)
        yield from self._malformed(odd, file)  # of a file that has no other row

    def _malformed(self, odd: list[str], file: BarFileIn) -> Iterator[Chunk]:
        """The rows that were set aside so far, if any; they are taken out of the list, to which the reader adds."""
        taken = odd[:]
        del odd[: len(taken)]
        if taken:
            nothing = self.reading.chunk(_named(_no_rows(self.layout), self.layout, file.stem)).bars
            yield Chunk(nothing, refusals(iter(taken), "malformed_row", "the row has too few or too many columns"))


def _no_rows(layout: Layout) -> pa.Table:
    return pa.table({name: pa.array([], pa.string()) for name in layout.used})


class _Unread(Iterator[Chunk]):
    """A file that isn't of bars: asked for its rows, it says why not."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def __next__(self) -> Chunk:
        raise BadDataError(self._reason)


def open_archive(path: Path, asked: Asked, name: str = "") -> Archive:
    """The archive at `path`, with what is guessed about it in `layout.guessed`.

    Raises:
        BadDataError: when no file can be read, with the reason of the first.
        ConfigurationError: when the user must say more: the time zone, or which of two formats the times have.
    """
    inside, strange = files_of(path)
    first_reason = strange[0][1] if strange else "there is no file in it"
    for file in inside:
        try:
            names, head = head_of(file, header=asked.header)
            layout = lay_out(names, asked)
        except BadDataError as error:
            first_reason = first_reason if strange else str(error)
            continue
        reading = _reading_of(_named(head, layout, file.stem), layout, asked)
        return Archive(name or path.name, tuple(inside), tuple(strange), layout, reading, asked.header)
    raise BadDataError(f"Nothing of {path} can be read: {first_reason}. Nothing was stored.")


def _named(rows: pa.Table, layout: Layout, stem: str) -> pa.Table:
    """Columns symbol, time, open, high, low, close and volume."""
    rows = plain(rows.select(layout.used), layout.time)
    columns = {name: rows.column(column) for name, column in layout.columns.items()}
    columns["time"] = joined_time(rows, layout.time)
    if layout.factor:
        columns["factor" if layout.factor[1] == "factor" else "adjusted_close"] = rows.column(layout.factor[0])
    if "symbol" not in columns:
        columns["symbol"] = pa.chunked_array([pa.repeat(pa.scalar(stem, pa.string()), rows.num_rows)])
    return pa.table(columns)


def _reading_of(head: pa.Table, layout: Layout, asked: Asked) -> Reading:
    column = head.column("time")
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        zone = getattr(column.type, "tz", None)
        time = TimeFormat(TYPED, zoned=zone is not None)
    else:
        time = time_format_of(pa.array(column.cast(pa.string()).combine_chunks()), asked.time_format)
    timeframe = asked.timeframe or _timeframe(head, time)
    if timeframe == "1m" and not time.zoned and not layout.timezone:
        raise ConfigurationError(
            f"The times, such as {column[0].as_py()}, say no time zone. Nothing was stored. Say it with --timezone, "
            "for example America/New_York or UTC."
        )
    return Reading(timeframe, time, layout.timezone, asked.volume_unit, _factors_asked(timeframe, layout, asked))


def _factors_asked(timeframe: Timeframe, layout: Layout, asked: Asked) -> FactorFile | None:
    """The factors of the file that was named.

    Raises:
        ConfigurationError: for minutes, whose factors aren't read, and where the bars bring factors of their own.
        BadDataError: see `read_factors`.
    """
    if asked.factors is None:
        return None
    if timeframe != "1d":
        raise ConfigurationError("Factors are for days, and these are minutes. Nothing was stored. Leave --factors.")
    if layout.factor is not None:
        raise ConfigurationError(
            f"The bars bring factors of their own, in {layout.factor[0]!r}. Nothing was stored. Leave --factors."
        )
    return read_factors(asked.factors)


def _timeframe(head: pa.Table, time: TimeFormat) -> Timeframe:
    """Days when no time has an hour, minutes when the closest are a minute apart.

    Raises:
        BadDataError: for bars of another length.
    """
    stamps = Reading("1m", time, "UTC", 1).chunk(head).bars.column("starts_at").to_numpy().astype("datetime64[s]")
    stamps = stamps[~np.isnat(stamps)]
    if not np.isnat(days_of(stamps, zoned=time.zoned)).any():
        return "1d"
    apart = np.diff(np.unique(stamps.astype(np.int64)))
    if len(apart) and np.gcd.reduce(apart) % MINUTE_S:
        raise BadDataError("the bars are shorter than a minute; bars of a day or a minute can be imported.")
    if len(apart) and apart.min() > MINUTE_S:
        raise BadDataError(
            f"the bars seem to be {apart.min()} s long; bars of a day or a minute can be imported. Say --timeframe 1m "
            "if they are minutes with few trades."
        )
    return "1m"

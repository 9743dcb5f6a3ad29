"""Rows of any order, set down on disk by the month or session that they belong to, so that memory stays bounded."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from adapters.bars.files import SHAPES, Timeframe
from trading.errors import UnavailableError

FLUSH_ROWS = 2_000_000
"""Rows held in memory while files are read."""
PART_ROWS = 1_000_000
"""Rows that are judged and stored at once; a part is never smaller than a month of days or a session of minutes."""
NIGHT = np.timedelta64(5, "h")
"""From UTC to the exchange's day: 04:00 to 20:00 in New York never crosses midnight five hours west of Greenwich."""
NO_TIME = "none"


class Spill:
    """Rows by unit of time, in memory as long as they are few, else in a folder that is gone afterwards."""

    def __init__(self, folder: Path, timeframe: Timeframe) -> None:
        self._folder = folder
        self._schema = SHAPES[timeframe].schema
        self._timeframe = timeframe
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
        self._flushes = 0
        self._rows: Counter[str] = Counter()

    def __enter__(self) -> Self:
        shutil.rmtree(self._folder, ignore_errors=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, bars: pa.Table) -> None:
        """The rows are in the spill.

        Raises:
            UnavailableError: when the disk is full.
        """
        self._waiting.append(bars)
        self._waiting_rows += bars.num_rows
        self._schema = bars.schema
        if self._waiting_rows >= FLUSH_ROWS:
            self._flush()

    def take_over(self, other: Spill) -> None:
        """The other's rows are in this one, and no longer there."""
        self._rows += other._rows
        if other._flushes:
            self._schema = other._schema
            with writing_down(self._folder):
                for path in sorted(other._folder.glob("*/*.arrow")):
                    self._flushes += 1
                    path.rename(self._path(path.parent.name, self._flushes))
        for table in other._waiting:
            self.add(table)
        other._waiting.clear()

    def parts(self) -> Iterator[tuple[str, pa.Table]]:
        """All rows, in steps that are bounded, each named and later in time than the one before."""
        kept = dict(_by_unit(self._concat(self._waiting), self._timeframe))
        self._waiting.clear()
        counts = self._rows + Counter({unit: table.num_rows for unit, table in kept.items()})
        taken: list[str] = []
        for unit in sorted(counts, key=lambda unit: (unit != NO_TIME, unit)):
            if taken and sum(counts[one] for one in (*taken, unit)) > PART_ROWS:
                yield self._part(taken, kept)
                taken = []
            taken.append(unit)
        if taken:
            yield self._part(taken, kept)

    def _part(self, units: list[str], kept: dict[str, pa.Table]) -> tuple[str, pa.Table]:
        tables = []
        for unit in units:
            for path in sorted((self._folder / unit).glob("*.arrow")):
                with pa.OSFile(str(path), "rb") as file:
                    tables.append(pa.ipc.open_stream(file).read_all())
            tables += [kept.pop(unit)] if unit in kept else []
        return f"{units[0]}..{units[-1]}", self._concat(tables).combine_chunks()

    def _flush(self) -> None:
        self._flushes += 1
        with writing_down(self._folder):
            for unit, table in _by_unit(self._concat(self._waiting), self._timeframe):
                spilled(self._path(unit, self._flushes), table)
                self._rows[unit] += table.num_rows
        self._waiting.clear()
        self._waiting_rows = 0

    def _path(self, unit: str, flush: int) -> Path:
        """A folder a unit: years of minutes make hundreds of thousands of files."""
        folder = self._folder / unit
        folder.mkdir(exist_ok=True)
        return folder / f"{flush:07d}.arrow"

    def _concat(self, tables: list[pa.Table]) -> pa.Table:
        """Columns that some of the tables don't have, such as a factor, are null there."""
        return pa.concat_tables([self._schema.empty_table(), *tables], promote_options="default")


@contextmanager
def writing_down(folder: Path) -> Iterator[None]:
    """The folder is there; a disk that takes nothing is an error that says so."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise UnavailableError(
            f"Rows on their way in cannot be set down in {folder}: {error.strerror}. What is on record is untouched. "
            "Free some space, then import again: it goes on where it was."
        ) from error


def spilled(path: Path, table: pa.Table) -> None:
    """The table is in the file."""
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


def _by_unit(bars: pa.Table, timeframe: Timeframe) -> Iterator[tuple[str, pa.Table]]:
    units = _units(bars, timeframe)
    values, at = np.unique(units, return_inverse=True)
    if len(values) < 2:  # noqa: PLR2004 - nothing to tell apart
        yield from ((_name(value), bars) for value in values)
        return
    order = np.argsort(at, kind="stable")
    ordered = bars.take(pa.array(order))
    ends = np.cumsum(np.bincount(at, minlength=len(values)))
    for value, start, end in zip(values, [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        yield _name(value), ordered.slice(start, end - start)


def _units(bars: pa.Table, timeframe: Timeframe) -> npt.NDArray[np.datetime64]:
    time = bars.column(SHAPES[timeframe].time).to_numpy(zero_copy_only=False)
    if timeframe == "1d":
        return np.asarray(time.astype("datetime64[M]"))
    return np.asarray((time.astype("datetime64[s]") - NIGHT).astype("datetime64[D]"))


def _name(unit: np.datetime64) -> str:
    return NO_TIME if np.isnat(unit) else str(unit)


def when(part: str) -> str:
    """The days of a part in words: in 2024-12, from 2024-01 to 2024-03."""
    first, _, last = part.partition("..")
    return f"in {first}" if first == last or not last else f"from {first} to {last}"

"""Bars as Parquet, a month of days or a session of minutes a file, under the data folder.

A file is named by its sessions and its content, written beside its place, synced and renamed: a reader sees all of it
or none. Files are only ever added; where two hold the same bar, the later one is right. Readers go by the manifest.
"""

from __future__ import annotations

import hashlib
import io
import os
from bisect import bisect_left
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trading.errors import BadDataError, UnavailableError
from trading.intraday import INTRADAY_SCHEMA
from trading.panel import BARS_SCHEMA, Days, Ints, symbol_codes

HOT = "bars/hot"
ROW_GROUP_ROWS = 32_768
"""Small enough that one symbol's bars are read without the rest of a file."""

Timeframe = Literal["1d", "1m"]


@dataclass(frozen=True)
class Shape:
    """How bars of one length are kept.

    Attributes:
        schema: of the domain.
        time: the column that tells the bars of a symbol apart.
        stored: `schema`, with the session where the domain derives it.
    """

    schema: pa.Schema
    time: str
    stored: pa.Schema


SHAPES: dict[Timeframe, Shape] = {
    "1d": Shape(BARS_SCHEMA, "session", BARS_SCHEMA),
    "1m": Shape(INTRADAY_SCHEMA, "starts_at", INTRADAY_SCHEMA.append(pa.field("session", pa.date32()))),
}


@dataclass(frozen=True)
class BarFile:
    """A row of the manifest.

    Attributes:
        path: relative to the data folder, so that the folder can be moved.
        sessions: that it has bars of, ascending.
    """

    path: str
    tier: str
    timeframe: Timeframe
    sessions: tuple[date, ...]
    rows: int
    sha256: str

    @property
    def first_session(self) -> date:
        """The first of its sessions."""
        return self.sessions[0]

    @property
    def last_session(self) -> date:
        """The last of its sessions."""
        return self.sessions[-1]


@dataclass(frozen=True)
class Wanted:
    """The bars that are asked for; `symbols` ascending, all if None."""

    first: date
    last: date
    symbols: tuple[str, ...] | None


class Manifest(Protocol):
    """Where readers learn which files hold which sessions."""

    def files(
        self, first: date | None = None, last: date | None = None, *, timeframe: Timeframe | None = "1d"
    ) -> list[BarFile]:
        """Files that reach into `first` to `last`, the earliest written first; of every timeframe if None."""


class BarStore:
    """The files of bars under a data folder."""

    def __init__(self, home: Path, manifest: Manifest) -> None:
        self._home = home
        self._manifest = manifest

    def write(self, bars: pa.Table, timeframe: Timeframe = "1d") -> list[BarFile]:
        """The bars are on disk, days in a file a month, minutes in a file a session.

        The caller puts the answer into the manifest; until then no reader sees the files.

        Args:
            bars: columns of the stored schema of `timeframe`, in any order of rows.
            timeframe: length of the bars.

        Raises:
            BadDataError: when the table has other columns.
            UnavailableError: when the disk is full or not writable; no half-written file is left.
        """
        shape = SHAPES[timeframe]
        if bars.schema.names != shape.stored.names:
            raise BadDataError(f"bars need the columns {shape.stored.names}, not {bars.schema.names}; nothing written")
        ordered = bars.cast(shape.stored).take(pa.array(_order(bars, shape)))
        sessions = ordered.column("session").to_numpy(zero_copy_only=False).astype("datetime64[D]")
        unit = sessions.astype("datetime64[M]") if timeframe == "1d" else sessions
        folder = self._home / HOT / timeframe
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files = [
                self._write_file(ordered.filter(pa.array(unit == value)), np.unique(sessions[unit == value]), timeframe)
                for value in np.unique(unit)
            ]
            _sync(folder)
        except OSError as error:
            raise UnavailableError(
                f"Bars cannot be written to {folder}: {error.strerror}. What was there before is untouched and no "
                "half-written file is left. Free some space or correct the permissions, then run again."
            ) from error
        return files

    def read(
        self,
        first: date,
        last: date,
        timeframe: Timeframe = "1d",
        *,
        symbols: Collection[str] | None = None,
        verify: bool = True,
    ) -> pa.Table:
        """Bars with `first` <= session <= `last`, each as its latest version, by symbol, then time.

        Args:
            first: session.
            last: session.
            timeframe: length of the bars; decides the columns (`BARS_SCHEMA` or `INTRADAY_SCHEMA`).
            symbols: only these; all if None.
            verify: each file is compared with its hash, once in a process as long as it isn't touched.

        Raises:
            BadDataError: when a file is missing or is not what the manifest says.
        """
        files = self._manifest.files(first, last, timeframe=timeframe)
        wanted = Wanted(first, last, None if symbols is None else tuple(sorted(symbols)))
        return self._read(files, SHAPES[timeframe], wanted, verify=verify)

    def read_all(self, timeframe: Timeframe = "1d", *, verify: bool = True) -> pa.Table:
        """Every bar in the manifest; see `read`."""
        return self._read(self._manifest.files(timeframe=timeframe), SHAPES[timeframe], None, verify=verify)

    def sweep(self) -> int:
        """No file of the hot tier is outside the manifest; returns how many were removed.

        Only the owner of the data folder calls it, and never between `write` and its manifest row.
        """
        strays = self.strays()
        for path in strays:
            path.unlink(missing_ok=True)
        return len(strays)

    def strays(self) -> list[Path]:
        """Files of the hot tier that the manifest doesn't name: left by a write that was stopped, or under way."""
        named = {self._home / file.path for file in self._manifest.files(timeframe=None)}
        return [path for path in sorted((self._home / HOT).rglob("*.parquet*")) if path not in named]

    def whole(self, file: BarFile) -> pa.Table:
        """Every row of the file, stored schema, after comparing hash and number with the manifest.

        Raises:
            BadDataError: when the file is missing or is not what the manifest says.
        """
        return self._read_file(file, SHAPES[file.timeframe], None, verify=True)

    def _write_file(self, bars: pa.Table, sessions: Days, timeframe: Timeframe) -> BarFile:
        buffer = io.BytesIO()
        pq.write_table(bars, buffer, compression="zstd", row_group_size=ROW_GROUP_ROWS)
        data = buffer.getbuffer()
        digest = hashlib.sha256(data).hexdigest()
        path = self._free_path(f"{HOT}/{timeframe}/{sessions[0]}_{sessions[-1]}-{digest[:12]}", sessions, timeframe)
        _write_whole(self._home / path, data)
        return BarFile(path, "hot", timeframe, tuple(sessions.tolist()), bars.num_rows, digest)

    def _free_path(self, stem: str, sessions: Days, timeframe: Timeframe) -> str:
        """A path that no file of the manifest has: values that come back after a correction are a later version."""
        first, last = sessions[0].item(), sessions[-1].item()
        named = {Path(file.path).name for file in self._manifest.files(first, last, timeframe=timeframe)}
        for number in range(1, len(named) + 2):
            path = f"{stem}.parquet" if number == 1 else f"{stem}-{number}.parquet"
            if Path(path).name not in named:
                return path
        raise AssertionError("one of n + 1 names is free of n")

    def _read(self, files: Sequence[BarFile], shape: Shape, wanted: Wanted | None, *, verify: bool) -> pa.Table:
        tables = [self._read_file(file, shape, wanted, verify=verify) for file in files]
        if not tables:
            return shape.schema.empty_table()
        bars = pa.concat_tables(tables).select(shape.schema.names)
        if len(files) > 1:
            bars = bars.take(pa.array(_latest(bars, shape)))
        return bars

    def _read_file(self, file: BarFile, shape: Shape, wanted: Wanted | None, *, verify: bool) -> pa.Table:
        path = self._home / file.path
        advice = "Restore it from a backup, or import it again into an empty data folder."
        try:
            status = path.stat()
            if verify and _digest(str(path), status.st_mtime_ns, status.st_size) != file.sha256:
                raise BadDataError(f"{path} does not match the manifest: it was changed or damaged. {advice}")
            with pq.ParquetFile(path) as parquet:
                table = _selected(parquet, wanted).cast(shape.stored)
        except pa.ArrowInvalid as error:
            raise BadDataError(f"{path} is no Parquet file of bars: {error}. {advice}") from None
        except OSError as error:
            said = error.strerror or error
            raise BadDataError(f"{path} is in the manifest and cannot be read: {said}. {advice}") from None
        if wanted is None and table.num_rows != file.rows:
            raise BadDataError(f"{path} holds {table.num_rows} bars, the manifest says {file.rows}. {advice}")
        return table


def _selected(parquet: pq.ParquetFile, wanted: Wanted | None) -> pa.Table:
    """The rows asked for; row groups without any aren't read."""
    if wanted is None:
        return parquet.read()
    symbols = wanted.symbols
    groups = [at for at in range(parquet.num_row_groups) if _may_hold(parquet.metadata.row_group(at), wanted)]
    rows = parquet.read_row_groups(groups)
    session = rows.column("session")
    mask = pc.and_(pc.greater_equal(session, pa.scalar(wanted.first)), pc.less_equal(session, pa.scalar(wanted.last)))
    if symbols is not None:
        mask = pc.and_(mask, pc.is_in(rows.column("symbol"), pa.array(symbols, pa.string())))
    return rows.filter(mask)


def _may_hold(group: pq.RowGroupMetaData, wanted: Wanted) -> bool:
    if wanted.symbols is None:
        return True
    reach = group.column(0).statistics  # the symbol is the first column
    if reach is None or not reach.has_min_max:
        return True
    at = bisect_left(wanted.symbols, reach.min)
    return at < len(wanted.symbols) and wanted.symbols[at] <= reach.max


def _order(bars: pa.Table, shape: Shape) -> Ints:
    """By symbol, then time."""
    _, codes = symbol_codes(bars.column("symbol"))
    order: Ints = np.lexsort((bars.column(shape.time).to_numpy(zero_copy_only=False), codes))
    return order


def _latest(bars: pa.Table, shape: Shape) -> Ints:
    """By symbol, then time; of equal symbol and time the last row alone."""
    _, codes = symbol_codes(bars.column("symbol"))
    time = bars.column(shape.time).to_numpy(zero_copy_only=False)
    order = np.lexsort((time, codes))  # stable: equal rows stay in the order of their files
    last = np.ones(len(order), dtype=np.bool_)
    last[:-1] = (codes[order[1:]] != codes[order[:-1]]) | (time[order[1:]] != time[order[:-1]])
    latest: Ints = order[last]
    return latest


@lru_cache(maxsize=65_536)
def _digest(path: str, mtime_ns: int, size: int) -> str:  # noqa: ARG001 - a file that was touched is read again
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_whole(path: Path, data: memoryview) -> None:
    part = path.with_suffix(".parquet.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    """The renames in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Bars as Parquet, a month of days or a session of minutes a file, under the data folder.

A file is named by its sessions and its content, written beside its place, synced and renamed: a reader sees all of it
or none. Files are only ever added; where two hold the same bar, the later one is right. Readers go by the manifest.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from adapters.bars.files import (
    HOT,
    SHAPES,
    BarFile,
    Shape,
    Timeframe,
    VanishedError,
    Wanted,
    encoded,
    latest,
    ordered_rows,
    read_file,
    spans,
)
from adapters.bars.files_lock import files_lock
from adapters.bars.locations import Places, TierLocations
from adapters.bars.places import sync
from trading.arrays import Days
from trading.errors import BadDataError, UnavailableError


class Manifest(Protocol):
    """Where readers learn which files hold which sessions."""

    def files(
        self, first: date | None = None, last: date | None = None, *, timeframe: Timeframe | None = "1d"
    ) -> list[BarFile]:
        """Files that reach into `first` to `last`, the earliest written first; of every timeframe if None."""


class BarStore:
    """The files of bars: written under a data folder, read from whichever tier they are in.

    Args:
        home: the data folder, which is the hot tier.
        manifest: which files there are.
        locations: of the other tiers; in the data folder by default.
    """

    def __init__(self, home: Path, manifest: Manifest, locations: TierLocations | None = None) -> None:
        self._home = home
        self._manifest = manifest
        self._places: Places = (locations or TierLocations()).places(home)

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
        ordered = bars.cast(shape.stored).take(pa.array(ordered_rows(bars, shape)))
        sessions = ordered.column("session").to_numpy(zero_copy_only=False).astype("datetime64[D]")
        unit = sessions.astype("datetime64[M]") if timeframe == "1d" else sessions
        folder = self._home / HOT / timeframe
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files = [
                self._write_file(ordered.filter(pa.array(unit == value)), np.unique(sessions[unit == value]), timeframe)
                for value in np.unique(unit)
            ]
            sync(folder)
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
            UnavailableError: when the object store of a tier doesn't answer; it is never a shorter answer.
        """
        wanted = Wanted(first, last, None if symbols is None else tuple(sorted(symbols)))
        return self._read_now(timeframe, wanted, verify=verify)

    def read_all(self, timeframe: Timeframe = "1d", *, verify: bool = True) -> pa.Table:
        """Every bar in the manifest; see `read`."""
        return self._read_now(timeframe, None, verify=verify)

    def stream(
        self,
        first: date,
        last: date,
        timeframe: Timeframe = "1d",
        *,
        symbols: Collection[str] | None = None,
        verify: bool = True,
    ) -> Iterator[pa.Table]:
        """What `read` answers, in tables of a month or less, one after the other in time; see `read`."""
        for start, end in spans(self._manifest.files(first, last, timeframe=timeframe)):
            yield self.read(max(first, start), min(last, end), timeframe, symbols=symbols, verify=verify)

    def sweep(self) -> int:
        """No file of the hot tier is outside the manifest; returns how many were removed.

        Only the owner of the data folder calls it, and never between `write` and its manifest row.
        """
        with files_lock(self._home):  # or it would take what a compaction has written and not yet put on record
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
        return read_file(self._places[file.tier], file, None, verify=True)

    def _write_file(self, bars: pa.Table, sessions: Days, timeframe: Timeframe) -> BarFile:
        data, file = encoded(bars, sessions, timeframe, "hot")
        free = replace(file, path=self._free_path(file.path.removesuffix(".parquet"), sessions, timeframe))
        self._places["hot"].put(free.path, io.BytesIO(data))
        return free

    def _read_now(self, timeframe: Timeframe, wanted: Wanted | None, *, verify: bool) -> pa.Table:
        """The bars; where a file was moved between the look into the manifest and its opening, looked up once more."""
        try:
            return self._read(self._files(timeframe, wanted), SHAPES[timeframe], wanted, verify=verify)
        except VanishedError:
            return self._read(self._files(timeframe, wanted), SHAPES[timeframe], wanted, verify=verify)

    def _files(self, timeframe: Timeframe, wanted: Wanted | None) -> list[BarFile]:
        if wanted is None:
            return self._manifest.files(timeframe=timeframe)
        return self._manifest.files(wanted.first, wanted.last, timeframe=timeframe)

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
        tables = [read_file(self._places[file.tier], file, wanted, verify=verify) for file in files]
        if not tables:
            return shape.schema.empty_table()
        return latest(tables, shape).select(shape.schema.names)

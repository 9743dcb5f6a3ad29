"""Bars as Parquet, a month of days or a session of minutes a file, under the data folder; likewise feature rows.

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
    FEATURES,
    HOT,
    KINDS,
    BarFile,
    Kind,
    VanishedError,
    Wanted,
    as_stored,
    encoded,
    read_file,
)
from adapters.bars.files_lock import files_lock
from adapters.bars.locations import Places, TierLocations
from adapters.bars.places import sync
from adapters.bars.versions import latest, ordered_rows, sessions_of, spans
from trading.arrays import Days
from trading.errors import UnavailableError


class Manifest(Protocol):
    """Where readers learn which files hold which sessions."""

    def files(
        self, first: date | None = None, last: date | None = None, *, timeframe: Kind | None = "1d"
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

    def write(self, bars: pa.Table, timeframe: Kind = "1d") -> list[BarFile]:
        """The rows are on disk, days in a file a month, minutes and feature rows in a file a session.

        The caller puts the answer into the manifest; until then no reader sees the files.

        Args:
            bars: columns of the stored schema of `timeframe`, in any order of rows.
            timeframe: length of the bars, or `features`.

        Raises:
            BadDataError: when the table has other columns.
            UnavailableError: when the disk is full or not writable; no half-written file is left.
        """
        shape = KINDS[timeframe]
        ordered = as_stored(bars, shape).take(pa.array(ordered_rows(bars, shape)))
        sessions = sessions_of(ordered)
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
                f"{shape.words.capitalize()} cannot be written to {folder}: {error.strerror}. What was there before is "
                "untouched and no half-written file is left. Free some space or correct the permissions, then run "
                "again."
            ) from error
        return files

    def read(
        self,
        first: date,
        last: date,
        timeframe: Kind = "1d",
        *,
        symbols: Collection[str] | None = None,
        verify: bool = True,
    ) -> pa.Table:
        """Bars with `first` <= session <= `last`, each as its latest version, by symbol, then time.

        Args:
            first: session.
            last: session.
            timeframe: length of the bars; decides the columns (`BARS_SCHEMA` or `INTRADAY_SCHEMA`). Of `features` only
                the keys are answered, since rows of several schemas have no other columns in common; see `parts`.
            symbols: only these; all if None.
            verify: each file is compared with its hash, once in a process as long as it isn't touched.

        Raises:
            BadDataError: when a file is missing or is not what the manifest says.
            UnavailableError: when the object store of a tier doesn't answer; it is never a shorter answer.
        """
        wanted = Wanted(first, last, None if symbols is None else tuple(sorted(symbols)))
        return self._read_now(timeframe, wanted, verify=verify)

    def read_all(self, timeframe: Kind = "1d", *, verify: bool = True) -> pa.Table:
        """Every bar in the manifest; see `read`."""
        return self._read_now(timeframe, None, verify=verify)

    def stream(
        self,
        first: date,
        last: date,
        timeframe: Kind = "1d",
        *,
        symbols: Collection[str] | None = None,
        verify: bool = True,
    ) -> Iterator[pa.Table]:
        """What `read` answers, in tables of a month or less, one after the other in time; see `read`."""
        for start, end in spans(self._manifest.files(first, last, timeframe=timeframe)):
            yield self.read(max(first, start), min(last, end), timeframe, symbols=symbols, verify=verify)

    def parts(self, kind: Kind, wanted: Wanted, *, verify: bool = True) -> list[pa.Table]:
        """The rows of each file that reaches into what is wanted, in the order of the manifest; see `read`."""
        return self._tables(kind, wanted, verify=verify)

    def sweep(self, *, features: bool = False) -> int:
        """No file of the hot tier is outside the manifest; returns how many were removed.

        Only their writer calls it, and never between `write` and its manifest row.

        Args:
            features: files of feature rows; else those of bars.
        """
        if not self.strays(features=features):
            return 0
        with files_lock(self._home):  # or it would take what a compaction has written and not yet put on record
            strays = self.strays(features=features)
            for path in strays:
                path.unlink(missing_ok=True)
        return len(strays)

    def strays(self, *, features: bool | None = None) -> list[Path]:
        """Files of the hot tier that the manifest doesn't name: left by a write that was stopped, or under way.

        Args:
            features: files of feature rows, or those of bars; both if None.
        """
        there = [
            path
            for path in sorted((self._home / HOT).rglob("*.parquet*"))
            if features is None or features == (path.parent.name == FEATURES)
        ]
        named = {self._home / file.path for file in self._manifest.files(timeframe=None)}
        return [path for path in there if path not in named]

    def whole(self, file: BarFile) -> pa.Table:
        """Every row of the file, stored schema, after comparing hash and number with the manifest.

        Raises:
            BadDataError: when the file is missing or is not what the manifest says.
        """
        return read_file(self._places[file.tier], file, None, verify=True)

    def _write_file(self, bars: pa.Table, sessions: Days, timeframe: Kind) -> BarFile:
        data, file = encoded(bars, sessions, timeframe, "hot")
        free = replace(file, path=self._free_path(file.path.removesuffix(".parquet"), sessions, timeframe))
        self._places["hot"].put(free.path, io.BytesIO(data))
        return free

    def _read_now(self, timeframe: Kind, wanted: Wanted | None, *, verify: bool) -> pa.Table:
        shape = KINDS[timeframe]
        tables = [table.select(shape.stored.names) for table in self._tables(timeframe, wanted, verify=verify)]
        if not tables:
            return shape.schema.empty_table()
        return latest(tables, shape).select(shape.schema.names)

    def _tables(self, timeframe: Kind, wanted: Wanted | None, *, verify: bool) -> list[pa.Table]:
        """Of each file; where one was moved between the look into the manifest and its opening, looked up once more."""
        try:
            return self._read(self._files(timeframe, wanted), wanted, verify=verify)
        except VanishedError:
            return self._read(self._files(timeframe, wanted), wanted, verify=verify)

    def _files(self, timeframe: Kind, wanted: Wanted | None) -> list[BarFile]:
        if wanted is None:
            return self._manifest.files(timeframe=timeframe)
        return self._manifest.files(wanted.first, wanted.last, timeframe=timeframe)

    def _free_path(self, stem: str, sessions: Days, timeframe: Kind) -> str:
        """A path that no file of the manifest has: values that come back after a correction are a later version."""
        first, last = sessions[0].item(), sessions[-1].item()
        named = {Path(file.path).name for file in self._manifest.files(first, last, timeframe=timeframe)}
        for number in range(1, len(named) + 2):
            path = f"{stem}.parquet" if number == 1 else f"{stem}-{number}.parquet"
            if Path(path).name not in named:
                return path
        raise AssertionError("one of n + 1 names is free of n")

    def _read(self, files: Sequence[BarFile], wanted: Wanted | None, *, verify: bool) -> list[pa.Table]:
        return [read_file(self._places[file.tier], file, wanted, verify=verify) for file in files]

"""Bars as Parquet, one file a session, in the hot tier under the data folder.

A file is named by its session and its content, written beside its place, synced and renamed: a reader sees all of it or
none, and a new version of a session never overwrites the one that the manifest still names. Readers go by the manifest.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from trading.errors import BadDataError, UnavailableError
from trading.panel import BARS_SCHEMA

HOT = "bars/hot"


@dataclass(frozen=True)
class BarFile:
    """A row of the manifest.

    Attributes:
        path: relative to the data folder, so that the folder can be moved.
    """

    path: str
    tier: str
    first_session: date
    last_session: date
    rows: int
    sha256: str


class Manifest(Protocol):
    """Where readers learn which files hold which sessions."""

    def files(self, first: date | None = None, last: date | None = None) -> list[BarFile]:
        """Files with a session between `first` and `last`, both included, in order."""


class BarStore:
    """The files of bars under a data folder."""

    def __init__(self, home: Path, manifest: Manifest) -> None:
        self._home = home
        self._manifest = manifest

    def write(self, bars: pa.Table) -> list[BarFile]:
        """Every session of the table is a file on disk; the caller puts the returned rows into the manifest.

        Raises:
            BadDataError: when the table has not the columns of `BARS_SCHEMA`.
            UnavailableError: when the disk is full or not writable; no half-written file is left.
        """
        if bars.schema.names != BARS_SCHEMA.names:
            raise BadDataError(f"bars need the columns {BARS_SCHEMA.names}, not {bars.schema.names}; nothing written")
        ordered = bars.cast(BARS_SCHEMA).sort_by([("session", "ascending"), ("symbol", "ascending")])
        sessions = ordered.column("session").to_numpy(zero_copy_only=False).astype("datetime64[D]")
        days, starts = np.unique(sessions, return_index=True)
        ends = [*starts[1:], len(sessions)]
        folder = self._home / HOT
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files = [
                self._write_session(ordered.slice(start, end - start), day.item())
                for day, start, end in zip(days, starts.tolist(), map(int, ends), strict=True)
            ]
            _sync(folder)
        except OSError as error:
            raise UnavailableError(
                f"Bars cannot be written to {folder}: {error.strerror}. What was there before is untouched and no "
                "half-written file is left. Free some space or correct the permissions, then run again."
            ) from error
        return files

    def read(self, first: date, last: date, *, verify: bool = True) -> pa.Table:
        """Bars with `first` <= session <= `last`, columns of `BARS_SCHEMA`, by session, then symbol.

        Raises:
            BadDataError: when a file is missing or, with `verify`, is not what the manifest says.
        """
        bars = self._read(self._manifest.files(first, last), verify=verify)
        days = bars.column("session").to_numpy(zero_copy_only=False).astype("datetime64[D]")
        return bars.filter(pa.array((days >= np.datetime64(first, "D")) & (days <= np.datetime64(last, "D"))))

    def read_all(self, *, verify: bool = True) -> pa.Table:
        """Every bar in the manifest; see `read`."""
        return self._read(self._manifest.files(), verify=verify)

    def sweep(self) -> int:
        """No file of the hot tier is outside the manifest; returns how many were removed.

        Only the owner of the data folder calls it, and never between `write` and its manifest row.
        """
        named = {self._home / file.path for file in self._manifest.files()}
        strays = [path for path in (self._home / HOT).glob("*.parquet*") if path not in named]
        for path in strays:
            path.unlink(missing_ok=True)
        return len(strays)

    def _write_session(self, bars: pa.Table, session: date) -> BarFile:
        buffer = io.BytesIO()
        pq.write_table(bars, buffer, compression="zstd")
        data = buffer.getvalue()
        digest = hashlib.sha256(data).hexdigest()
        path = f"{HOT}/session={session.isoformat()}-{digest[:12]}.parquet"
        _write_whole(self._home / path, data)
        return BarFile(path, "hot", session, session, bars.num_rows, digest)

    def _read(self, files: Sequence[BarFile], *, verify: bool) -> pa.Table:
        tables = [self._read_file(file, verify=verify) for file in files]
        return pa.concat_tables(tables) if tables else BARS_SCHEMA.empty_table()

    def _read_file(self, file: BarFile, *, verify: bool) -> pa.Table:
        path = self._home / file.path
        advice = "Restore it from a backup, or import again with `inplay run --fresh`."
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BadDataError(f"{path} is in the manifest and cannot be read: {error.strerror}. {advice}") from None
        if verify and hashlib.sha256(data).hexdigest() != file.sha256:
            raise BadDataError(f"{path} does not match the manifest: it was changed or damaged. {advice}")
        try:
            table = pq.read_table(pa.BufferReader(data), schema=BARS_SCHEMA)
        except pa.ArrowInvalid as error:
            raise BadDataError(f"{path} is no Parquet file of bars: {error}. {advice}") from None
        if table.num_rows != file.rows:
            raise BadDataError(f"{path} holds {table.num_rows} bars, the manifest says {file.rows}. {advice}")
        return table


def _write_whole(path: Path, data: bytes) -> None:
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

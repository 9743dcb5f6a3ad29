"""Bars as Parquet, a month of days or a session of minutes a file, under the data folder.

A file is named by its sessions and its content, written beside its place, synced and renamed: a reader sees all of it
or none. Files are only ever added; where two hold the same bar, the later one is right. Readers go by the manifest.
"""

from __future__ import annotations

import hashlib
import io
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.places import Readable, sync
from adapters.tiers.files_lock import files_lock
from adapters.tiers.locations import Places, Tier, TierLocations
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
        path: relative to the place of its tier, so that a folder can be moved.
        sessions: that it has bars of, ascending.
    """

    path: str
    tier: Tier
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


class VanishedError(BadDataError):
    """A file of the manifest isn't there: it is lost, or was moved since the manifest was read."""


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


def encoded(
    bars: pa.Table, sessions: Days, timeframe: Timeframe, tier: Tier, *, level: int | None = None
) -> tuple[memoryview, BarFile]:
    """The bytes of a file and its row of the manifest; nothing is written.

    Args:
        bars: stored schema, by symbol, then time.
        sessions: that it has bars of, ascending.
        timeframe: length of the bars.
        tier: where the file will lie.
        level: of the compression. With one, every page carries a checksum too, so that a part that is fetched from far
            away can be told from a damaged one.
    """
    buffer = io.BytesIO()
    pq.write_table(
        bars, buffer, compression="zstd", compression_level=level, row_group_size=ROW_GROUP_ROWS,
        write_page_checksum=level is not None,
    )  # fmt: skip
    data = buffer.getbuffer()
    digest = hashlib.sha256(data).hexdigest()
    path = f"bars/{tier}/{timeframe}/{sessions[0]}_{sessions[-1]}-{digest[:12]}.parquet"
    return data, BarFile(path, tier, timeframe, tuple(sessions.tolist()), bars.num_rows, digest)


def read_file(place: Readable, file: BarFile, wanted: Wanted | None, *, verify: bool) -> pa.Table:
    """The rows of one file, stored schema.

    Raises:
        VanishedError: when it isn't there.
        BadDataError: when it is not what the manifest says.
        UnavailableError: when its place doesn't answer.
    """
    name = f"{place.words}/{file.path}"
    advice = "Restore it from a backup, or import it again into an empty data folder."
    try:
        if verify and place.sha256(file.path) not in (file.sha256, None):
            raise BadDataError(f"{name} does not match the manifest: it was changed or damaged. {advice}")
        with (
            place.open(file.path) as source,
            pq.ParquetFile(source, page_checksum_verification=True, pre_buffer=place.remote) as parquet,
        ):
            if parquet.metadata.num_rows != file.rows:
                raise BadDataError(
                    f"{name} holds {parquet.metadata.num_rows} bars, the manifest says {file.rows}. {advice}"
                )
            return _selected(parquet, wanted).cast(SHAPES[file.timeframe].stored)
    except FileNotFoundError:
        what = f"{file.first_session} to {file.last_session}, {file.rows:,} bars"
        raise VanishedError(
            f"{name} ({what}) is in the manifest and cannot be read: it isn't there. If it lies on a volume, mount it "
            f"there; otherwise: {advice}"
        ) from None
    except pa.ArrowInvalid as error:
        raise BadDataError(f"{name} is no Parquet file of bars: {error}. {advice}") from None
    except OSError as error:
        said = f"{name} is in the manifest and cannot be read: {error.strerror or error}."
        if place.remote:
            raise UnavailableError(
                f"{said} Its {file.rows:,} bars of {file.first_session} to {file.last_session} are missing, so nothing "
                "is answered. No data was lost; try again when the store answers."
            ) from None
        raise BadDataError(f"{said} {advice}") from None


def latest(tables: Sequence[pa.Table], shape: Shape) -> pa.Table:
    """The bars of several files in the order of the manifest, each in its latest version, by symbol, then time."""
    bars = pa.concat_tables(tables)
    return bars if len(tables) == 1 else bars.take(pa.array(_latest(bars, shape)))


def spans(files: Sequence[BarFile]) -> list[tuple[date, date]]:
    """First and last session of each group of files that share a session or lie within another's; ascending."""
    found: list[tuple[date, date]] = []
    for first, last in sorted((file.first_session, file.last_session) for file in files):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


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

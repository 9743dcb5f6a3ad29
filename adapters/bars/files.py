"""One file of bars: its shape, its bytes, its row of the manifest, and reading it."""

from __future__ import annotations

import hashlib
import io
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.bars.locations import Tier
from adapters.bars.places import Readable
from trading.arrays import Days, Ints
from trading.bars.intraday import INTRADAY_SCHEMA
from trading.bars.panel import BARS_SCHEMA, symbol_codes
from trading.errors import BadDataError, UnavailableError

HOT = "bars/hot"
ROW_GROUP_ROWS = 32_768
"""Small enough that one symbol's bars are read without the rest of a file."""

Timeframe = Literal["1d", "1h", "30m", "15m", "10m", "5m", "2m", "1m"]
BAR_S: dict[Timeframe, int] = {"1m": 60, "2m": 120, "5m": 300, "10m": 600, "15m": 900, "30m": 1_800, "1h": 3_600}
"""Length of bars within a session, in seconds, the shortest first."""


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


_WITHIN_SESSION = Shape(INTRADAY_SCHEMA, "starts_at", INTRADAY_SCHEMA.append(pa.field("session", pa.date32())))
SHAPES: dict[Timeframe, Shape] = {
    "1d": Shape(BARS_SCHEMA, "session", BARS_SCHEMA),
    **dict.fromkeys(BAR_S, _WITHIN_SESSION),
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


class VanishedError(BadDataError):
    """A file of the manifest isn't there: it is lost, or was moved since the manifest was read."""


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


def ordered_rows(bars: pa.Table, shape: Shape) -> Ints:
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

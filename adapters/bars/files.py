"""One file of bars or of feature rows: its shape, its bytes, its row of the manifest, and reading it."""

from __future__ import annotations

import hashlib
import io
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.bars.locations import Tier
from adapters.bars.places import Readable
from trading.arrays import Days
from trading.bars.intraday import INTRADAY_SCHEMA
from trading.bars.panel import BARS_SCHEMA
from trading.errors import BadDataError, UnavailableError

HOT = "bars/hot"
ROW_GROUP_ROWS = 32_768
"""Small enough that one symbol's bars are read without the rest of a file."""

Timeframe = Literal["1d", "1h", "30m", "15m", "10m", "5m", "2m", "1m"]
FEATURES: Literal["features"] = "features"
Kind = Literal[Timeframe, "features"]
"""What a file holds: bars of one length, or the feature rows of setups."""
BAR_S: dict[Timeframe, int] = {"1m": 60, "2m": 120, "5m": 300, "10m": 600, "15m": 900, "30m": 1_800, "1h": 3_600}
"""Length of bars within a session, in seconds, the shortest first."""


SCHEMA_KEY = b"feature_schema"
"""In the metadata of a file of feature rows: the hash of their schema."""
KEYS = pa.schema([("symbol", pa.string()), ("session", pa.date32()), ("direction", pa.int8()), ("in_play", pa.bool_())])
"""The columns of feature rows that come before the features."""


@dataclass(frozen=True)
class Shape:
    """How the rows of one kind are kept.

    Attributes:
        schema: of the domain.
        time: the column that tells the rows of a symbol apart; in `whole_sessions` those of a symbol and session.
        stored: `schema`, with the session where the domain derives it.
        further: the type of the columns that follow those of `stored`, under whatever names; None without any.
        whole_sessions: where two files have the same session, all that the earlier one has of it is superseded; rows go
            by session first.
        words: what the rows are.
        advice: what to do when a file is lost.
    """

    schema: pa.Schema
    time: str
    stored: pa.Schema
    further: pa.DataType | None = None
    whole_sessions: bool = False
    words: str = "bars"
    advice: str = "Restore it from a backup, or import it again into an empty data folder."


_WITHIN_SESSION = Shape(INTRADAY_SCHEMA, "starts_at", INTRADAY_SCHEMA.append(pa.field("session", pa.date32())))
SHAPES: dict[Timeframe, Shape] = {
    "1d": Shape(BARS_SCHEMA, "session", BARS_SCHEMA),
    **dict.fromkeys(BAR_S, _WITHIN_SESSION),
}
"""Of bars."""
KINDS: dict[Kind, Shape] = {
    "1d": SHAPES["1d"],
    **dict.fromkeys(BAR_S, _WITHIN_SESSION),
    FEATURES: Shape(
        KEYS, "direction", KEYS, pa.float32(), whole_sessions=True, words="feature rows",
        advice="Restore it from a backup.",
    ),
}  # fmt: skip
"""Of everything that lies in the tiers."""


@dataclass(frozen=True)
class BarFile:
    """A row of the manifest.

    Attributes:
        path: relative to the place of its tier, so that a folder can be moved.
        timeframe: of its bars, or `features`.
        sessions: that it has rows of, ascending.
        schema: the hash of the schema of its feature rows; None for bars.
    """

    path: str
    tier: Tier
    timeframe: Kind
    sessions: tuple[date, ...]
    rows: int
    sha256: str
    schema: str | None = None

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
    """The rows that are asked for; `symbols` ascending, all if None."""

    first: date
    last: date
    symbols: tuple[str, ...] | None


class VanishedError(BadDataError):
    """A file of the manifest isn't there: it is lost, or was moved since the manifest was read."""


def encoded(
    bars: pa.Table, sessions: Days, timeframe: Kind, tier: Tier, *, level: int | None = None
) -> tuple[memoryview, BarFile]:
    """The bytes of a file and its row of the manifest; nothing is written.

    Args:
        bars: stored schema, in the order of the shape.
        sessions: that it has rows of, ascending.
        timeframe: length of the bars, or `features`.
        tier: where the file will lie.
        level: of the compression. With one, every page carries a checksum too, so that a part that is fetched from far
            away can be told from a damaged one.
    """
    buffer, told = io.BytesIO(), schema_of(bars)
    with pq.ParquetWriter(
        buffer, bars.schema, compression="zstd", compression_level=level, write_page_checksum=level is not None,
        **_encodings(bars, KINDS[timeframe]),
    ) as writer:  # fmt: skip
        writer.write_table(bars, row_group_size=ROW_GROUP_ROWS)
        if told is not None:
            writer.add_key_value_metadata({SCHEMA_KEY: told.encode()})
    data = buffer.getbuffer()
    digest = hashlib.sha256(data).hexdigest()
    path = f"bars/{tier}/{timeframe}/{sessions[0]}_{sessions[-1]}-{digest[:12]}.parquet"
    return data, BarFile(path, tier, timeframe, tuple(sessions.tolist()), bars.num_rows, digest, told)


def schema_of(rows: pa.Table) -> str | None:
    """The hash of the schema of feature rows, from the table's metadata; None where it tells none."""
    told = (rows.schema.metadata or {}).get(SCHEMA_KEY)
    return None if told is None else told.decode()


def as_stored(rows: pa.Table, shape: Shape) -> pa.Table:
    """The table in the types of the shape.

    Raises:
        BadDataError: when it has other columns.
    """
    names, keys = rows.schema.names, shape.stored.names
    if names[: len(keys)] != keys or (shape.further is None and len(names) > len(keys)):
        raise BadDataError(f"{shape.words} need the columns {keys}, not {names}")
    further = [pa.field(name, shape.further) for name in names[len(keys) :]]
    return rows.cast(pa.schema([*shape.stored, *further], rows.schema.metadata))


def read_file(place: Readable, file: BarFile, wanted: Wanted | None, *, verify: bool) -> pa.Table:
    """The rows of one file, stored schema; of feature rows with the features that they were made with.

    Raises:
        VanishedError: when it isn't there.
        BadDataError: when it is not what the manifest says.
        UnavailableError: when its place doesn't answer.
    """
    name, shape = f"{place.words}/{file.path}", KINDS[file.timeframe]
    advice = shape.advice
    try:
        if verify and place.sha256(file.path) not in (file.sha256, None):
            raise BadDataError(f"{name} does not match the manifest: it was changed or damaged. {advice}")
        with (
            place.open(file.path) as source,
            pq.ParquetFile(source, page_checksum_verification=True, pre_buffer=place.remote) as parquet,
        ):
            if parquet.metadata.num_rows != file.rows:
                raise BadDataError(
                    f"{name} holds {parquet.metadata.num_rows} {shape.words}, the manifest says {file.rows}. {advice}"
                )
            rows = _selected(parquet, wanted)
            if schema_of(rows) != file.schema:
                raise BadDataError(f"{name} is of another schema than the manifest says. {advice}")
            return as_stored(rows, shape)
    except FileNotFoundError:
        what = f"{file.first_session} to {file.last_session}, {file.rows:,} {shape.words}"
        raise VanishedError(
            f"{name} ({what}) is in the manifest and cannot be read: it isn't there. If it lies on a volume, mount it "
            f"there; otherwise: {advice}"
        ) from None
    except pa.ArrowInvalid as error:
        raise BadDataError(f"{name} is no Parquet file of {shape.words}: {error}. {advice}") from None
    except OSError as error:
        said = f"{name} is in the manifest and cannot be read: {error.strerror or error}."
        if place.remote:
            what = f"{file.rows:,} {shape.words} of {file.first_session} to {file.last_session}"
            raise UnavailableError(
                f"{said} Its {what} are missing, so nothing is answered. No data was lost; "
                "try again when the store answers."
            ) from None
        raise BadDataError(f"{said} {advice}") from None


def _encodings(bars: pa.Table, shape: Shape) -> dict[str, Any]:
    """Of the columns: features lie byte by byte, which is smallest and exact; a hundred statistics would take more."""
    if shape.further is None:
        return {}
    keys = shape.stored.names
    return {
        "use_dictionary": ["symbol", "session"], "use_byte_stream_split": bars.schema.names[len(keys) :],
        "write_statistics": keys, "store_schema": False,
    }  # fmt: skip


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

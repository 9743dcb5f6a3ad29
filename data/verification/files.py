"""The files of the tiers against the manifest: all there, unchanged, and each row readable exactly once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from adapters.bars.files import KINDS, BarFile, Kind
from adapters.bars.store import BarStore
from adapters.bars.versions import fresh, keys_of, latest, sessions_of
from data.verification.trouble import RESTORE, Trouble
from trading.errors import BadDataError

SWEEP = "Nothing reads them; the next import removes them."


@dataclass(frozen=True)
class Stretch:
    """Files whose sessions overlap, checked together.

    Attributes:
        bars: what a reader gets, `symbol` and `session`; each bar once.
        rows: in the files, versions that were corrected since included.
        troubles: found in them.
        prices: of days, with `BARS_SCHEMA`; None for shorter bars.
    """

    timeframe: Kind
    files: int
    rows: int
    bars: pa.Table
    troubles: tuple[Trouble, ...]
    prices: pa.Table | None = None


def check_files(store: BarStore, files: list[BarFile], tell: Callable[[int], None] | None = None) -> Iterator[Stretch]:
    """Each stretch of files in turn, so that memory stays that of the largest.

    Args:
        store: reads them.
        files: of the manifest, of every timeframe.
        tell: told how many more files were checked.
    """
    for timeframe in KINDS:
        for stretch in _stretches([file for file in files if file.timeframe == timeframe]):
            yield _checked(store, timeframe, stretch)
            if tell:
                tell(len(stretch))


def check_strays(store: BarStore) -> Iterator[Trouble]:
    """Files under the data folder that the manifest doesn't name."""
    strays = store.strays()
    if strays:
        named = ", ".join(path.name for path in strays[:3]) + (", …" if len(strays) > 3 else "")  # noqa: PLR2004
        yield Trouble("stray", str(strays[0].parent), f"{len(strays)} file(s) are in no manifest: {named}", SWEEP)


def _stretches(files: list[BarFile]) -> Iterator[list[BarFile]]:
    """Files in order of time, together where their sessions overlap."""
    waiting: list[BarFile] = []
    reach = date.min
    for file in sorted(files, key=lambda one: one.first_session):
        if waiting and file.first_session > reach:
            yield waiting
            waiting, reach = [], date.min
        waiting.append(file)
        reach = max(reach, file.last_session)
    if waiting:
        yield waiting


def _checked(store: BarStore, timeframe: Kind, files: list[BarFile]) -> Stretch:
    troubles: list[Trouble] = []
    tables = []
    for file in files:
        try:
            table = store.whole(file)
        except BadDataError as error:
            troubles.append(Trouble("file", file.path, str(error), RESTORE))
            continue
        troubles += _within(file, table)
        tables.append(table.select(_keys(timeframe)))
    rows = sum(table.num_rows for table in tables)
    if len(tables) < len(files):  # what readers would get is an error, said above
        return Stretch(timeframe, len(files), rows, pa.table({"symbol": [], "session": []}), tuple(troubles))
    first, last = files[0].first_session, max(file.last_session for file in files)
    read = store.read(first, last, timeframe)
    shape = KINDS[timeframe]
    held = latest(tables, shape) if shape.whole_sessions else pa.concat_tables(tables)
    expected = _distinct(held, timeframe)
    keys = _distinct(read, timeframe)
    if read.num_rows != keys.num_rows or not keys.select([0, 1]).equals(expected.select([0, 1])):
        told = f"{keys.num_rows:,} different ones, of {expected.num_rows:,}"
        detail = f"readers get {read.num_rows:,} {shape.words}, {told}"
        troubles.append(Trouble("readable", f"{timeframe} from {first} to {last}", detail, RESTORE))
    prices = read if timeframe == "1d" else None
    return Stretch(timeframe, len(files), rows, expected.select(["symbol", "session"]), tuple(troubles), prices)


def _within(file: BarFile, table: pa.Table) -> Iterator[Trouble]:
    """What is wrong inside one file that has its hash."""
    sessions = tuple(np.unique(sessions_of(table)).tolist())
    if sessions != file.sessions:
        detail = f"it holds {len(sessions)} sessions, the manifest lists {len(file.sessions)}"
        yield Trouble("sessions", file.path, detail, RESTORE)
    doubled = table.num_rows - _distinct(table, file.timeframe).num_rows
    if doubled:
        detail = f"{doubled:,} {KINDS[file.timeframe].words} stand in it more than once"
        yield Trouble("doubled", file.path, detail, RESTORE)


def _keys(timeframe: Kind) -> list[str]:
    shape = KINDS[timeframe]
    return [name for name in dict.fromkeys(["symbol", shape.time, "session"]) if name in shape.stored.names]


def _distinct(bars: pa.Table, timeframe: Kind) -> pa.Table:
    """Symbol and time of each row once, in the order of its shape, and its session where there is one."""
    keys = keys_of(bars, KINDS[timeframe])
    order = np.lexsort(keys)
    names = [name for name in _keys(timeframe) if name in bars.column_names]
    return bars.select(names).take(pa.array(order[fresh(order, keys)], pa.int64())).combine_chunks()

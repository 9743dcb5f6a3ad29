"""Rows in quarantine that turn out to be right: checked once more, stored as a later version, counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from adapters.bars.files import SHAPES, BarFile, Timeframe
from adapters.calendar import close_of, session_hours, sessions_between
from adapters.postgres.quarantine_record import Held, QuarantineRecord, Release, Which
from adapters.record import Record
from trading.errors import BadDataError

MOST_ROWS = 100_000
"""At once; more of them are no exceptions but a source that the gates read wrongly."""
NAMED = 5
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Storable:
    """A row as it would be stored, columns of its timeframe's stored schema by name; `changed` in words."""

    bar: dict[str, Any]
    changed: str | None


def storable(held: Held, now: datetime) -> Storable | str:
    """The row as a bar, its range widened to hold all its prices; or why it can't be one."""
    prices = (held.open, held.high, held.low, held.close)
    if held.raw is not None:
        return "it could not be read as a bar; correct it in the source and import that"
    if not held.symbol or (held.session if held.timeframe == "1d" else held.starts_at) is None:
        return "its symbol or time is missing; correct it in the source and import that"
    if any(price is None or not math.isfinite(price) or price <= 0 for price in prices):
        return "a price is missing, zero or negative; correct it in the source and import that"
    if held.volume is None or held.volume < 0:
        return "its volume is missing or negative; correct it in the source and import that"
    session = _session_of(held, now)
    if session is None:
        return "the exchange had no session at its time, or it isn't over; nothing could be compared with it"
    known = [float(price) for price in prices if price is not None]
    high, low = max(known), min(known)
    words = f"range {held.low:g} .. {held.high:g} is now {low:g} .. {high:g}"
    time = {"starts_at": held.starts_at} if held.timeframe != "1d" else {}
    bar = {
        "symbol": held.symbol, "session": session, **time, "open": held.open, "high": high, "low": low,
        "close": held.close, "volume": held.volume,
    }  # fmt: skip
    return Storable(bar, words if (high, low) != (held.high, held.low) else None)


def _session_of(held: Held, now: datetime) -> date | None:
    """The session that the bar belongs to; None when there is none, or the bar isn't over."""
    if held.starts_at is not None:
        day = (held.starts_at.astimezone(UTC) - timedelta(hours=5)).date()
        hours = session_hours(day, day) if len(sessions_between(day, day)) else None
        start = np.array([held.starts_at.astimezone(UTC).replace(tzinfo=None)], "datetime64[s]")
        inside = hours is not None and hours.locate(start, int(MINUTE.total_seconds()))[0][0] >= 0
        return day if inside and held.starts_at + MINUTE <= now else None
    day = held.session or date.max
    known = day <= now.date() and len(sessions_between(day, day)) == 1
    return day if known and close_of(day) <= now else None


class Quarantine:
    """What is in quarantine of a data folder, and the way out of it."""

    def __init__(self, record: Record) -> None:
        self._record = QuarantineRecord(record.pool)
        self._store = record.bars

    def release(self, which: Which, *, why: str, now: datetime) -> tuple[Release, ...]:
        """The rows are bars on record, each a later version where there was one; all of them or none.

        They aren't judged again, and neither are the bars beside them.

        Args:
            which: rows; those of a gate or symbol that are released already are left out.
            why: they are right, for whoever reads the record later.
            now: bars that aren't over can't be released.

        Raises:
            BadDataError: when one can't be released, naming it and why; nothing was changed.
            UnavailableError: when the disk is full or the database away; nothing was released.
        """
        if not why.strip():
            raise BadDataError("Say why the rows are right, with --why. Nothing was released.")
        rows = self._chosen(which)
        bars = _bars_of(rows, now)
        releases: list[Release] = []
        files: list[BarFile] = []
        replaced: list[tuple[int, Timeframe, pa.Table]] = []
        for timeframe in SHAPES:
            mine = [(row, bar) for row, bar in zip(rows, bars, strict=True) if row.timeframe == timeframe]
            if mine:
                known = self._known(timeframe, [bar for _, bar in mine])
                releases += _released(mine, known, timeframe)
                replaced += _replaced(mine, known, timeframe)
                table = pa.Table.from_pylist([bar.bar for _, bar in mine], schema=SHAPES[timeframe].stored)
                files += self._store.write(table, timeframe)
        self._record.record(releases, files, replaced, why=why.strip(), at=now)
        return tuple(releases)

    def around(self, held: Held, days: int = 5) -> pa.Table:
        """Bars of the row's symbol on record from `days` before it to `days` after."""
        moment = held.session or (held.starts_at.date() if held.starts_at else None)
        if moment is None or not held.symbol:
            return SHAPES[held.timeframe].schema.empty_table()
        reach = timedelta(days=days)
        return self._store.read(moment - reach, moment + reach, held.timeframe, symbols=[held.symbol])

    def _chosen(self, which: Which) -> list[Held]:
        rows = self._record.rows(which, limit=MOST_ROWS + 1, released=None if which.ids else False)
        strange = sorted(set(which.ids) - {row.quarantine_id for row in rows})
        if strange:
            raise BadDataError(f"No row in quarantine has the number {strange[0]}. Nothing was released.")
        gone = next((row for row in rows if row.released_at is not None), None)
        if gone:
            raise BadDataError(
                f"Row {gone.quarantine_id} was released on {gone.released_at:%Y-%m-%d %H:%M} UTC. Nothing was changed."
            )
        if not rows:
            raise BadDataError("Nothing in quarantine is like that. Nothing was released.")
        if len(rows) > MOST_ROWS:
            raise BadDataError(f"More than {MOST_ROWS:,} rows are like that; name fewer. Nothing was released.")
        return rows

    def _known(self, timeframe: Timeframe, bars: Sequence[Storable]) -> dict[tuple[str, Any], dict[str, Any]]:
        """Bars on record that these would replace, by symbol and time."""
        days = [bar.bar["session"] for bar in bars]
        symbols = sorted({bar.bar["symbol"] for bar in bars})
        time = SHAPES[timeframe].time
        there = self._store.read(min(days), max(days), timeframe, symbols=symbols)
        wanted = {(bar.bar["symbol"], bar.bar[time]) for bar in bars}
        return {
            (row["symbol"], row[time]): row for row in there.to_pylist() if (row["symbol"], row[time]) in wanted
        }  # fmt: skip


def _bars_of(rows: Sequence[Held], now: datetime) -> list[Storable]:
    checked = [(row, storable(row, now)) for row in rows]
    refused = [(row, said) for row, said in checked if isinstance(said, str)]
    if refused:
        named = "; ".join(f"{row.quarantine_id} ({row.gate}): {said}" for row, said in refused[:NAMED])
        raise BadDataError(f"{len(refused)} of {len(rows)} can't be released: {named}. Nothing was released.")
    bars = [said for _, said in checked if isinstance(said, Storable)]
    doubles = Counter((row.timeframe, bar.bar["symbol"], _time(row, bar)) for row, bar in zip(rows, bars, strict=True))
    (_, symbol, time), count = doubles.most_common(1)[0]
    if count > 1:
        raise BadDataError(
            f"{count} of them are bars of {symbol} at {time}, and one of them at most is right. Nothing was released; "
            "name it by its number."
        )
    return bars


def _time(row: Held, bar: Storable) -> Any:
    return bar.bar[SHAPES[row.timeframe].time]


def _released(
    mine: Sequence[tuple[Held, Storable]], known: dict[tuple[str, Any], dict[str, Any]], timeframe: Timeframe
) -> list[Release]:
    """Raises BadDataError when a bar is on record just so."""
    releases = []
    for row, bar in mine:
        there = known.get((bar.bar["symbol"], _time(row, bar)))
        if there is not None and all(there[name] == bar.bar[name] for name in SHAPES[timeframe].schema.names):
            raise BadDataError(f"Row {row.quarantine_id} is on record with the same values. Nothing was released.")
        releases.append(Release(row, bar.changed, there is not None))
    return releases


def _replaced(
    mine: Sequence[tuple[Held, Storable]], known: dict[tuple[str, Any], dict[str, Any]], timeframe: Timeframe
) -> list[tuple[int, Timeframe, pa.Table]]:
    """What was on record, by the import that the released row came with."""
    stored = SHAPES[timeframe].stored
    found: dict[int, list[dict[str, Any]]] = {}
    for row, bar in mine:
        there = known.get((bar.bar["symbol"], _time(row, bar)))
        if there is not None:
            found.setdefault(row.import_id, []).append({"session": bar.bar["session"], **there})
    return [(one, timeframe, pa.Table.from_pylist(rows, schema=stored)) for one, rows in found.items()]

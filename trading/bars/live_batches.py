"""Bars as they arrive, grouped into one batch per bar time; doubles dropped, late ones marked. No I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trading.arrays import Flags, Ints
from trading.bars.intraday import INTRADAY_SCHEMA

_MORE = [
    pa.field("arrived_at", pa.timestamp("us", "UTC")),
    pa.field("late", pa.bool_()),
    pa.field("filled", pa.bool_()),
]
LIVE_SCHEMA = pa.schema([*INTRADAY_SCHEMA, *_MORE])
"""A bar, when it arrived, whether after its batch was closed, and whether from history after a gap."""
NIGHT_S = 5 * 3_600
"""From UTC to the exchange's day: 04:00 to 20:00 in New York never crosses midnight five hours west of Greenwich."""
DAY_S, MINUTE_S = 86_400, 60
MINUTES = DAY_S // MINUTE_S
MORE_ROWS = 1_024
MIX = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio, as in SplitMix64: spreads the bits of a sum of prices."""
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Batch:
    """Bars that go on together.

    Attributes:
        starts_at: of all its bars; None = late ones, of any time of the session.
        bars: `LIVE_SCHEMA`.
    """

    session: date
    starts_at: datetime | None
    bars: pa.Table


@dataclass
class Counts:
    """What became of the bars of a session so far: received = spooled + waiting + duplicate.

    Attributes:
        duplicate: same symbol, time and values as one before.
        corrected: same symbol and time as one before, other values; kept.
        late: kept, after their batch was closed.
        filled: kept, from history after a gap.
        unread: messages that are no bars; kept aside.
    """

    received: int = 0
    duplicate: int = 0
    corrected: int = 0
    late: int = 0
    filled: int = 0
    spooled: int = 0
    unread: int = 0


@dataclass
class _Day:
    """What is known of a session; memory is 12 kB a symbol, however much arrives."""

    counts: Counts = field(default_factory=Counts)
    rows: dict[str, int] = field(default_factory=dict)
    seen: Hashes = field(default_factory=lambda: np.zeros((MORE_ROWS, MINUTES), dtype=np.uint64))
    closed_until_s: int = 0

    def places(self, symbols: pa.ChunkedArray[pa.StringScalar]) -> Ints:
        """The row of each symbol in `seen`."""
        encoded = symbols.combine_chunks().dictionary_encode()
        names = encoded.dictionary.to_pylist()
        places = np.array([self.rows.setdefault(str(name), len(self.rows)) for name in names], dtype=np.int64)
        while len(self.rows) > len(self.seen):
            self.seen = np.concatenate([self.seen, np.zeros((MORE_ROWS, MINUTES), dtype=np.uint64)])
        found: Ints = places[encoded.indices.to_numpy()]
        return found


@dataclass
class _Open:
    session: date
    opened_s: float
    tables: list[pa.Table] = field(default_factory=list)
    rows: int = 0


class Batches:
    """The batches that are being made.

    Args:
        late_s: how long a batch waits for more after its first bar.
        expected: how many symbols there are, if that is known: with all of them a batch doesn't wait.
    """

    def __init__(self, late_s: float, expected: int | None = None) -> None:
        self._late_s, self._expected = late_s, expected
        self._days: dict[date, _Day] = {}
        self._open: dict[int, _Open] = {}
        self._late: dict[date, _Open] = {}
        self.newest_at: datetime | None = None

    def restore(self, session: date, bars: pa.Table, counts: Counts) -> None:
        """The session is as it was when these bars, `LIVE_SCHEMA`, had been spooled."""
        day = self._days.setdefault(session, _Day())
        if bars.num_rows:
            starts = _seconds(bars)
            self._distinct(day, bars, starts, restoring=True)
            day.closed_until_s = int(starts.max())
            self._move_newest(day.closed_until_s)
        day.counts = counts

    def add(self, bars: pa.Table, at_s: float, arrived_at: datetime, *, filled: bool = False) -> None:
        """The bars wait in their batches.

        Args:
            bars: `INTRADAY_SCHEMA`.
            at_s: of a clock that never goes back.
            arrived_at: what the wall clock said.
            filled: they are from history.
        """
        starts = _seconds(bars)
        days = (starts - NIGHT_S) // DAY_S
        for number in np.unique(days).tolist():
            of_day = bars if len(bars) == int((days == number).sum()) else bars.filter(pa.array(days == number))
            session = np.datetime64(number, "D").item()
            self._add(session, of_day, at_s, arrived_at, filled=filled)
        if len(starts):
            self._move_newest(int(starts.max()))

    def _add(self, session: date, bars: pa.Table, at_s: float, arrived_at: datetime, *, filled: bool) -> None:
        day = self._days.setdefault(session, _Day())
        day.counts.received += bars.num_rows
        keep = self._distinct(day, bars, _seconds(bars))
        day.counts.duplicate += bars.num_rows - int(keep.sum())
        bars = bars.filter(pa.array(keep))
        if not bars.num_rows:
            return
        starts = _seconds(bars)
        late = (starts <= day.closed_until_s) | filled
        day.counts.late += int((starts <= day.closed_until_s).sum())
        day.counts.filled += bars.num_rows if filled else 0
        table = _live(bars, arrived_at, starts <= day.closed_until_s, filled=filled)
        if late.any():
            self._wait(self._late.setdefault(session, _Open(session, at_s)), table.filter(pa.array(late)))
        for start in np.unique(starts[~late]).tolist():
            waiting = self._open.setdefault(start, _Open(session, at_s))
            self._wait(waiting, table.filter(pa.array((starts == start) & ~late)))

    @staticmethod
    def _wait(waiting: _Open, bars: pa.Table) -> None:
        waiting.tables.append(bars)
        waiting.rows += bars.num_rows

    def _distinct(self, day: _Day, bars: pa.Table, starts: Ints, *, restoring: bool = False) -> Flags:
        """Which rows say something new; a row may repeat or correct one of the same table."""
        place = day.places(bars.column("symbol"))
        minute = (starts - NIGHT_S) % DAY_S // MINUTE_S
        values = _hashes(bars)
        keep = np.zeros(len(starts), dtype=np.bool_)
        left = np.arange(len(starts))
        while len(left):
            _, first = np.unique(place[left] * MINUTES + minute[left], return_index=True)
            now = left[np.sort(first)]
            before = day.seen[place[now], minute[now]]
            keep[now] = before != values[now]
            day.counts.corrected += 0 if restoring else int((keep[now] & (before != 0)).sum())
            day.seen[place[now], minute[now]] = values[now]
            left = np.setdiff1d(left, now, assume_unique=True)
        return keep

    def due(self, at_s: float, *, everything: bool = False) -> list[Batch]:
        """The batches that wait no longer, the earliest bar time first, late ones last; they are closed."""
        done = [start for start in sorted(self._open) if everything or self._is_due(self._open[start], at_s)]
        batches = []
        for start in done:
            closed = self._open.pop(start)
            self._days[closed.session].closed_until_s = max(self._days[closed.session].closed_until_s, start)
            batches.append(Batch(closed.session, datetime.fromtimestamp(start, UTC), pa.concat_tables(closed.tables)))
        late = [day for day in sorted(self._late) if everything or at_s >= self._late[day].opened_s + self._late_s]
        batches += [Batch(session, None, pa.concat_tables(self._late.pop(session).tables)) for session in late]
        for batch in batches:
            self._days[batch.session].counts.spooled += batch.bars.num_rows
        return batches

    def _is_due(self, waiting: _Open, at_s: float) -> bool:
        complete = self._expected is not None and waiting.rows >= self._expected
        return complete or at_s >= waiting.opened_s + self._late_s

    def next_due_s(self) -> float | None:
        """When the next batch is due; None while nothing waits."""
        waiting = [*self._open.values(), *self._late.values()]
        return min(one.opened_s for one in waiting) + self._late_s if waiting else None

    def forget(self, session: date) -> None:
        """Nothing is known of the session; nothing of it may wait."""
        self._days.pop(session, None)

    def counts(self, session: date) -> Counts:
        """Of the session."""
        return self._days.setdefault(session, _Day()).counts

    def sessions(self) -> list[date]:
        """Those that something is known of, ascending."""
        return sorted(self._days)

    def symbols(self) -> set[str]:
        """Those that were heard of."""
        return {symbol for day in list(self._days.values()) for symbol in list(day.rows)}

    @property
    def waiting_rows(self) -> int:
        """Bars in open batches."""
        return sum(one.rows for one in (*self._open.values(), *self._late.values()))

    def _move_newest(self, start_s: int) -> None:
        at = datetime.fromtimestamp(start_s, UTC)
        self.newest_at = at if self.newest_at is None else max(self.newest_at, at)


def _seconds(bars: pa.Table) -> Ints:
    seconds: Ints = bars.column("starts_at").to_numpy(zero_copy_only=False).astype("datetime64[s]").astype(np.int64)
    return seconds


def _hashes(bars: pa.Table) -> Hashes:
    """A number for the values of each row, never 0."""
    mixed = np.zeros(bars.num_rows, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for name in ("open", "high", "low", "close", "volume"):
            bits = bars.column(name).to_numpy(zero_copy_only=False).astype(np.float64).view(np.uint64)
            mixed = (mixed ^ bits) * MIX
            mixed ^= mixed >> np.uint64(29)
    hashes: Hashes = mixed | np.uint64(1)
    return hashes


def _live(bars: pa.Table, arrived_at: datetime, late: Flags, *, filled: bool) -> pa.Table:
    count = bars.num_rows
    more: list[pa.Array[Any]] = [
        pa.array([arrived_at] * count, LIVE_SCHEMA.field("arrived_at").type),
        pa.array(late, pa.bool_()),
        pa.array([filled] * count, pa.bool_()),
    ]
    columns: list[Any] = [*bars.select(INTRADAY_SCHEMA.names).columns, *more]
    return pa.table(columns, names=LIVE_SCHEMA.names).cast(LIVE_SCHEMA)


def latest_versions(bars: pa.Table) -> pa.Table:
    """`INTRADAY_SCHEMA`, each symbol and time once, as it arrived last; rows in the order of arrival before."""
    at = pa.array(np.arange(bars.num_rows))
    last = bars.append_column("at", at).group_by(["symbol", "starts_at"]).aggregate([("at", "max")]).column("at_max")
    return bars.take(np.sort(last.to_numpy())).select(INTRADAY_SCHEMA.names)

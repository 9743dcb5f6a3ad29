"""One part of an import: compared with what is on record, judged beside it, written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from adapters.bars.files import BAR_S, SHAPES, Timeframe
from adapters.bars.store import BarStore
from adapters.calendar import close_of, session_hours, sessions_between
from adapters.feeds.source import UNREAD_SCHEMA
from adapters.postgres.bars_record import BarRecord, Part
from data.importing.remembered import Remembered
from data.importing.restated import Restated, restated
from data.importing.spill import when
from data.importing.tail import FIRST_DAY, TAIL_DAYS, Tail
from trading.arrays import Days, Flags, Floats, Ints
from trading.bars.panel import as_date, symbol_codes
from trading.errors import BadDataError
from trading.gates import History, Screened, daily_bars, screen, screen_minutes
from trading.gates.factors import FactorChange, Statements

NIGHT = np.timedelta64(5, "h")
SAME_PRICE = 1e-6
CONTRADICTED_SHARE, CONTRADICTED_ROWS = 0.05, 20
"""From both on, a source doesn't correct the record but contradicts it: adjusted prices, another unit."""


@dataclass(frozen=True)
class _Compared:
    """The rows of a part beside those on record.

    Attributes:
        fresh: rows of the part that are not on record with the same values.
        replaced: rows on record that one of those would replace, stored schema.
        others: rows on record that none of those touches.
        duplicates: how many rows of the part are on record as they are.
        restated: symbols that are told anew in another base.
    """

    fresh: pa.Table
    replaced: pa.Table
    others: pa.Table
    duplicates: int
    restated: tuple[Restated, ...] = ()


class Judge:
    """Judges the parts of one import, in order of time.

    Attributes:
        pending: what the source says in the parts so far and only a later bar can confirm.
    """

    def __init__(
        self, store: BarStore, record: BarRecord, timeframe: Timeframe, *, today: datetime, replace_: bool
    ) -> None:
        self._store = store
        self._record = record
        self._timeframe = timeframe
        self._today = today
        self._replace = replace_
        self._bar_s = BAR_S.get(timeframe, 0)
        self._remembered = Remembered(store, record.files(timeframe=timeframe), timeframe)
        self.pending: tuple[FactorChange, ...] = ()
        self._tail = Tail(store.stream if timeframe == "1d" else self._days_of_bars)

    def skip(self, bars: pa.Table) -> None:
        """A part that is on record already; the next one follows it."""
        self._remembered.stated(bars)

    def part(self, name: str, bars: pa.Table) -> Part:
        """What the part puts on record; its files are written."""
        stated = self._remembered.stated(bars)
        stated = replace(stated, changes=(*self.pending, *stated.changes))
        bars = bars.select(SHAPES[self._timeframe].schema.names)
        first, last = self._reach(bars)
        compared = self._compare(bars, first, last)
        self._refuse_contradiction(name, compared)
        screened = self._screened(compared, stated, first, last)
        self.pending = screened.pending
        doubles = _doubles(screened.quarantined)
        quarantined = screened.quarantined.filter(pa.array(~doubles))
        stored = self._with_session(screened.bars)
        self._remembered.saw(stored)
        return Part(
            name=name,
            rows_in=bars.num_rows,
            rows_duplicate=compared.duplicates + int(doubles.sum()),
            screened=replace(screened, quarantined=quarantined),
            files=tuple(self._store.write(stored, self._timeframe)) if stored.num_rows else (),
            corrected=_replaced(compared.replaced, stored, SHAPES[self._timeframe].time),
            unread=UNREAD_SCHEMA.empty_table(),
        )

    def _refuse_contradiction(self, name: str, compared: _Compared) -> None:
        if compared.restated and not self._replace:
            self._refuse_restated(name, compared.restated)
        differ = compared.replaced.num_rows
        both = differ + compared.duplicates
        if self._replace or differ < CONTRADICTED_ROWS or differ < CONTRADICTED_SHARE * both:
            return
        example = compared.replaced.slice(0, 1).to_pylist()[0]
        raise BadDataError(
            f"{differ:,} of {both:,} bars {when(name)} that are on record have other values there, such as "
            f"{example['symbol']} of {example['session']}, which closed at {example['close']:g}. This part was not "
            "stored; parts before it were. If the source is right, import it with --replace; if it only counts in "
            "another way (adjusted prices, another unit), keep it in a data folder of its own (INPLAY_HOME)."
        )

    @staticmethod
    def _refuse_restated(name: str, restated: Sequence[Restated]) -> None:
        one = restated[0]
        others = f" (and {len(restated) - 1} more symbols)" if len(restated) > 1 else ""
        raise BadDataError(
            f"All {one.rows} bar(s) of {one.symbol}{others} that the source tells anew {when(name)}, up to {one.last}, "
            f"differ from the record by one factor, {one.factor:.4g}: the source put a split or dividend into past "
            "prices. This part was not stored; parts before it were. Import only bars that are new, or prices as they "
            "were printed; or say --replace if the record is wrong; or keep this source in a data folder of its own "
            "(INPLAY_HOME)."
        )

    def _reach(self, bars: pa.Table) -> tuple[date, date]:
        """First and last session that the part may concern, within what the calendar knows."""
        days = self._days(bars)
        days = days[~np.isnat(days)]
        ahead = as_date(np.datetime64(self._today.date(), "D"))
        if not len(days):
            return FIRST_DAY, FIRST_DAY
        first, last = as_date(days.min()), as_date(days.max())
        return min(max(first, FIRST_DAY), ahead), max(min(last, ahead), FIRST_DAY)

    def _days(self, bars: pa.Table) -> Days:
        time = bars.column(SHAPES[self._timeframe].time).to_numpy(zero_copy_only=False)
        if self._timeframe == "1d":
            return np.asarray(time.astype("datetime64[D]"))
        return np.asarray((time.astype("datetime64[s]") - NIGHT).astype("datetime64[D]"))

    def _compare(self, bars: pa.Table, first: date, last: date) -> _Compared:
        shape = SHAPES[self._timeframe]
        known = self._store.read(first, last, self._timeframe)
        if not known.num_rows:
            nothing = shape.stored.empty_table()
            return _Compared(bars, nothing, nothing.select(shape.schema.names), 0)
        complete = bars.column("symbol").is_valid().to_numpy()  # a row without a symbol equals none
        named = np.flatnonzero(complete)
        both = pa.concat_tables([known, bars.take(pa.array(named))])
        _, codes = symbol_codes(both.column("symbol"))
        time = both.column(shape.time).to_numpy(zero_copy_only=False)
        group = _groups(codes, time)
        at = np.full(group.max() + 1, -1, dtype=np.int64)
        at[group[: known.num_rows]] = np.arange(known.num_rows)
        counterpart = at[group[known.num_rows :]]
        there = counterpart >= 0
        same = np.zeros(len(named), dtype=np.bool_)
        ours, theirs = known.take(pa.array(counterpart[there])), bars.take(pa.array(named[there]))
        same[there] = _equal(ours, theirs)
        anew = tuple(restated(self._with_session(ours), theirs, ~same[there])) if (there & ~same).any() else ()
        fresh = np.ones(bars.num_rows, dtype=np.bool_)
        fresh[named[same]] = False
        touched = np.zeros(known.num_rows, dtype=np.bool_)
        touched[counterpart[there & ~same]] = True
        return _Compared(
            fresh=bars.filter(pa.array(fresh)),
            replaced=self._with_session(known.filter(pa.array(touched))),
            others=known.filter(pa.array(~touched)),
            duplicates=int(same.sum()),
            restated=anew,
        )

    def _screened(self, compared: _Compared, stated: Statements, first: date, last: date) -> Screened:
        known_days = self._tail.before(first)
        known_days = pa.concat_tables([known_days, self._silent(compared.fresh, known_days, first)])
        begin = min([max(first - timedelta(days=TAIL_DAYS), FIRST_DAY), *_first_of(known_days)])
        history = History(known_days, tuple(self._record.splits()), tuple(self._record.breaks()))
        if self._timeframe == "1d":
            both = replace(history, bars=pa.concat_tables([known_days, compared.others]))
            return screen(
                compared.fresh, expected_sessions=sessions_between(begin, last), history=both, stated=stated,
                last_over=self._last_over(),
            )  # fmt: skip
        now = np.datetime64(self._today.astimezone(UTC).replace(tzinfo=None), "s")
        return screen_minutes(
            compared.fresh, hours=session_hours(begin, last), bar_s=self._bar_s, history=history,
            others=compared.others, now=now,
        )  # fmt: skip

    def _last_over(self) -> np.datetime64:
        """The last session that has closed."""
        today = self._today.date()
        sessions = sessions_between(today - timedelta(days=14), today)
        over = len(sessions) if close_of(as_date(sessions[-1])) <= self._today else len(sessions) - 1
        last: np.datetime64 = sessions[over - 1]
        return last

    def _silent(self, fresh: pa.Table, tail: pa.Table, first: date) -> pa.Table:
        """The last bars of those symbols that come now and were silent for longer than the tail reaches back."""
        there = {str(name) for name in tail.column("symbol").unique().to_pylist()}
        coming = {str(name) for name in fresh.column("symbol").unique().drop_null().to_pylist()}
        return self._remembered.last_bars(sorted(coming - there), max(first - timedelta(days=TAIL_DAYS), FIRST_DAY))

    def _days_of_bars(self, start: date, end: date) -> Iterator[pa.Table]:
        """The days that the bars on record of this length make up, a session in memory at a time."""
        files = self._record.files(start, end, timeframe=self._timeframe)
        for day in sorted({day for file in files for day in file.sessions if start <= day <= end}):
            yield daily_bars(self._store.read(day, day, self._timeframe), session_hours(day, day), self._bar_s)

    def _with_session(self, bars: pa.Table) -> pa.Table:
        """The table in the stored schema."""
        if self._timeframe == "1d":
            return bars
        return bars.append_column("session", pa.array(self._days(bars), pa.date32()))


def _first_of(bars: pa.Table) -> list[date]:
    return [bars.column("session").combine_chunks().sort()[0].as_py()] if bars.num_rows else []


def _groups(codes: npt.NDArray[np.int32], time: npt.NDArray[Any]) -> Ints:
    """A number for each distinct (symbol, time); rows without a time are on their own."""
    order = np.lexsort((time, codes))
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (codes[order[1:]] != codes[order[:-1]]) | (time[order[1:]] != time[order[:-1]])
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(fresh) - 1
    return group


def _equal(one: pa.Table, other: pa.Table) -> Flags:
    """Rows with the same volume and prices; a missing value equals none. The range is compared as it is stored.

    Prices that differ by less than a millionth are the same: a source with single precision says 42.389999.
    """

    def values(table: pa.Table, name: str) -> Floats:
        column: Floats = table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
        return column

    new = {name: values(other, name) for name in ("open", "high", "low", "close", "volume")}
    new["high"] = np.maximum(new["high"], np.maximum(new["open"], new["close"]))
    new["low"] = np.minimum(new["low"], np.minimum(new["open"], new["close"]))
    same = np.ones(one.num_rows, dtype=np.bool_)
    for name, theirs in new.items():
        ours = values(one, name)
        same &= np.abs(ours - theirs) <= (0.0 if name == "volume" else SAME_PRICE * ours)
    return same


def _doubles(quarantined: pa.Table) -> Flags:
    return np.asarray(quarantined.column("gate").to_numpy(zero_copy_only=False) == "duplicate", dtype=np.bool_)


def _replaced(candidates: pa.Table, stored: pa.Table, time: str) -> pa.Table:
    """Those of `candidates` that a stored row replaces: the gates may have refused what would have."""
    if not candidates.num_rows:
        return candidates
    both = pa.concat_tables([stored, candidates])
    _, codes = symbol_codes(both.column("symbol"))
    group = _groups(codes, both.column(time).to_numpy(zero_copy_only=False))
    came = np.isin(group[stored.num_rows :], group[: stored.num_rows])
    return candidates.filter(pa.array(came))

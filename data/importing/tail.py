"""The last days of each symbol before a part of an import; what is on record is read for it once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trading.bars.panel import BARS_SCHEMA, symbol_codes

TAIL_BARS = 25
"""Bars of a symbol before those that are judged; the gates look at 20."""
TAIL_DAYS = 180
"""How far back those are looked for. A ticker that was silent for longer starts anew."""
FIRST_DAY = date(1990, 1, 2)
"""The calendar begins here; earlier bars belong to no session that is known."""

DaysOf = Callable[[date, date], Iterable[pa.Table]]
"""Reads the days on record from one session to another, both included, as `BARS_SCHEMA`, in steps that are bounded."""


class Tail:
    """The last bars of each symbol, for parts that come in order of time.

    What was read isn't read again: a part is on record, and changes no more, when the next one is judged. So the whole
    import reads each session once, and memory holds a few bars a symbol and one step of reading.
    """

    def __init__(self, days: DaysOf) -> None:
        self._days = days
        self._kept = BARS_SCHEMA.empty_table()
        self._unread_from = FIRST_DAY

    def before(self, first: date) -> pa.Table:
        """At most `TAIL_BARS` bars of each symbol, by symbol, then session, within `TAIL_DAYS` before `first`."""
        start, end = max(first - timedelta(days=TAIL_DAYS), FIRST_DAY), first - timedelta(days=1)
        if start > end:
            return BARS_SCHEMA.empty_table()
        begin = max(start, self._unread_from)
        for table in self._days(begin, end) if begin <= end else ():
            self._kept = _last_bars(pa.concat_tables([self._kept, table.select(BARS_SCHEMA.names)]))
        self._unread_from = max(self._unread_from, first)
        self._kept = self._kept.filter(pc.greater_equal(self._kept.column("session"), pa.scalar(start)))
        return self._kept


def _last_bars(bars: pa.Table) -> pa.Table:
    _, codes = symbol_codes(bars.column("symbol"))
    order = np.lexsort((bars.column("session").to_numpy(zero_copy_only=False), codes))
    ends = np.searchsorted(codes[order], np.arange(codes.max(initial=-1) + 1), side="right")
    left = ends[codes[order]] - np.arange(len(order))
    return bars.take(pa.array(order[left <= TAIL_BARS], pa.int64())).combine_chunks()

"""Bars within sessions on record: minutes, or longer ones where there are no minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa

from adapters.bars.files import BAR_S, Timeframe
from adapters.bars.minute_files import NO_TRADE
from adapters.bars.store import BarStore
from adapters.postgres.bars_record import BarRecord
from trading.bars.minute_bars import Minutes


@dataclass(frozen=True)
class RecordedMinutes:
    """The bars of a data folder, as the gates let them in; see `trading.bars.minute_bars.MinuteBars`."""

    store: BarStore
    timeframe: Timeframe = "1m"

    def until(self, first: date, at: datetime) -> Minutes:
        """The bars with a trade that were over; those without are counted.

        A bar is over when its whole length is, also where its session ends before that: nobody says when a source
        closes it.
        """
        bar_s = BAR_S[self.timeframe]
        end = at.astimezone(UTC).replace(tzinfo=None)
        bars = self.store.read(first, end.date(), self.timeframe)
        over = bars.column("starts_at").cast(pa.timestamp("s")).to_numpy() + np.timedelta64(bar_s, "s")
        traded = bars.column("volume").to_numpy() > 0
        known = over <= np.datetime64(end, "s")
        silent = int((known & ~traded).sum())
        return Minutes(bars.filter(pa.array(known & traded)), {NO_TRADE: silent} if silent else {}, bar_s)


def shortest_length(tables: BarRecord, session: date) -> Timeframe | None:
    """The shortest bars within the session that are on record; None where there are none, or no record."""
    if not tables.is_made():
        return None
    there = {file.timeframe for file in tables.files(session, session, timeframe=None) if session in file.sessions}
    return next((timeframe for timeframe in BAR_S if timeframe in there), None)

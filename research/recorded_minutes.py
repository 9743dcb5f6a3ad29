"""Minute bars on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa

from adapters.bars.minute_files import BAR_S, NO_TRADE
from adapters.bars.store import BarStore
from trading.bars.minute_bars import Minutes


@dataclass(frozen=True)
class RecordedMinutes:
    """The minutes of a data folder, as the gates let them in; see `trading.bars.minute_bars.MinuteBars`."""

    store: BarStore

    def until(self, first: date, at: datetime) -> Minutes:
        """The minutes with a trade; those without are counted."""
        end = at.astimezone(UTC).replace(tzinfo=None)
        bars = self.store.read(first, end.date(), "1m")
        over = bars.column("starts_at").cast(pa.timestamp("s")).to_numpy() + np.timedelta64(BAR_S, "s")
        traded = bars.column("volume").to_numpy() > 0
        known = over <= np.datetime64(end, "s")
        silent = int((known & ~traded).sum())
        return Minutes(bars.filter(pa.array(known & traded)), {NO_TRADE: silent} if silent else {})

"""What an exchange of a rehearsal has traded: stored minutes, each published when its minute is over."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import msgpack
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adapters.calendar import session_hours
from adapters.exchange_time import NEW_YORK
from trading.arrays import Days, Ints
from trading.gates import daily_bars

MINUTE = np.timedelta64(60, "s")
UNKNOWN = {"n": None, "vw": None}
"""Number of trades and their average price, which stored minutes don't have."""
FIELDS = {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"}


class Tape:
    """Minutes in the order of time, and how much of them is published.

    Args:
        bars: `INTRADAY_SCHEMA`; each symbol and minute once.
    """

    def __init__(self, bars: pa.Table) -> None:
        self.bars = bars.sort_by([("starts_at", "ascending"), ("symbol", "ascending")]).combine_chunks()
        self._starts = self.bars.column("starts_at").to_numpy().astype("datetime64[s]")
        self.minutes: Days = np.unique(self._starts)
        self._published = 0
        self._lock = threading.Lock()

    def symbols(self) -> tuple[str, ...]:
        """Those that were traded, ascending."""
        return tuple(sorted(map(str, self.bars.column("symbol").unique().to_pylist())))

    def messages(self, minute: np.datetime64) -> list[dict[str, Any]]:
        """The bars that start at the minute, as the stream says them; they are published."""
        first, last = np.searchsorted(self._starts, [minute, minute + MINUTE])
        with self._lock:
            self._published = max(self._published, int(last))
        stamp = msgpack.Timestamp(int(minute.astype(np.int64)))
        rows = self.bars.slice(first, last - first).to_pylist()
        return [{"T": "b", "S": row["symbol"], "t": stamp, **_values(row)} for row in rows]

    def page(self, query: dict[str, str]) -> bytes:
        """What the history answers: published bars by symbol, then time."""
        wanted = query.get("symbols", "").split(",")
        daily = query.get("timeframe") == "1Day"
        table = self._days() if daily else self._minutes()
        time = pa.array(_instants(table, daily=daily), pa.timestamp("s", "UTC"))
        first, last = (pa.scalar(datetime.fromisoformat(query[name]), time.type) for name in ("start", "end"))
        inside = pc.and_(pc.greater_equal(time, first), pc.less_equal(time, last))
        mask = pc.and_(inside, pc.is_in(table.column("symbol"), pa.array(wanted, pa.string())))
        found = table.append_column("t", time).filter(mask).sort_by([("symbol", "ascending"), ("t", "ascending")])
        begin, size = int(query.get("page_token") or 0), int(query.get("limit") or 1_000)
        bars: dict[str, list[dict[str, Any]]] = {}
        for row in found.slice(begin, size).to_pylist():
            text = row["t"].strftime("%Y-%m-%dT%H:%M:%SZ")
            bars.setdefault(row["symbol"], []).append({"t": text, **_values(row)})
        token = str(begin + size) if begin + size < found.num_rows else None
        return json.dumps({"bars": bars, "next_page_token": token}).encode()

    def _minutes(self) -> pa.Table:
        with self._lock:
            return self.bars.slice(0, self._published)

    def _days(self) -> pa.Table:
        """The days that the published regular minutes make up."""
        bars = self._minutes()
        if not bars.num_rows:
            return daily_bars(bars, session_hours(*_reach(self._starts[:1])))
        return daily_bars(bars, session_hours(*_reach(self._starts[: bars.num_rows])))


def _values(row: dict[str, Any]) -> dict[str, Any]:
    return {**{short: row[name] for name, short in FIELDS.items()}, **UNKNOWN}


def _reach(starts: Days) -> tuple[Any, Any]:
    """Dates around the minutes, so that the session of each is among those between."""
    first, last = starts[0].astype("datetime64[D]").item(), starts[-1].astype("datetime64[D]").item()
    return first - timedelta(days=1), last


def _instants(table: pa.Table, *, daily: bool) -> Ints | Days:
    if not daily:
        instants: Days = table.column("starts_at").to_numpy().astype("datetime64[s]")
        return instants
    midnights = [
        datetime.combine(day, datetime.min.time(), NEW_YORK).astimezone(UTC).timestamp()
        for day in table.column("session").to_numpy().astype("datetime64[D]").tolist()
    ]
    return np.array(midnights, dtype=np.int64).astype("datetime64[s]")

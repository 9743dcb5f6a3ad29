"""Minutes of one made morning, and an exchange that trades them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from trading.bars.intraday import INTRADAY_SCHEMA

OPEN = datetime(2026, 1, 5, 14, 30, tzinfo=UTC)
"""09:30 in New York, on a Monday."""
EVENING = datetime(2026, 1, 6, 2, 0, tzinfo=UTC)
"""21:00 of that day in New York: after-hours trading has ended."""


def minutes(symbols: tuple[str, ...] = ("AAA", "BBB"), count: int = 10, first: datetime = OPEN) -> pa.Table:
    """Bars of each symbol in each of `count` minutes; the close of minute n is 10 + n cents, the volume 100 + n."""
    rows = [
        (symbol, first + timedelta(minutes=n), 10.0, 11.0, 9.0, 10.0 + n / 100, 100 + n)
        for n in range(count)
        for symbol in symbols
    ]
    columns = zip(*rows, strict=True)
    return pa.table([pa.array(list(column)) for column in columns], names=INTRADAY_SCHEMA.names).cast(INTRADAY_SCHEMA)

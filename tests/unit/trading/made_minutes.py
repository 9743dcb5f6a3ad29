"""Minute bars for the tests of the domain, and the hours of an exchange without time zones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from tests.unit.trading.made_bars import weekdays
from trading.bars.intraday import INTRADAY_SCHEMA, IntradayPanel
from trading.bars.session_hours import SessionHours

HALF_DAY = 2
"""Position of the session that closes three hours early."""


def hours(count: int = 30) -> SessionHours:
    """Winter time in UTC: premarket 09:00, open 14:30, close 21:00, end 01:00; the third session 18:00 and 22:00."""
    days = weekdays(count)
    midnight = days.astype("datetime64[s]")
    half = np.arange(count) == HALF_DAY

    def at(usual_h: float, half_h: float) -> np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]:
        return midnight + (np.where(half, half_h, usual_h) * 3600).astype("timedelta64[s]")

    return SessionHours(days, at(9, 9), at(14.5, 14.5), at(21, 18), at(25, 22))


Minute = tuple[str, int, int, float, float, float, float, int]


def minutes(rows: Sequence[Minute], sessions: SessionHours | None = None, bar_s: int = 60) -> IntradayPanel:
    """Bars of `(symbol, session number, minutes since its regular open, open, high, low, close, volume)`."""
    sessions = sessions or hours()
    columns = list(zip(*rows, strict=True)) if rows else [()] * 8
    starts = sessions.open_at[np.array(columns[1], dtype=np.int64)]
    starts = starts + np.array(columns[2], dtype=np.int64) * np.timedelta64(60, "s")
    arrays = [pa.array(columns[0], pa.string()), pa.array(starts).cast(pa.timestamp("s", tz="UTC"))]
    arrays += [pa.array(column, kind) for column, kind in zip(columns[3:], INTRADAY_SCHEMA.types[2:], strict=True)]
    return IntradayPanel.from_arrow(pa.Table.from_arrays(arrays, schema=INTRADAY_SCHEMA), sessions, bar_s=bar_s)


def random_minutes(seed: int, symbols: int = 3, sessions: int = 4, holes: float = 0.2) -> IntradayPanel:
    """Random walks from 40 minutes before the open to the close and 20 minutes after it, some minutes missing."""
    rng = np.random.default_rng(seed)
    table: list[Minute] = []
    calendar = hours(sessions)
    for symbol in range(symbols):
        price = float(rng.integers(10, 60))
        for session in range(sessions):
            price *= float(np.exp(rng.normal(0, 0.05)))
            regular = int((calendar.close_at[session] - calendar.open_at[session]).astype(np.int64) // 60)
            for minute in range(-40, regular + 20):
                if rng.uniform() < holes:
                    continue
                open_, price = price, price * float(np.exp(rng.normal(0, 0.004)))
                high, low = (
                    max(open_, price) * (1 + rng.exponential(0.001)),
                    min(open_, price) / (1 + rng.exponential(0.001)),
                )
                bar = (np.round(value * 2**20) / 2**20 for value in (open_, high, low, price))
                table.append(
                    (f"S{symbol}", session, minute, *(float(value) for value in bar), int(rng.integers(1, 9_000)))
                )
    return minutes(table, calendar)

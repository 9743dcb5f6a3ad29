"""Instants on the clock of the exchange, and the days that are stamped with them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from adapters.exchange_time import TIME_ZONE
from trading.arrays import Flags, Ints

Instants = npt.NDArray[np.datetime64]
OPEN_S, CLOSE_S, EARLY_CLOSE_S = 34_200, 57_600, 46_800
"""Seconds after midnight at which the regular session opens (09:30) and closes (16:00; 13:00 on half-days)."""


def naive(stamps: pd.DatetimeIndex) -> Instants:
    """The instants in UTC, or as they are without a zone."""
    if stamps.tz is not None:
        stamps = stamps.tz_convert("UTC").tz_localize(None)
    return np.asarray(stamps.to_numpy())


def in_new_york(stamps: Instants) -> Instants:
    """What the clock of the exchange says at these instants of UTC, `datetime64[s]`."""
    local = pd.DatetimeIndex(stamps).tz_localize("UTC").tz_convert(TIME_ZONE).tz_localize(None)
    return np.asarray(local.to_numpy().astype("datetime64[s]"))


def clock_of(stamps: Instants) -> Ints:
    """Seconds since midnight; what NaT gives means nothing."""
    return np.asarray((stamps - stamps.astype("datetime64[D]")).astype(np.int64))


def days_of(stamps: Instants, *, zoned: bool, clock_s: int = 0) -> npt.NDArray[np.datetime64]:
    """The days that are stamped with these times, `datetime64[D]`; NaT where none is.

    Args:
        stamps: `datetime64[s]`, in UTC where `zoned`. A day may be stamped at midnight of New York then.
        zoned: the source says its time zone.
        clock_s: seconds after midnight, in New York where `zoned`, at which the file stamps its days too.
    """
    days = stamps.astype("datetime64[D]")
    begins: Flags = stamps == days
    if not begins.all():
        there = in_new_york(stamps) if zoned else stamps
        clock = clock_of(there)
        stamped = ~begins & ((clock == 0) | (clock == clock_s) | ((clock_s == CLOSE_S) & (clock == EARLY_CLOSE_S)))
        days, begins = np.where(stamped, there.astype("datetime64[D]"), days), begins | stamped
    return np.where(begins, days, np.datetime64("NaT", "D"))

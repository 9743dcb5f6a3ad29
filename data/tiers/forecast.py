"""When the disk will be full, and what to buy before. Pure: it looks at daily measurements alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from adapters.postgres.tier_record import Measurement

LEAST_DAYS = 7
"""Days between the first measurement and the last; less tells no growth."""
FULL_SHARE = 0.75
"""60 GB of 80 GB is the strategy's point at which a volume is planned; of other disks the same share."""
NOTICE_DAYS = 30
"""A disk that fills within so many days is a reason to buy too."""
HORIZON_DAYS = 3_650
VOLUME_GB, VOLUME_USD_PER_MONTH = 100, 10.0
"""The strategy's next step: a 100 GB block volume. DigitalOcean asks $0.10 a GB and month."""


@dataclass(frozen=True)
class Purchase:
    """What to buy; `data.tiers.buying` can."""

    size_gb: int
    usd_per_month: float
    why: str

    @property
    def words(self) -> str:
        """What to do."""
        return (
            f"{self.why}: buy a {self.size_gb} GB block volume (${self.usd_per_month:.0f} a month; on DigitalOcean "
            "with `inplay cluster volume`), mount it and set INPLAY_WARM_FOLDER to it; bars older than INPLAY_HOT_DAYS "
            "move there."
        )


@dataclass(frozen=True)
class Forecast:
    """How the disk of the data folder does.

    Attributes:
        growth_bytes_per_day: a straight line through the measurements; None until they span a week.
        fills_on: the day by which it is full at that pace; None when it isn't growing, or not within ten years.
        purchase: what to buy; None while nothing needs to be.
    """

    latest: Measurement
    growth_bytes_per_day: float | None
    fills_on: date | None
    purchase: Purchase | None


def forecast(measured: Sequence[Measurement], plan_bytes: int | None, *, has_volume: bool) -> Forecast | None:
    """What the measurements foretell; None without any.

    Args:
        measured: ascending by day; those after the last change of the disk's size count.
        plan_bytes: from this use on something is to be bought; three quarters of the disk if None.
        has_volume: older bars already lie on another disk, so a volume alone is no help.
    """
    if not measured:
        return None
    latest = measured[-1]
    same_disk = [one for one in measured if one.capacity == latest.capacity]
    growth = _growth(same_disk)
    fills_on = _fills_on(latest, growth)
    return Forecast(latest, growth, fills_on, _purchase(latest, fills_on, plan_bytes, has_volume=has_volume))


def _growth(measured: Sequence[Measurement]) -> float | None:
    days = np.array([(one.day - measured[0].day).days for one in measured], dtype=np.float64)
    if days[-1] < LEAST_DAYS:
        return None
    used = np.array([one.used for one in measured], dtype=np.float64)
    centred = days - days.mean()
    return float(centred @ (used - used.mean()) / (centred @ centred))


def _fills_on(latest: Measurement, growth: float | None) -> date | None:
    if growth is None or growth <= 0:
        return None
    days = (latest.capacity - latest.used) / growth
    return latest.day + timedelta(days=int(days)) if days <= HORIZON_DAYS else None


def _purchase(
    latest: Measurement, fills_on: date | None, plan_bytes: int | None, *, has_volume: bool
) -> Purchase | None:
    gb = 10**9
    limit = int(FULL_SHARE * latest.capacity) if plan_bytes is None else plan_bytes
    used = f"{latest.used / gb:,.1f} of {latest.capacity / gb:,.1f} GB of the disk are used"
    if latest.used >= limit:
        why = f"{used}, and {limit / gb:,.1f} GB is where to act"
    elif fills_on is not None and fills_on <= latest.day + timedelta(days=NOTICE_DAYS):
        why = f"{used}, and at the present pace it is full on {fills_on}"
    else:
        return None
    if has_volume:
        why += "; older bars lie on another disk already, so the machine needs a larger one, or the volume for the rest"
    return Purchase(VOLUME_GB, VOLUME_USD_PER_MONTH, why)

"""What everything has cost: droplets and volumes, from creation to destruction.

Each started hour counts whole, whether the droplet is on or off, which is DigitalOcean's rule of hourly billing. Where
it bills by the second, or caps a month, its own invoice is lower; this one never is too low.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime


@dataclass
class Line:
    """One thing that is paid for; `until_at` None while it exists."""

    resource: str
    name: str
    what: str
    price_usd_per_h: float
    since_at: datetime
    until_at: datetime | None = None

    def hours(self, now_at: datetime, since_at: datetime | None = None) -> int:
        """The started hours up to `now_at`, from `since_at` on if that is later than the creation."""
        start = max(self.since_at, since_at or self.since_at)
        seconds = ((self.until_at or now_at) - start).total_seconds()
        return max(1, math.ceil(seconds / 3_600)) if seconds > 0 or since_at is None else 0

    def cost_usd(self, now_at: datetime, since_at: datetime | None = None) -> float:
        """What the line comes to at `now_at`."""
        return self.hours(now_at, since_at) * self.price_usd_per_h


class Invoice:
    """The lines of one account."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def open(self, resource: str, name: str, what: str, price_usd_per_h: float, now_at: datetime) -> None:
        """`resource` is paid for from now on."""
        self.lines.append(Line(resource, name, what, price_usd_per_h, now_at))

    def close(self, resource: str, now_at: datetime) -> None:
        """`resource` is paid for until now."""
        for line in self.lines:
            if line.resource == resource and line.until_at is None:
                line.until_at = now_at

    def total_usd(self, now_at: datetime) -> float:
        """All lines together."""
        return sum(line.cost_usd(now_at) for line in self.lines)

    def month_to_date_usd(self, now_at: datetime) -> float:
        """What fell into the calendar month of `now_at`, UTC."""
        first_at = now_at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return sum(line.cost_usd(now_at, first_at) for line in self.lines)

    def price_usd_per_h(self) -> float:
        """What an hour costs as things stand."""
        return sum(line.price_usd_per_h for line in self.lines if line.until_at is None)

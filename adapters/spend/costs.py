"""What machines cost, reckoned from their starts and stops; pure arithmetic.

DigitalOcean bills by time up to a monthly price per machine, powered off or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

E6 = 1_000_000
CENTS = 100
HOUR_S = 3_600.0
GPU_SIZES = "gpu-"
"""How DigitalOcean's names of sizes with GPUs begin."""
PHASES: tuple[tuple[int, str, int], ...] = (
    (1, "foundation", 24),
    (2, "ML integration", 82),
    (3, "advanced ML", 165),
    (4, "production", 263),
)
"""Number, name and dollars a month. Source: strategy, "Monthly Cost Progression"."""

Event = Literal["started", "stopped"]
Role = Literal["head", "worker"]


@dataclass(frozen=True)
class MachineEvent:
    """A start or a stop, with the prices of that moment."""

    cluster: str
    machine_id: int
    event: Event
    at: datetime
    label: str
    role: Role
    size: str
    price_usd_e6_per_h: int
    price_cents_per_month: int


@dataclass(frozen=True)
class MachineLife:
    """A machine from its start to its stop, None while it runs."""

    start: MachineEvent
    stopped_at: datetime | None

    @property
    def has_gpu(self) -> bool:
        """Whether it is of a size with GPUs."""
        return self.start.size.startswith(GPU_SIZES)

    def hours(self, from_at: datetime, until_at: datetime) -> float:
        """How long it ran between two moments."""
        end = until_at if self.stopped_at is None else min(until_at, self.stopped_at)
        return max((end - max(from_at, self.start.at)).total_seconds(), 0.0) / HOUR_S

    def cost_usd(self, from_at: datetime, until_at: datetime) -> float:
        """What it cost between two moments of one calendar month, from the month's start at the earliest.

        A month costs no more than the monthly price, so a later hour may be free.
        """
        month_at = month_of(from_at)[0]
        return self._since(month_at, until_at) - self._since(month_at, from_at)

    def _since(self, month_at: datetime, until_at: datetime) -> float:
        hourly = self.hours(month_at, until_at) * self.start.price_usd_e6_per_h / E6
        return min(hourly, self.start.price_cents_per_month / CENTS)


@dataclass(frozen=True)
class MachineCosts:
    """What all machines cost, in dollars.

    Attributes:
        month_forecast_usd: by the month's end, if everything that runs now runs on.
    """

    running: Sequence[MachineLife]
    now_usd_per_h: float
    today_usd: float
    month_to_date_usd: float
    month_forecast_usd: float
    gpu_hours: float
    gpu_usd: float


def lives(events: Iterable[MachineEvent]) -> list[MachineLife]:
    """Each machine once, the oldest first; a stop whose start isn't on record tells of no cost."""
    every = list(events)
    stops = {(each.cluster, each.machine_id): each.at for each in every if each.event == "stopped"}
    found = [MachineLife(e, stops.get((e.cluster, e.machine_id))) for e in every if e.event == "started"]
    return sorted(found, key=lambda life: (life.start.at, life.start.machine_id))


def reckon(machines: Sequence[MachineLife], now_at: datetime) -> MachineCosts:
    """What they cost today, in this month of UTC so far and by its end."""
    month_at, end_at = month_of(now_at)
    today_at = now_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    running = [each for each in machines if each.stopped_at is None]
    so_far_usd = sum(each.cost_usd(month_at, now_at) for each in machines)
    with_gpu = [each for each in machines if each.has_gpu]
    return MachineCosts(
        running=running,
        now_usd_per_h=sum(each.start.price_usd_e6_per_h for each in running) / E6,
        today_usd=sum(each.cost_usd(today_at, now_at) for each in machines),
        month_to_date_usd=so_far_usd,
        month_forecast_usd=so_far_usd + sum(each.cost_usd(now_at, end_at) for each in running),
        gpu_hours=sum(each.hours(month_at, now_at) for each in with_gpu),
        gpu_usd=sum(each.cost_usd(month_at, now_at) for each in with_gpu),
    )


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """Start and end of the calendar month of UTC."""
    start = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, (start + timedelta(days=32)).replace(day=1)

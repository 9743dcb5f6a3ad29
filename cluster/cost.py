"""What machines cost and may cost; pure arithmetic on prices that were read live.

DigitalOcean bills by time up to a monthly price per machine, powered off or not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cluster.errors import SpendCapError
from cluster.names import Role

HOUR_S = 3_600.0
HOURS_PER_MONTH = 730.0
SESSIONS_PER_MONTH = 4
SESSION_H = 4.0
"""Source: strategy, "weekly 4-hour GPU training sessions"."""


@dataclass(frozen=True)
class Phase:
    """A phase of the strategy and its budget.

    Attributes:
        gpu_sessions_per_month: 4-hour sessions that its GPU budget pays at the strategy's $2.99 an hour.
    """

    number: int
    name: str
    budget_usd_per_month: float
    gpu_sessions_per_month: float


PHASES = (
    Phase(1, "foundation", 24.0, 0),
    Phase(2, "ML integration", 82.0, 4),
    Phase(3, "advanced ML", 165.0, 8),
    Phase(4, "production", 263.0, 10),
)
"""Source: strategy, "Monthly Cost Progression"; $48, $96 and $120 of GPU at about $12 a session."""


@dataclass(frozen=True)
class Running:
    """A machine that costs money, or is about to.

    Attributes:
        until_s: its deadline; infinite without one.
    """

    label: str
    role: Role
    price_usd_per_h: float
    price_usd_per_month: float
    from_s: float
    until_s: float

    def cost_usd(self, from_s: float, until_s: float) -> float:
        """What it costs between two moments, if it lives until its deadline; within one month."""
        hours = (min(until_s, self.until_s) - max(from_s, self.from_s)) / HOUR_S
        return min(max(hours, 0.0) * self.price_usd_per_h, self.price_usd_per_month)


@dataclass(frozen=True)
class SpendCaps:
    """The most that a cluster may cost; infinite where nothing is said.

    Attributes:
        usd_per_session: of all workers that live at one time, from their start to their deadlines.
        usd_per_month: of everything in a calendar month of UTC.
    """

    usd_per_h: float = math.inf
    usd_per_session: float = math.inf
    usd_per_month: float = math.inf


def refuse_over_cap(
    caps: SpendCaps,
    running: Sequence[Running],
    asked: Sequence[Running],
    *,
    now_s: float,
    month_end_s: float,
    spent_this_month_usd: float,
) -> None:
    """The machines asked for fit into every cap, even if each lives until its deadline.

    Args:
        caps: of the cluster.
        running: its machines now.
        asked: those to be created.
        now_s: seconds since 1970.
        month_end_s: when the month of `now_s` ends.
        spent_this_month_usd: until `now_s`, by machines that run and machines that are gone.

    Raises:
        SpendCapError: with the sum that would be too much.
    """
    everything = [*running, *asked]
    hour_usd = sum(machine.price_usd_per_h for machine in everything)
    # A worker without a deadline is reckoned until the month ends: it can't be bounded any better.
    session_usd = sum(
        machine.cost_usd(
            machine.from_s, max(month_end_s, machine.until_s) if math.isfinite(machine.until_s) else month_end_s
        )
        for machine in everything
        if machine.role == "worker"
    )
    month_usd = spent_this_month_usd + sum(machine.cost_usd(now_s, month_end_s) for machine in everything)
    checks = (
        ("an hour", hour_usd, caps.usd_per_h, "usd_per_h"),
        ("this session", session_usd, caps.usd_per_session, "usd_per_session"),
        ("this month", month_usd, caps.usd_per_month, "usd_per_month"),
    )
    new = ", ".join(f"{machine.label} at ${machine.price_usd_per_h:.3f}/h" for machine in asked)
    for what, sum_usd, cap_usd, key in checks:
        if asked and sum_usd > cap_usd:
            raise SpendCapError(
                f"With {new} the cluster would cost up to ${sum_usd:,.2f} {what}; the cap is ${cap_usd:,.2f}. Nothing "
                f"was created and nothing that runs was stopped. Wait, choose a cheaper size, or raise "
                f"`provider.spend_caps.{key}` in the cluster's file."
            )


@dataclass(frozen=True)
class PhaseForecast:
    """A month of a phase at live prices, beside its budget; storage, database and news aren't in it."""

    phase: Phase
    machines_usd: float
    always_on_usd: float


def forecast(head_usd_per_month: float, gpu_usd_per_h: float) -> list[PhaseForecast]:
    """What machines cost in each phase with weekly sessions, and with the GPU always on.

    Args:
        head_usd_per_month: of the head's size.
        gpu_usd_per_h: of the size that trains.
    """
    always_usd = head_usd_per_month + HOURS_PER_MONTH * gpu_usd_per_h
    return [
        PhaseForecast(phase, head_usd_per_month + phase.gpu_sessions_per_month * SESSION_H * gpu_usd_per_h, always_usd)
        for phase in PHASES
    ]

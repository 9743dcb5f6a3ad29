"""Heads that are switched off: since when, and what they have cost since."""

from __future__ import annotations

from datetime import UTC, datetime

from cluster.api import DigitalOcean
from cluster.cost import Running
from cluster.errors import ApiError
from cluster.machines import Machine
from cluster.spend_ledger import month_of

SWITCHED_OFF = frozenset(("power_off", "shutdown"))


def off_since_s(api: DigitalOcean, head: Machine) -> float | None:
    """When DigitalOcean last switched it off, in seconds since 1970; None where it doesn't say.

    A machine that switched itself off leaves no trace there.
    Source: https://docs.digitalocean.com/reference/api/digitalocean/#tag/Droplet-Actions
    """
    try:
        actions = api.list_all(f"droplets/{head.id}/actions", "actions")
        ended = [
            datetime.fromisoformat(str(each["completed_at"])).timestamp()
            for each in actions
            if each.get("type") in SWITCHED_OFF and each.get("completed_at")
        ]
    except (ApiError, ValueError, TypeError, AttributeError):
        return None
    return max(ended, default=None)


def off_usd(head: Machine, since_s: float, now_s: float) -> float:
    """What it has cost since, with no month above its monthly price; off is billed as on."""
    running = Running(head.label, "head", head.price_usd_per_h, head.price_usd_per_month, since_s, float("inf"))
    total, begin_s = 0.0, since_s
    while begin_s < now_s:
        _, end_s = month_of(begin_s)
        total += running.cost_usd(begin_s, min(end_s, now_s))
        begin_s = end_s
    return total


def off_text(head: Machine, since_s: float | None, now_s: float) -> str:
    """In words, since when the head is off, what that has cost, what it costs on, and what to do."""
    cluster = head.name.cluster if head.name else ""
    known = head.created_at_s if since_s is None else since_s
    day, usd = f"{datetime.fromtimestamp(known, UTC):%Y-%m-%d %H:%M} UTC", off_usd(head, known, now_s)
    since = (
        f"is off since {day}, which has cost ${usd:.2f}"
        if since_s is not None
        else f"is off; since when DigitalOcean doesn't say, at most since it was made, {day}, which is ${usd:.2f}"
    )
    return (
        f"{head.label} {since}. It is billed on, ${head.price_usd_per_month:.2f} a month, as long as it exists; its "
        f"workers go on until their deadlines. Start it in the control panel, or take it down with all that is on its "
        f"disk: `inplay cluster reap --cluster {cluster} --all`"
    )

"""Whom a run tells of what happens, from its settings."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

from actors.wiring import Alerts
from adapters.alerts.targets import targets_of
from adapters.settings import Settings
from trading.alerts.policy import Policy


def alerts_of(settings: Settings) -> Alerts:
    """What alerting needs to know.

    Raises:
        ConfigurationError: when Apprise can't read one of the URLs: a run that can't tell anybody doesn't start.
    """
    targets_of(settings.notify_urls, settings.dead_man_url)
    quiet_from, _, quiet_to = settings.notify_quiet.partition("-")
    policy = Policy(
        least=settings.notify_least,
        quiet_from=time.fromisoformat(quiet_from or "00:00"),
        quiet_to=time.fromisoformat(quiet_to or "00:00"),
        zone=ZoneInfo(settings.notify_time_zone),
        most_a_day=settings.notify_most_a_day,
    )
    return Alerts(settings.notify_urls, settings.dead_man_url, policy, settings.budget_usd_per_month)

"""The time of the New York exchanges. Light to import, unlike the calendar of their sessions."""

from __future__ import annotations

from zoneinfo import ZoneInfo

TIME_ZONE = "America/New_York"
NEW_YORK = ZoneInfo(TIME_ZONE)

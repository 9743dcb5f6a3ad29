"""The time of the New York exchanges. Light to import, unlike the calendar of their sessions."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, datetime
from zoneinfo import ZoneInfo

TIME_ZONE = "America/New_York"
NEW_YORK = ZoneInfo(TIME_ZONE)


def can_be_told(at: datetime) -> bool:
    """Whether Python can tell the instant in every time zone; in its first and its last year it may overflow."""
    return MINYEAR < at.year < MAXYEAR

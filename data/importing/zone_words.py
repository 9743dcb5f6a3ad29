"""Words at the end of times that name a zone or an offset from UTC."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc

from adapters.exchange_time import TIME_ZONE
from trading.errors import BadDataError

OFFSETS = {"EST": "-0500", "EDT": "-0400", "UTC": "+0000", "GMT": "+0000"}
NAMED_ZONES = {"ET": TIME_ZONE}
_ZONE = re.compile(r"[\dM]\s+([A-Z]{2,4}|[A-Z][A-Za-z]+(?:/[A-Za-z_]+)+)$")


def zone_words(texts: pa.Array[Any]) -> tuple[tuple[str, ...], str]:
    """Words at the end of the times that stand for an offset, and the one zone that they name, if any."""
    if not any(str(texts[at]).strip()[-1:].isalpha() for at in (0, len(texts) // 2, -1)):
        return (), ""
    found = {match[1] for text in pc.unique(texts).to_pylist() if (match := _ZONE.search(text))} - {"AM", "PM"}
    zones = {word for word in found - OFFSETS.keys() if _is_zone(NAMED_ZONES.get(word, word))}
    if len(zones) > 1:
        raise BadDataError(f"its times name several zones: {', '.join(sorted(zones))}. Give them in one, or in UTC.")
    zone = next(iter(zones), "")
    return tuple(sorted((found & OFFSETS.keys()) | zones)), NAMED_ZONES.get(zone, zone)


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def without_words(texts: Any, words: tuple[str, ...]) -> Any:
    """The times with their words for a zone taken off, or put as an offset."""
    for word in words:
        texts = pc.replace_substring_regex(texts, rf"\s+{re.escape(word)}$", OFFSETS.get(word, ""))
    return texts

"""How the times of a file are written: dates, clocks, epochs and zones, found from the texts themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from adapters.exchange_time import TIME_ZONE
from data.importing.clocks import Instants, naive
from trading.arrays import Ints
from trading.errors import BadDataError, ConfigurationError

DAYS = (
    "%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y",
    "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%b %d %Y", "%B %d, %Y",
)  # fmt: skip
CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%H%M%S", "%H%M", "%I:%M %p", "%I:%M:%S %p")
PATTERNS = (*DAYS, *(day + "".join(rest) for rest in product(" T", CLOCKS, ("", "%z", " %z")) for day in DAYS))
DIGITS_ONLY = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
EPOCHS = {"epoch seconds": "s", "epoch milliseconds": "ms", "epoch microseconds": "us", "epoch nanoseconds": "ns"}
_LARGEST = (1e11, 1e14, 1e17, np.inf)
"""Below which a count is one of seconds, milliseconds, microseconds, nanoseconds: each reaches from 1973 to 5138."""
TYPED = "typed"
EXAMINED_ROWS = 5_000
OFFSETS = {"EST": "-0500", "EDT": "-0400", "UTC": "+0000", "GMT": "+0000"}
NAMED_ZONES = {"ET": TIME_ZONE}
_WHOLE = r"^-?(\d{1,18}|[1-8]\d{18})(\.0+)?$"
_SERIAL = r"^[2-7]\d{4}(\.\d+)?$"
_ZONE = re.compile(r"[\dM]\s+([A-Z]{2,4}|[A-Z][A-Za-z]+(?:/[A-Za-z_]+)+)$")
_FIELDS = {"%Y": r"\d{4}", "%b": "[A-Za-z]{3}", "%B": "[A-Za-z]{3,9}", "%p": "[AaPp][Mm]", "%f": r"\d{1,9}",
           "%z": r"(Z|[+-]\d\d:?\d\d)"}  # fmt: skip


@dataclass(frozen=True)
class TimeFormat:
    """How the times of a file are read.

    Attributes:
        pattern: of `strptime`, `TYPED` for columns that are times already, or the name of an epoch.
        zoned: the text itself says its offset from UTC.
        guessed: nobody said that this is the format.
        zone: that the text names, such as America/New_York; else empty.
        words: of the texts that stand for an offset or a zone.
    """

    pattern: str
    zoned: bool
    guessed: bool = False
    zone: str = ""
    words: tuple[str, ...] = ()

    @property
    def swapped(self) -> str:
        """The format with day and month in each other's place, where both orders are in use; else empty."""
        if self.pattern[:2] not in {"%m", "%d"} or "%b" in self.pattern:
            return ""
        other = re.sub("%[md]", lambda found: "%d" if found[0] == "%m" else "%m", self.pattern)
        return other if other.startswith(DAYS) else ""


def time_format_of(texts: pa.Array[Any], asked: str = "", order: str = "") -> TimeFormat:
    """The format of times that most of the texts have.

    Args:
        texts: of times.
        asked: the format, as the user said it.
        order: first part of a date in the source's format, such as `%m`, where day and month could change places.

    Raises:
        BadDataError: when there is none.
        ConfigurationError: when two formats read the same texts as different times, such as day and month swapped.
    """
    texts = pc.utf8_trim_whitespace(texts.drop_null())
    texts = texts.filter(pc.not_equal(texts, ""))
    if asked:
        return TimeFormat(asked, zoned="%z" in asked or asked in EPOCHS)
    if not len(texts):
        raise BadDataError("no row has a time.")
    words, zone = _zone_words(texts.slice(0, EXAMINED_ROWS))
    plain = without_words(texts, words)
    specimens = [plain[at * (len(plain) - 1) // 4].as_py() for at in range(5)]
    counted = sum(re.fullmatch(r"-?\d+(\.\d+)?", text) is not None for text in specimens) > 1
    pattern = (counted and _of_digits(plain)) or _pattern_of(plain, specimens, order)
    return TimeFormat(pattern, zoned="%z" in pattern or pattern in EPOCHS, guessed=True, zone=zone, words=words)


def _of_digits(texts: pa.Array[Any]) -> str:
    """The format of texts that are mostly whole numbers; empty for others.

    Raises:
        BadDataError: when they are a spreadsheet's days.
    """
    whole = pc.match_substring_regex(texts, _WHOLE)
    serial = pc.match_substring_regex(texts, _SERIAL)
    if 2 * pc.sum(serial).as_py() > len(texts):
        raise BadDataError(
            f"times such as {texts.filter(serial)[0].as_py()!r} are a spreadsheet's serial days. Format the column as "
            "yyyy-mm-dd, save it and import that."
        )
    if 2 * pc.sum(whole).as_py() <= len(texts):
        return ""
    digits = texts.filter(whole)
    pattern = DIGITS_ONLY.get(len(digits[len(digits) // 2].as_py()), "")
    if pattern:
        years = _parsed(digits, pattern).astype("datetime64[Y]")
        plausible = (years >= np.datetime64("1900")) & (years <= np.datetime64("2100"))
        if 2 * int(plausible.sum()) > len(digits):
            return pattern
    size = float(np.median(np.abs(_counts(digits).astype(np.float64))))
    return next(name for name, largest in zip(EPOCHS, _LARGEST, strict=True) if size < largest)


def _pattern_of(texts: pa.Array[Any], specimens: list[str], order: str) -> str:
    candidates = {pattern for text in set(specimens) for pattern in _candidates(re.sub(r"\d", "9", text))}
    found = [(pattern, _parsed(texts, pattern)) for pattern in PATTERNS if pattern in candidates]
    best = min((int(np.isnat(parsed).sum()) for _, parsed in found), default=len(texts))
    if best * 2 > len(texts):
        raise BadDataError(
            f"times such as {texts[0].as_py()!r} are in no known format; name it by --time-format, as of strptime."
        )
    good = [(pattern, parsed) for pattern, parsed in found if np.isnat(parsed).sum() == best]
    good = [pair for pair in good if order and pair[0].startswith(order)] or good
    if any(not np.array_equal(parsed, good[0][1], equal_nan=True) for _, parsed in good):
        said = " or ".join(pattern for pattern, _ in good)
        flags = " or ".join(f"--time-format '{pattern}'" for pattern, _ in good)
        raise ConfigurationError(
            f"{texts[0].as_py()!r} can be read as {said}, and so can all its times. Nothing of it was stored. Say "
            f"which: {flags}"
        )
    return good[0][0]


@lru_cache(maxsize=1_000)
def _candidates(specimen: str) -> tuple[str, ...]:
    """The patterns that a text of this shape may have; each digit is a 9."""
    return tuple(pattern for pattern in PATTERNS if re.fullmatch(_regex(pattern), specimen))


@lru_cache(maxsize=1_000)
def _regex(pattern: str) -> str:
    found = re.sub(r"%(\\?\w)|([.+])", lambda m: "\\" + m[2] if m[2] else _FIELDS.get("%" + m[1], r"\d{1,2}"), pattern)
    return found.replace(" ", " +")


def _zone_words(texts: pa.Array[Any]) -> tuple[tuple[str, ...], str]:
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


def stamps_of(column: Any, time: TimeFormat, *, up: bool = False) -> Instants:
    """The times as `datetime64[s]`, in UTC where the file says the offset; NaT where they can't be read.

    Args:
        column: of texts or times.
        time: format.
        up: a fraction of a second counts as the next second, not as none.
    """
    if time.pattern == TYPED:
        return _seconds(column.to_numpy(zero_copy_only=False), up=up)
    text = without_words(pc.utf8_trim_whitespace(pa.array(column.combine_chunks())), time.words)
    if time.pattern in EPOCHS:
        counted = _counts(pc.if_else(pc.match_substring_regex(text, _WHOLE), text, None))
        stamps = counted.to_numpy(zero_copy_only=False) if not isinstance(counted, np.ndarray) else counted
        return _seconds(stamps.astype(f"datetime64[{EPOCHS[time.pattern]}]"), up=up)
    return _parsed(text, time.pattern, up=up)


def _counts(digits: Any) -> Ints:
    """Whole numbers; those that are missing are the smallest there is, which stands for no time."""
    numbers = pc.replace_substring_regex(digits, r"\.0+$", "").cast(pa.int64())
    filled: Ints = pc.fill_null(numbers, np.iinfo(np.int64).min).to_numpy(zero_copy_only=False)
    return filled


def _seconds(stamps: Instants, *, up: bool) -> Instants:
    seconds = stamps.astype("datetime64[s]")  # numpy rounds down, also before 1970
    return np.where(up & (seconds != stamps), seconds + np.timedelta64(1, "s"), seconds) if up else seconds


def _parsed(texts: pa.Array[Any], pattern: str, *, up: bool = False) -> Instants:
    """The times, `datetime64[s]`, UTC where the text says its offset; NaT where it is not of the pattern.

    Pandas refuses the 30th of February, where Arrow goes on to March. Times repeat, so each is read once.
    """
    encoded = texts.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    values = (_of_many if len(distinct) > FEW_TEXTS else _of_few)(tuple(distinct), pattern, up)
    parsed: Instants = values[pc.fill_null(encoded.indices, len(distinct)).to_numpy()]
    return parsed


def _of_many(distinct: tuple[str, ...], pattern: str, up: bool) -> Instants:  # noqa: FBT001 - a key of the cache
    """What each of the texts says, and NaT at the end."""
    index = pd.Index(distinct, dtype=object)
    stamps = pd.to_datetime(index, format=pattern, errors="coerce", utc="%z" in pattern)
    return np.append(_seconds(naive(stamps), up=up), np.datetime64("NaT", "s"))


FEW_TEXTS = 10_000
_of_few = lru_cache(maxsize=8)(_of_many)
"""Files of a folder mostly have the same days."""


def since_midnight(milliseconds: Any, day: str) -> Any:
    """Times of one day, such as 20240102, as timestamps of the clock of wherever it is; null for what is no count."""
    text = pc.utf8_trim_whitespace(milliseconds)
    count = pc.if_else(pc.match_substring_regex(text, r"^\d{1,8}$"), text, None).cast(pa.int64())
    start = np.datetime64(f"{day[:4]}-{day[4:6]}-{day[6:]}", "ms").astype(np.int64)
    return pc.add(count, int(start)).cast(pa.timestamp("ms"))

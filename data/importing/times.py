"""How the times of a file are written: dates, clocks, epochs and zones, found from the texts themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.clocks import Instants, naive
from data.importing.month_names import ENGLISH, FULL, has_month, spelt, translated
from data.importing.time_patterns import COMPACT, DAYS, PATTERNS, candidates, fixed, least_width, width_of
from data.importing.zone_words import without_words, zone_words
from trading.arrays import Ints
from trading.errors import BadDataError, ConfigurationError

EPOCHS = {"epoch seconds": "s", "epoch milliseconds": "ms", "epoch microseconds": "us", "epoch nanoseconds": "ns"}
_LEAST = 1e8
"""Of times since 1970 that are read: a smaller count is one of seconds before 1973, or a date."""
_LARGEST = (1e11, 1e14, 1e17, np.inf)
"""Below which a count is one of seconds, milliseconds, microseconds, nanoseconds: each reaches from 1973 to 5138."""
TYPED = "typed"
EXAMINED_ROWS = 5_000
_WHOLE = r"^-?(\d{1,18}|[1-8]\d{18})(\.0+)?$"
_SERIAL = r"^[2-7]\d{4}(\.\d+)?$"
_ISNT = "{} are in no known format; write it as yyyy-mm-dd, or name its format by --time-format, as of strptime."
WEEKEND_DAYS, ENOUGH_DAYS = 2, 10
"""A reading of two-digit years that has so many is wrong, where another has none and so many days."""


@dataclass(frozen=True)
class TimeFormat:
    """How the times of a file are read.

    Attributes:
        pattern: of `strptime`, `TYPED` for columns that are times already, or the name of an epoch.
        zoned: the text itself says its offset from UTC.
        guessed: nobody said that this is the format.
        zone: that the text names, such as America/New_York; else empty.
        words: of the texts that stand for an offset or a zone.
        named: months are named, and the pattern is of texts as `month_names.spelt` has them.
    """

    pattern: str
    zoned: bool
    guessed: bool = False
    zone: str = ""
    words: tuple[str, ...] = ()
    named: bool = False

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
    words, zone = zone_words(texts.slice(0, EXAMINED_ROWS))
    plain = without_words(texts, words)
    specimens = [plain[at * (len(plain) - 1) // 4].as_py() for at in range(5)]
    named = any(map(has_month, specimens))
    if named:
        plain, specimens = _distinctly(plain, spelt), spelt(specimens)
    counted = sum(re.fullmatch(r"-?\d+(\.\d+)?", text) is not None for text in specimens) > 1
    able = {pattern for text in set(specimens) for pattern in candidates(re.sub(r"\d", "9", text))}
    pattern = counted and _of_digits(plain, order)
    pattern = pattern or _chosen(plain, [one for one in PATTERNS if one in able], order)
    if not pattern:
        raise BadDataError(_ISNT.format(f"times such as {texts[0].as_py()!r}"))
    zoned = "%z" in pattern or pattern in EPOCHS
    return TimeFormat(pattern, zoned, guessed=True, zone=zone, words=words, named=named)


def _of_digits(texts: pa.Array[Any], order: str) -> str:
    """The format of texts that are mostly whole numbers; empty for others.

    Raises:
        BadDataError: when they are a spreadsheet's days, or too short for a time since 1970.
        ConfigurationError: when two formats of dates read them.
    """
    whole = pc.match_substring_regex(texts, _WHOLE)
    serial = pc.match_substring_regex(texts, _SERIAL)
    if 2 * pc.sum(serial).as_py() > len(texts) and not _more_than_a_month(texts):
        raise BadDataError(
            f"times such as {texts.filter(serial)[0].as_py()!r} are a spreadsheet's serial days. Format the column as "
            "yyyy-mm-dd, save it and import that."
        )
    if 2 * pc.sum(whole).as_py() <= len(texts):
        return ""
    digits = pc.replace_substring_regex(texts.filter(whole), r"\.0+$", "")
    longest = int(pc.max(pc.utf8_length(digits)).as_py())
    able = [pattern for pattern in COMPACT if least_width(pattern) <= longest <= width_of(pattern)]
    found = _chosen(digits, able, order)
    if found:
        return found
    size = float(np.median(np.abs(_counts(digits).astype(np.float64))))
    if size < _LEAST:
        raise BadDataError(_ISNT.format(f"times such as {digits[0].as_py()!r}"))
    return next(name for name, largest in zip(EPOCHS, _LARGEST, strict=True) if size < largest)


def _more_than_a_month(texts: pa.Array[Any]) -> bool:
    """Whether all are dates such as 40102, for 2004-01-02, of more than 31 days; as many serial days aren't."""
    days = _parsed(texts, "%y%m%d")
    return not np.isnat(days).any() and len(np.unique(days)) > 31  # noqa: PLR2004 - of a month


def _chosen(texts: pa.Array[Any], patterns: list[str], order: str) -> str:
    """The pattern that reads the most texts; empty where none reads half of them.

    Raises:
        ConfigurationError: when others read the same texts as other times.
    """
    found = [(pattern, _parsed(texts, pattern)) for pattern in patterns]
    best = min((int(np.isnat(parsed).sum()) for _, parsed in found), default=len(texts))
    if best * 2 > len(texts) or not found:
        return ""
    good = [(pattern, parsed) for pattern, parsed in found if np.isnat(parsed).sum() == best]
    good = [pair for pair in good if order and pair[0].startswith(order)] or good
    if any(pattern.startswith("%y") for pattern, _ in good):
        good = _without_weekends(good)
    if any(not np.array_equal(parsed, good[0][1], equal_nan=True) for _, parsed in good):
        said = " or ".join(pattern for pattern, _ in good)
        flags = " or ".join(f"--time-format '{pattern}'" for pattern, _ in good)
        raise ConfigurationError(
            f"{texts[0].as_py()!r} can be read as {said}, and so can all its times. Nothing of it was stored. Say "
            f"which: {flags}"
        )
    return good[0][0]


def _without_weekends(read: list[tuple[str, Instants]]) -> list[tuple[str, Instants]]:
    """The readings without Saturdays and Sundays, where all others have some; else all of them."""
    days = [np.unique(parsed[~np.isnat(parsed)].astype("datetime64[D]")) for _, parsed in read]
    free = [int((~np.is_busday(each)).sum()) for each in days]
    left = [pair for pair, each, count in zip(read, days, free, strict=True) if not count and len(each) >= ENOUGH_DAYS]
    refuted = sum(count >= WEEKEND_DAYS for count in free)
    return left if left and len(left) + refuted == len(read) else read


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
    return _parsed(_distinctly(text, spelt) if time.named else text, time.pattern, up=up)


def _counts(digits: Any) -> Ints:
    """Whole numbers; those that are missing are the smallest there is, which stands for no time."""
    numbers = pc.replace_substring_regex(digits, r"\.0+$", "").cast(pa.int64())
    filled: Ints = pc.fill_null(numbers, np.iinfo(np.int64).min).to_numpy(zero_copy_only=False)
    return filled


def _seconds(stamps: Instants, *, up: bool) -> Instants:
    seconds = stamps.astype("datetime64[s]")  # numpy rounds down, also before 1970
    return np.where(up & (seconds != stamps), seconds + np.timedelta64(1, "s"), seconds) if up else seconds


def _distinctly(texts: pa.Array[Any], change: Callable[[Iterable[str]], list[str]]) -> pa.Array[Any]:
    """The texts, each changed."""
    encoded = texts.dictionary_encode()
    return pa.array(change(encoded.dictionary.to_pylist()), pa.string()).take(encoded.indices)


def _parsed(texts: pa.Array[Any], pattern: str, *, up: bool = False) -> Instants:
    """The times, `datetime64[s]`, UTC where the text says its offset; NaT where it is not of the pattern.

    Pandas refuses the 30th of February, where Arrow goes on to March. Times repeat, so each is read once.
    """
    encoded = texts.dictionary_encode()
    distinct = fixed(encoded.dictionary, pattern).to_pylist()
    for sign, names in (("%b", ENGLISH), ("%B", FULL)):
        distinct = translated(distinct, names) if sign in pattern else distinct
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

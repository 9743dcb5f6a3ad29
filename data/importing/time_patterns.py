"""Patterns of `strptime` that times are written in, and the texts that each of them may read."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import Any

import pyarrow.compute as pc

COMPACT = ("%Y%m%d", "%d%m%Y", "%m%d%Y", "%y%m%d", "%d%m%y", "%m%d%y", "%Y%j", "%Y%m%d%H%M", "%Y%m%d%H%M%S")
"""Of digits alone."""
DAYS = (
    "%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y", "%Y-%j",
    "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%y-%m-%d", "%d-%m-%y", "%m-%d-%y", "%Y年%m月%d日",
    "%d %b %Y", "%d %b %y", "%b %d %Y", "%b %d %y", "%Y %b %d", *COMPACT[:6],
)  # fmt: skip
"""Months by name stand between blanks, see `month_names`."""
CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%H%M%S", "%H%M", "%I:%M %p", "%I:%M:%S %p")
PATTERNS = (*DAYS, *(day + "".join(rest) for rest in product(" T", CLOCKS, ("", "%z", " %z")) for day in DAYS))
_WIDTHS = {"Y": 4, "j": 3}
_FIELDS = {"%Y": r"\d{4}", "%j": r"\d{3}", "%b": "[A-Za-z]{3}", "%p": "[AaPp][Mm]", "%f": r"\d{1,9}",
           "%z": r"(Z|[+-]\d\d:?\d\d)"}  # fmt: skip
_DIGITS = re.compile(r"^(?:%[YmdyjHMS]){2,}(?!%)")
_CLOCKS = ((re.compile("(?<=[ T])%H%M%S"), 6, r"\d{5,6}"), (re.compile("(?<=[ T])%H%M(?!%S)"), 4, r"\d{3,4}"))
"""A time of day of digits alone: how many, and how many where it is one of several."""


def width_of(pattern: str) -> int:
    """Digits with which a text of the pattern begins; 0 where marks or names stand between them."""
    found = _DIGITS.match(pattern)
    return sum(_WIDTHS.get(one, 2) for one in found[0][1::2]) if found else 0


def least_width(pattern: str) -> int:
    """The same where zeros at the begin were lost, as in numbers: 2012024 is 02012024, and 102 may be 000102."""
    width = width_of(pattern)
    return width if not width or pattern.startswith("%Y") else 3 if pattern.startswith("%y") else width - 1


def fixed(texts: Any, pattern: str) -> Any:
    """The texts with the zeros that a number lost at its begin, and without `.0` at its end; null for another width.

    `strptime` reads 2012024 as the 20th of January by `%d%m%Y`, and 100 as ten o'clock by `%H%M`.

    Args:
        texts: distinct.
        pattern: that reads them.
    """
    width = width_of(pattern)
    if width:
        texts = pc.replace_substring_regex(texts, r"^(\d+)\.0+$", r"\1")
        for digits in range(least_width(pattern), width):
            texts = pc.replace_substring_regex(texts, rf"^(\d{{{digits}}})(\D|$)", rf"{'0' * (width - digits)}\1\2")
        texts = pc.if_else(pc.match_substring_regex(texts, rf"^\d{{{width}}}(\D|$)"), texts, None)
    for clock, most, _ in _CLOCKS:
        for digits in range(1, most) if clock.search(pattern) else ():
            zeros = "0" * (most - digits)
            texts = pc.replace_substring_regex(texts, rf"([ T])(\d{{{digits}}})($|Z|[ +-])", rf"\1{zeros}\2\3")
    return texts


@lru_cache(maxsize=1_000)
def candidates(specimen: str) -> tuple[str, ...]:
    """The patterns that a text of this shape may have; each digit is a 9."""
    return tuple(pattern for pattern in PATTERNS if re.fullmatch(_regex(pattern), specimen))


@lru_cache(maxsize=2_000)
def _regex(pattern: str) -> re.Pattern[str]:
    found = _DIGITS.match(pattern)
    begin = rf"\d{{{least_width(pattern)},{width_of(pattern)}}}" if found else ""
    rest = pattern[len(found[0]) :] if found else pattern
    for at, (clock, _, _) in enumerate(_CLOCKS):
        rest = clock.sub(chr(at), rest)
    rest = re.sub(r"%(\w)|([.+])", lambda m: "\\" + m[2] if m[2] else _FIELDS.get("%" + m[1], r"\d{1,2}"), rest)
    for at, (_, _, digits) in enumerate(_CLOCKS):
        rest = rest.replace(chr(at), digits)
    return re.compile((begin + rest).replace(" ", " +"))

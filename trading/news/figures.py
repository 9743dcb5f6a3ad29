"""Figures in a sentence: amounts and percentages with their scale, so that two of them can be compared."""

from __future__ import annotations

import re
from typing import NamedTuple

FIRST_YEAR, LAST_YEAR = 1900, 2099
YEAR_DIGITS = 4
_FIGURE = re.compile(r"(-?\d+(?:[.,]\d+)*)([a-z]*)(%?)")
_SCALES = {
    "": 1.0, "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "million": 1e6, "mm": 1e6, "b": 1e9,
    "bn": 1e9, "bln": 1e9, "bil": 1e9, "billion": 1e9, "t": 1e12, "tn": 1e12, "trillion": 1e12, "x": 1.0,
    "c": 0.01, "cent": 0.01, "cents": 0.01, "p": 0.01, "pence": 0.01,
}  # fmt: skip
_PERCENT = frozenset(("%", "percent", "pct", "per", "percentage"))
_NOTHING = frozenset(("break-even", "breakeven", "zero"))
_TIMES_TEXT = """
day days week weeks month months quarter quarters year years hour hours a.m p.m am pm january february march
april may june july august september october november december
"""
_TIMES = frozenset(_TIMES_TEXT.split())


class Figure(NamedTuple):
    """An amount or percentage.

    Attributes:
        at: its token.
        number: as it stands: 2.5 of EUR 2.5 mn.
        scale: 1,000,000 of EUR 2.5 mn; 1 where none is said.
        percent: whether it is a percentage; only like is compared with like.
    """

    at: int
    number: float
    scale: float
    percent: bool


def figure_at(tokens: list[str], at: int) -> Figure | None:
    """The figure that the token is; None for words, years, days and lengths of time."""
    if tokens[at] in _NOTHING:
        return Figure(at, 0.0, 1.0, percent=False)
    match = _FIGURE.fullmatch(tokens[at])
    if match is None or match[2] not in _SCALES:
        return None
    following = tokens[at + 1] if at + 1 < len(tokens) else ""
    scale = match[2] or (following if following in _SCALES else "")
    percent = bool(match[3]) or (
        following in _PERCENT and not (following == "per" and tokens[at + 2 : at + 3] != ["cent"])
    )
    whole = match[1].isdigit() and not scale and not percent
    if whole and (following in _TIMES or (len(match[1]) == YEAR_DIGITS and FIRST_YEAR <= int(match[1]) <= LAST_YEAR)):
        return None
    if match[1].count(".") > 1:
        return None
    return Figure(at, float(match[1].replace(",", "")), _SCALES[scale], percent)


def amounts(one: Figure, other: Figure) -> tuple[float, float]:
    """Both with their scale; where one says none it is the other's: EUR 45.1 mn ( 44.2 ), but 45c and $0.40."""
    common = max(one.scale, other.scale)
    return (
        one.number * (one.scale if one.scale != 1 else common),
        other.number * (other.scale if other.scale != 1 else common),
    )


def first_figure(tokens: list[str], begin: int, end: int) -> Figure | None:
    """The first figure from `begin` to before `end`."""
    for at in range(begin, min(end, len(tokens))):
        figure = figure_at(tokens, at)
        if figure is not None:
            return figure
    return None


def last_figure(tokens: list[str], begin: int, end: int, *, percent: bool) -> Figure | None:
    """The last figure of its sort from `begin` to before `end`."""
    for at in range(end - 1, begin - 1, -1):
        figure = figure_at(tokens, at)
        if figure is not None and figure.percent == percent:
            return figure
    return None

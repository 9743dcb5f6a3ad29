"""What was expected: "less than feared", "above estimates", "a wider-than-expected loss"."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from trading.news.words import WORDS

_MORE = "more higher larger bigger greater faster quicker wider steeper deeper sharper longer"
_LESS = "less lower smaller slower narrower fewer milder shallower shorter gentler"
SIZES: Mapping[str, float] = MappingProxyType(
    dict.fromkeys(_MORE.split(), 1.0) | dict.fromkeys(_LESS.split(), -1.0) | {"above": 1.0, "below": -1.0}
)
"""Words that say which of two is larger: +1 what is spoken of, -1 what was expected."""
JUDGED: Mapping[str, float] = MappingProxyType(
    {"better": 1.0, "stronger": 1.0, "worse": -1.0, "weaker": -1.0, "softer": -1.0, "poorer": -1.0}
)
"""Words that are good or bad whatever was expected: better costs are lower ones."""
_SEVERE = frozenset(("severe", "dire", "painful", "harsh", "drastic", "pronounced", "damaging", "costly"))
_SLOWLY = frozenset(("slowly", "gradually", "modestly", "mildly", "gently"))
_FORECAST_TEXT = """
expected feared forecast forecasts forecasted anticipated estimated predicted projected hoped thought budgeted guided
expectations estimates estimate consensus guidance views projections predictions expects forecasters
"""
FORECAST = frozenset(_FORECAST_TEXT.split())
"""What makes the other side of a comparison a forecast."""
_FORECASTERS_TEXT = """
analysts analyst's analysts' analyst had has have was were been be the a its wall street street's investors economists
many most some previously initially originally it we company company's management market market's widely average mean
median own their
"""
_FORECASTERS = frozenset(_FORECASTERS_TEXT.split())
FILLING_REACH = 4
"""Words between "than" and the forecast: "than analysts on average had expected"."""

Expected = tuple[int, int, float, bool]
"""First token, one past the last, which is larger or better (0 = only "than expected"), and whether it judges."""


def expectations_of(tokens: list[str]) -> list[Expected]:
    """Where a text says that something was more, less, better or worse than expected, in order."""
    found: list[Expected] = []
    if FORECAST.isdisjoint(tokens):
        return found
    for at, word in enumerate(tokens):
        if word == "than" and (end := _forecast(tokens, at + 1)):
            found.append(_compared(tokens, at, end))
        elif word in ("above", "below") and (end := _forecast(tokens, at + 1)):
            found.append((at, end, SIZES[word], False))
        elif word == "ahead" and tokens[at + 1 : at + 2] == ["of"] and (end := _forecast(tokens, at + 2)):
            found.append((at, end, 1.0, False))
        elif word == "short" and tokens[at + 1 : at + 2] == ["of"] and (end := _forecast(tokens, at + 2)):
            found.append((at, end, -1.0, False))
        elif word == "as" and (end := _forecast(tokens, at + 1)) and at > 1 and tokens[at - 2] == "as":
            found.append((at - 2, end, _sign(WORDS.get(tokens[at - 1], 0.0)), True))
    return found


def _forecast(tokens: list[str], begin: int) -> int:
    """One past the forecast that begins here; 0 where there is none."""
    for at in range(begin, min(begin + FILLING_REACH, len(tokens))):
        if tokens[at] in FORECAST:
            return at + 1
        if tokens[at] not in _FORECASTERS:
            return 0
    return 0


def _compared(tokens: list[str], than: int, end: int) -> Expected:
    """What stands before "than": a size, a judgement, a size with an adverb or adjective, or neither."""
    one = tokens[than - 1] if than else ""
    if one in SIZES:
        return than - 1, end, SIZES[one], False
    if one in JUDGED:
        return than - 1, end, JUDGED[one], True
    two = tokens[than - 2] if than > 1 else ""
    if two in ("more", "less") and one not in SIZES:
        weight = -1.0 if one in _SEVERE else WORDS.get(one, 0.0)
        if weight:
            return than - 2, end, SIZES[two] * _sign(weight), True
        if one.endswith("ly"):
            return than - 2, end, SIZES[two] * (-1.0 if one in _SLOWLY else 1.0), False
    return than, end, 0.0, False


def _sign(number: float) -> float:
    return float((number > 0) - (number < 0))

"""Options that the commands of `inplay import` share."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data.importing.number_texts import NumberStyle
from trading.errors import ConfigurationError


def columns_given(given: list[str]) -> dict[str, str]:
    """`FIELD=COLUMN` as a mapping.

    Raises:
        ConfigurationError: for anything else.
    """
    pairs = [text.partition("=") for text in given]
    wrong = [field + equals + name for field, equals, name in pairs if not (field and equals and name)]
    if wrong:
        raise ConfigurationError(f"--column takes FIELD=COLUMN, such as headline=title, and not {wrong[0]!r}.")
    return {field: name for field, _, name in pairs}


def style_given(decimal: str | None, thousands: str) -> NumberStyle | None:
    """How numbers are written; None when nothing was said.

    Raises:
        ConfigurationError: for a mark between thousands that is none.
    """
    if decimal is None and not thousands:
        return None
    if thousands not in {"", ",", ".", " ", "'", "\u00a0", "\u202f"}:
        raise ConfigurationError(f"--thousands takes one mark, such as , or . or a blank, and not {thousands!r}.")
    if decimal == thousands == ",":
        raise ConfigurationError("--decimal , and --thousands , contradict each other.")
    usual = {",": ".", ".": ","}
    return NumberStyle(decimal or ".", thousands or usual[decimal or "."], said=True)


def unit_given(unit: float | None) -> float | None:
    """The unit of prices.

    Raises:
        ConfigurationError: when it isn't above zero.
    """
    if unit is not None and not 0 < unit < float("inf"):
        raise ConfigurationError(f"--price-unit takes a number above zero, such as 0.0001, and not {unit:g}.")
    return unit


def zone_named(name: str) -> ZoneInfo | None:
    """The time zone; None for an empty name.

    Raises:
        ConfigurationError: when there is none of this name.
    """
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(f"no time zone is called {name!r}; one is America/New_York.") from None

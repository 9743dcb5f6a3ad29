"""Options that the commands of `inplay import` share."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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


def zone_named(name: str) -> ZoneInfo | None:
    """The time zone; None for an empty name.

    Raises:
        ConfigurationError: when there is none of this name.
    """
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(f"no time zone is called {name!r}; one is America/New_York.") from None

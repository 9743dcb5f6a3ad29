"""An ensemble by what somebody typed."""

from __future__ import annotations

from collections.abc import Sequence

from trading.errors import UnknownModelError
from trading.plain_text import shown
from trading.views.lifecycle import UNKNOWN

PREFIX = "ensemble-"
MOST_NAMED = 5


def found(names: Sequence[str], typed: str) -> str:
    """The only name that is what was typed, or begins with it, the word `ensemble-` left out or not.

    Raises:
        UnknownModelError: when there is none, or several begin with it.
    """
    if typed in names:
        return typed
    begin = sorted(name for name in names if typed and typed in (name[: len(typed)], _bare(name)[: len(typed)]))
    if not begin:
        raise UnknownModelError(UNKNOWN.format(shown(typed) or "without a name"))
    if len(begin) > 1:
        more = f" and {len(begin) - MOST_NAMED} more" if len(begin) > MOST_NAMED else ""
        raise UnknownModelError(
            f"{shown(typed)} could be {', '.join(begin[:MOST_NAMED])}{more}. Nothing was changed. Type more of it."
        )
    return begin[0]


def _bare(name: str) -> str:
    return name.removeprefix(PREFIX)

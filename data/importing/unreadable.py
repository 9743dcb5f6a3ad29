"""Numbers of a file that can't be read: where they are more than a few, one of them is shown with the way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.importing.number_texts import FOREIGN, NumberStyle
from data.importing.numbers import is_text, read_numbers
from trading.arrays import Flags
from trading.errors import BadDataError

SHARE, ENOUGH = 0.05, 3
"""Of a column: more texts, and as many, that are no numbers are a way of writing, not slips."""
KEPT = 1_000
"""Texts of a column that are looked at: of those that can be read, and of the others."""
VOLUME = "volume"
WAYS = {
    "--decimal ,": NumberStyle(",", "."),
    "--decimal .": NumberStyle(".", ","),
    "--thousands .": NumberStyle(".", "."),
    '--thousands "\'"': NumberStyle(".", "'"),
}
"""What the user may say of numbers."""
NO_WAY = "No option reads all of them. Write them in one way, with digits and a point, such as 1234.50."
Where = Callable[[str, str], str]
"""Told a field and a text, it says where that stands, such as ` on line 7`; empty where nobody can tell."""


@dataclass
class _Column:
    """Of a field: its rows so far, and of the texts that are numbers, and that aren't, how many and some."""

    rows: int = 0
    odd: int = 0
    readable: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


class Unreadable:
    """The texts of one file that are no numbers."""

    def __init__(self) -> None:
        self._columns: dict[str, _Column] = {}

    def add(self, name: str, column: Any, odd: Flags) -> None:
        """More rows of a field, and which of them are no numbers; a text without a digit is no way of writing."""
        if not is_text(column):
            return
        seen = self._columns.setdefault(name, _Column())
        seen.rows += len(column)
        if not seen.readable:
            seen.readable = _some(column.slice(0, KEPT).filter(pa.array(~odd[:KEPT])))
        if not odd.any():
            return
        texts = pc.utf8_trim_whitespace(column.filter(pa.array(odd)))
        texts = texts.filter(pc.match_substring_regex(texts, r"\p{Nd}"))
        seen.odd += len(texts)
        if len(seen.others) < KEPT:
            seen.others += _some(texts)

    def judge(self, where: Where) -> None:
        """They are few, or a part that nobody can read beside others.

        Raises:
            BadDataError: they aren't, with one of them, where it stands, and what reads it.
        """
        for name, seen in self._columns.items():
            if seen.odd < ENOUGH or seen.odd <= SHARE * seen.rows:
                continue
            text = seen.others[0]
            way = self._way_out(name, text)
            if not way and 2 * seen.odd <= seen.rows:
                continue  # the others are stored
            said = (
                f"the {name} {text!r}{where(name, text)} can't be read, and {seen.odd:,} of {seen.rows:,} are like it"
            )
            raise BadDataError(f"{said}. {way or NO_WAY}")

    def _way_out(self, name: str, text: str) -> str:
        """What the user may say; empty where nothing helps."""
        if pc.match_substring_regex(pa.array([text]), rf"^[(+-]?\s*{FOREIGN}|{FOREIGN}[)-]?$")[0].as_py():
            return (
                "It is in another currency, and bars are in US dollars. Say how many dollars one is worth, such as "
                "--price-unit 1.08 (one rate for all rows), or --price-unit 1 if the numbers are dollars."
            )
        ways: dict[float, str] = {}
        for words, style in WAYS.items():
            if all(_all_read(style, one, [*seen.readable, *seen.others]) for one, seen in self._columns.items()):
                ways.setdefault(_numbers(style, name, [text])[0][0].as_py(), words)
        if len(ways) == 1:
            return f"This reads all of them: {next(iter(ways.values()))}"
        if ways:
            return "Say " + ", or ".join(f"{words} if it is {value:,.10g}" for value, words in ways.items()) + "."
        return ""


def _all_read(style: NumberStyle, name: str, texts: list[str]) -> bool:
    """Whether the texts of a field are numbers in this style."""
    return not texts or not _numbers(style, name, texts)[1].any()


def _numbers(style: NumberStyle, name: str, texts: list[str]) -> tuple[Any, Flags]:
    volume = name == VOLUME
    column = pa.chunked_array([pa.array(texts, pa.string())])
    return read_numbers(column, style.of_volume if volume else style.of_price, shortened=volume)


def _some(texts: Any) -> list[str]:
    """Distinct ones."""
    return [text for text in pc.unique(texts.slice(0, KEPT)).to_pylist() if text]

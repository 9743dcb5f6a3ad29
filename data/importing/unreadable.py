"""Numbers of a file that can't be read: where they are more than a few, one of them is shown with the way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.importing.number_texts import FOREIGN, MISSING, NumberStyle
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
        """More rows of a field, and which of them are no numbers; words for a missing one are no way of writing."""
        if not is_text(column):
            return
        seen = self._columns.setdefault(name, _Column())
        seen.rows += len(column)
        if not seen.readable:
            seen.readable = _some(column.slice(0, KEPT).filter(pa.array(~odd[:KEPT])))
        if not odd.any():
            return
        texts = pc.utf8_trim_whitespace(column.filter(pa.array(odd)))
        texts = texts.filter(pc.invert(pc.is_in(pc.utf8_lower(texts), pa.array(MISSING))))
        seen.odd += len(texts)
        if len(seen.others) < KEPT:
            seen.others += _some(texts)

    def judge(self, where: Where) -> None:
        """They are few.

        Raises:
            BadDataError: they aren't, with one of them, where it stands, and what reads it.
        """
        for name, seen in self._columns.items():
            if seen.odd < ENOUGH or seen.odd <= SHARE * seen.rows:
                continue
            text = seen.others[0]
            said = (
                f"the {name} {text!r}{where(name, text)} can't be read, and {seen.odd:,} of {seen.rows:,} are like it"
            )
            raise BadDataError(f"{said}. {self._way_out(text)}")

    def _way_out(self, text: str) -> str:
        if pc.match_substring_regex(pa.array([text]), rf"^[(+-]?\s*{FOREIGN}|{FOREIGN}[)-]?$")[0].as_py():
            return (
                "It is in another currency, and bars are in US dollars. Say how many dollars one is worth, such as "
                "--price-unit 1.08 (one rate for all rows), or --price-unit 1 if the numbers are dollars."
            )
        for words, style in WAYS.items():
            if all(_reads(style, name, [*seen.readable, *seen.others]) for name, seen in self._columns.items()):
                return f"This reads all of them: {words}"
        return "No option reads all of them. Write them in one way, with digits and a point, such as 1234.50."


def _reads(style: NumberStyle, name: str, texts: list[str]) -> bool:
    """Whether the texts of a field are numbers in this style."""
    if not texts:
        return True
    volume = name == VOLUME
    mine = style.of_volume if volume else style.of_price
    column = pa.chunked_array([pa.array(texts, pa.string())])
    return not read_numbers(column, mine, shortened=volume)[1].any()


def _some(texts: Any) -> list[str]:
    """Distinct ones."""
    return [text for text in pc.unique(texts.slice(0, KEPT)).to_pylist() if text]

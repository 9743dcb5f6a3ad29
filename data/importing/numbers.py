"""Prices and volumes as texts of several countries: the mark before a fraction, and the one between thousands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.number_texts import APOSTROPHES, NumberStyle, numbers_of, tidied, ungrouped
from trading.arrays import Flags
from trading.errors import BadDataError, ConfigurationError

PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
GROUPED_POINT = r"^[1-9]\d{0,2}(\.\d{3})+$"
_GROUPED_COMMA = r"^[1-9]\d{0,2},\d{3}$"
_SURE_GROUPS = r"^\d{1,3}(,\d{3}){2,}$|^\d{1,3}(,\d{3})+\.\d*$|^\d{1,2}(,\d{2})+,\d{3}(\.\d*)?$"
_APOSTROPHE = r"^\d{1,3}'\d{3}$"
_SURE_APOSTROPHE = r"^\d{1,3}('\d{3}){2,}$|^\d{1,3}('\d{3})+[.,]\d+$"
_LONG = r"\d{4}"
FEW = 20


def is_text(column: Any) -> bool:
    """Whether the column holds text."""
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def is_whole(column: Any) -> bool:
    """Whether all numbers of the column are written without a fraction."""
    if is_text(column):
        text = pc.utf8_trim_whitespace(column)
        return bool(pc.all(pc.match_substring_regex(text, r"^\d+$")).as_py())
    return bool(pa.types.is_integer(column.type))


def style_of(
    prices: Iterable[Any], volume: Any, asked: NumberStyle | None, where: Callable[[str, str], str] = lambda *_: ""
) -> NumberStyle:
    """How the numbers of a file are written, from some of its rows.

    Args:
        prices: columns.
        volume: column.
        asked: what the user says.
        where: told an empty name and the text of a price, says where that stands.

    Raises:
        BadDataError: when prices have both marks before a fraction.
        ConfigurationError: when a comma may be either mark.
    """
    if asked is not None:
        return asked
    chunks = [chunk for column in prices if is_text(column) for chunk in column.cast(pa.string()).chunks]
    written = pc.utf8_trim_whitespace(pa.chunked_array(chunks, pa.string()))
    odd = pc.any(pc.match_substring_regex(written, f",|{APOSTROPHES}")).as_py()
    if not odd and _first([written.slice(0, FEW)], _fraction(".")):
        return NumberStyle(".", ",")
    texts = tidied(written, foreign=True)
    columns = [ungrouped(texts)]
    apostrophe = _thousands_by_apostrophe(texts, where)
    point, comma = (_first(columns, _fraction(mark)) for mark in (".", ","))
    if point and comma:
        raise BadDataError(
            f"its prices have both marks before a fraction, {point!r}{where('', point)} and {comma!r}"
            f"{where('', comma)}. Write them in one way."
        )
    if comma:
        return NumberStyle(",", apostrophe or ".")
    if apostrophe:
        return NumberStyle(".", apostrophe)
    volumes = [pc.utf8_trim_whitespace(volume.cast(pa.string()))] if is_text(volume) else []
    if point or _first([*columns, *volumes], _SURE_GROUPS):
        return NumberStyle(".", ",")
    doubtful = _first(columns, _GROUPED_COMMA)
    if doubtful:
        raise ConfigurationError(
            f"the price {doubtful!r}{where('', doubtful)} may have a fraction or thousands. Nothing of it was "
            "stored. Say which: --decimal , or --decimal . --thousands ,"
        )
    return NumberStyle()


def _fraction(mark: str) -> str:
    """Numbers with a fraction that can't be a group of thousands."""
    other = {".": ",", ",": "."}[mark]
    one, two = re.escape(mark), re.escape(other)
    short = rf"\d+{one}(\d{{1,2}}|\d{{4,}})"
    long = rf"(0|\d{{4,}}){one}\d+"
    grouped = rf"\d{{1,3}}({two}\d{{3}})+{one}\d*"
    return rf"^[+-]?({short}|{long}|{grouped})([eE][+-]?\d+)?$"


def _thousands_by_apostrophe(prices: Any, where: Callable[[str, str], str]) -> str:
    """An apostrophe, where it stands between thousands of prices; else empty.

    Raises:
        ConfigurationError: when none of them tells thousands from 32nds.
    """
    doubtful = _first([prices], _APOSTROPHE)
    if _first([prices], _SURE_APOSTROPHE):
        return "'"
    if doubtful:
        raise ConfigurationError(
            f"the price {doubtful!r}{where('', doubtful)} may have thousands, or be one of a bond in 32nds. "
            "Nothing of it was stored. Say --thousands \"'\" for thousands; write 32nds as decimals, 110.5 for 110'16."
        )
    return ""


def _first(columns: Iterable[Any], pattern: str) -> str:
    for column in columns:
        found = column.filter(pc.fill_null(pc.match_substring_regex(column, pattern), False))
        if len(found):
            return str(found[0].as_py())
    return ""


def read_numbers(
    column: Any, style: NumberStyle, *, shortened: bool = False, foreign: bool = False
) -> tuple[Any, Flags]:
    """The column as float64, null where it is empty or no number, and which of its texts are no numbers.

    Args:
        column: of numbers or texts.
        style: of the texts; a sign of dollars is left out.
        shortened: 12.3M may stand for 12,300,000.
        foreign: signs of other currencies are left out too.
    """
    if not is_text(column):
        values = column.cast(pa.float64(), safe=False)  # a count past 2^53 is none that a volume may be
        return values, np.zeros(len(column), dtype=np.bool_)
    text = pc.utf8_trim_whitespace(column)
    matched = pc.match_substring_regex(text, PLAIN if style.decimal == "." else r"^\d+$")
    if not matched.null_count and pc.all(matched).as_py():
        return text.cast(pa.float64()), np.zeros(len(column), dtype=np.bool_)
    readable = pc.fill_null(matched, False)
    values = pc.if_else(readable, text, None).cast(pa.float64())
    odd = ~(readable.to_numpy(zero_copy_only=False) | pc.fill_null(pc.equal(text, ""), True).to_numpy(False))
    if not odd.any():
        return values, odd
    at = np.flatnonzero(odd)
    cleaned = numbers_of(text.take(pa.array(at)), style, shortened=shortened, foreign=foreign)
    filled = values.to_numpy(zero_copy_only=False).copy()
    filled[at] = cleaned
    odd[at] = np.isnan(cleaned)
    return pa.array(filled, from_pandas=True), odd


class Groups:
    """Whether a column's points stand between thousands: every fraction has three digits, and no number has four."""

    def __init__(self) -> None:
        self._example = ""
        self._refuted = False

    def add(self, volume: Any) -> None:
        """More texts of the column."""
        if self._refuted or not is_text(volume):
            return
        if any(re.search(_LONG, text or "") for text in volume.slice(0, FEW).to_pylist()):
            self._refuted = True
            return
        pointed = volume.filter(pc.fill_null(pc.match_substring(volume, "."), False))
        pointed = pc.utf8_trim_whitespace(pointed)
        grouped = pc.match_substring_regex(pointed, GROUPED_POINT)
        long = pc.any(pc.match_substring_regex(volume, _LONG)).as_py()
        self._refuted = bool(long) or not pc.all(grouped, min_count=0).as_py()
        self._example = self._example or (pointed[0].as_py() if len(pointed) else "")

    @property
    def example(self) -> str:
        """One of the numbers where they do; else empty."""
        return "" if self._refuted else self._example

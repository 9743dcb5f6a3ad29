"""Numbers as countries, banks and exchanges write them, brought to a sign, digits and the marks between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trading.arrays import Floats

FACTORS = {
    r"k|tsd\.?": 1e3,
    r"m|mn|mio\.?": 1e6,
    r"b|bn|mrd\.?": 1e9,
}
"""Of what stands after a shortened volume, in any case: 12.3M, 950K, 1,2 Mrd."""
SHORTENED = rf"(?i:{'|'.join(FACTORS)})"
DOLLARS = r"(?:US\s?\$|\$|USD)"
FOREIGN = r"(?:€|£|¥|₹|CHF|EUR|GBP|GBX|JPY|CAD|AUD|HKD|INR|SEK|NOK|DKK|PLN|Fr\.|kr|zł)"
"""Signs and codes of other currencies."""
APOSTROPHES = "['`\u2018\u2019\u00b4]"
_BLANKS = "[\u00a0\u202f\u2009\u2007]"
_GROUPED = r"^[+-]?\d{1,3}([ ']\d{3})+(\D.*)?$"
_FRACTION = r"^[+-]?(\d+ )?\d{1,3}/(2|4|8|16|32|64|128|256)$"
_VULGAR = {"¼": "1/4", "½": "1/2", "¾": "3/4", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8"}


@dataclass(frozen=True)
class NumberStyle:
    """How numbers are written.

    Attributes:
        decimal: the mark before the fraction; empty where there is none.
        thousands: the mark between groups of three digits; empty where there is none.
        said: the user said so.
    """

    decimal: str = "."
    thousands: str = ""
    said: bool = False

    @property
    def of_volume(self) -> NumberStyle:
        """Of whole numbers: with one mark for both, it stands between thousands there."""
        return NumberStyle("", self.thousands, self.said) if self.thousands == self.decimal else self

    @property
    def of_price(self) -> NumberStyle:
        """With one mark for both, it stands before the fraction there."""
        return NumberStyle(self.decimal, "", self.said) if self.thousands == self.decimal else self

    @property
    def words(self) -> str:
        """What isn't plain about it; else empty."""
        return "" if self.decimal == "." else f"a decimal {self.decimal!r}"


def tidied(texts: Any, *, foreign: bool = False) -> Any:
    """The numbers with plain blanks, apostrophes and minus signs, without a sign of dollars.

    A number in brackets, or with a minus sign after it, is below zero, as in accounts.

    Args:
        texts: without blanks around them.
        foreign: signs of other currencies are left out too.
    """
    texts = pc.replace_substring_regex(pc.replace_substring_regex(texts, _BLANKS, " "), APOSTROPHES, "'")
    texts = pc.replace_substring(texts, "\u2212", "-")
    sign = f"(?:{DOLLARS}|{FOREIGN})" if foreign else DOLLARS
    texts = pc.replace_substring_regex(texts, rf"^(\(?[+-]?)\s*{sign}\s*", r"\1")
    texts = pc.replace_substring_regex(texts, rf"\s*{sign}(\)?-?)$", r"\1")
    texts = pc.replace_substring_regex(texts, r"^\((\d[^()]*)\)$", r"-\1")
    return pc.replace_substring_regex(texts, r"^(\d[^-]*)-$", r"-\1")


def ungrouped(texts: Any) -> Any:
    """The tidied numbers without blanks and apostrophes between thousands."""
    return pc.if_else(
        pc.match_substring_regex(texts, _GROUPED), pc.replace_substring_regex(texts, r"[ '](\d{3})", r"\1"), texts
    )


def shape_of(style: NumberStyle, *, shortened: bool) -> str:
    """A pattern of the tidied numbers that can be read.

    Blanks stand between thousands in any style. So does an apostrophe, but for one alone in a price: 110'165 is
    110 and 16.5/32 of a bond.

    Args:
        style: of the numbers.
        shortened: of volumes, where 12.3M may stand for 12,300,000.
    """
    mark = re.escape(style.decimal)
    fraction = rf"({mark}\d*)?" if style.decimal else ""
    marks = {style.thousands, " ", "'" if shortened else ""} - {""}
    groups = "".join(rf"|\d{{1,3}}({re.escape(one)}\d{{3}})+" for one in sorted(marks))
    groups += r"|\d{1,2}(,\d{2})+,\d{3}" if style.thousands == "," else ""  # lakhs and crores
    sure = r"|\d{1,3}('\d{3}){2,}" + (rf"|\d{{1,3}}('\d{{3}})+{mark}\d+" if style.decimal else "")
    leading = rf"|{mark}\d+" if style.decimal else ""
    ending = rf"\s?{SHORTENED}?" if shortened else ""
    return rf"^[+-]?((\d+{groups}){fraction}{sure}{leading})([eE][+-]?\d+)?{ending}$"


def numbers_of(texts: Any, style: NumberStyle, *, shortened: bool, foreign: bool) -> Floats:
    """The numbers, NaN where there is none; see `shape_of`. A price may have a fraction such as 50 3/8."""
    texts = tidied(texts, foreign=foreign)
    number = pc.if_else(pc.match_substring_regex(texts, shape_of(style, shortened=shortened)), texts, None)
    factor = np.ones(len(texts))
    for ending, value in FACTORS.items() if shortened else ():
        ends = pc.fill_null(pc.match_substring_regex(number, rf"(?i:\d\s?({ending})$)"), False)
        factor[ends.to_numpy(zero_copy_only=False)] = value
    if shortened:
        number = pc.replace_substring_regex(number, rf"\s?{SHORTENED}$", "")
    number = pc.replace_substring_regex(number, "[ ']", "")
    if style.thousands:
        number = pc.replace_substring(number, style.thousands, "")
    if style.decimal not in ("", "."):
        number = pc.replace_substring(number, style.decimal, ".")
    values: Floats = number.cast(pa.float64()).to_numpy(zero_copy_only=False) * factor
    return values if shortened else np.where(np.isnan(values), _fractions(texts), values)


def _fractions(texts: Any) -> Floats:
    """Numbers such as 50 3/8 and 7⅛, as stocks were quoted before 2001; NaN for others."""
    for sign, written in _VULGAR.items():
        texts = pc.replace_substring_regex(texts, rf"^([+-]?\d*)\s?{sign}$", rf"\1 {written}")
    texts = pc.utf8_trim_whitespace(texts)
    matched = pc.if_else(pc.match_substring_regex(texts, _FRACTION), texts, None)
    parts = pc.extract_regex(matched, r"^(?P<sign>[+-]?)(?:(?P<whole>\d+) )?(?P<part>\d+)/(?P<of>\d+)$")

    def column(name: str) -> Floats:
        text = pc.struct_field(parts, name)
        numbers = pc.if_else(pc.equal(text, ""), "0", text).cast(pa.float64())
        return np.asarray(numbers.to_numpy(zero_copy_only=False), dtype=np.float64)

    part, of = column("part"), column("of")
    negative = pc.fill_null(pc.equal(pc.struct_field(parts, "sign"), "-"), False).to_numpy(zero_copy_only=False)
    values = np.where(negative, -1.0, 1.0) * (column("whole") + part / of)
    return np.where(part < of, values, np.nan)

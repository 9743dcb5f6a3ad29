"""Splits and dividends in columns of their own, beside the prices of a file."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.importing.number_texts import NumberStyle
from data.importing.numbers import is_text, read_numbers
from trading.arrays import Flags, Floats
from trading.errors import BadDataError
from trading.gates import Finding

UNKNOWN = ("-", "--", "n/a", "na", "nan", "null", "none")
"""Texts, in lower case, that say nothing of whether something took effect; an empty one says that nothing did."""
_SHARES = r"\d+(?:\.\d+)?|\.\d+"
_RATIO = re.compile(rf"({_SHARES})\s*(?:[:/]|-?\s*(?:for|to)\s*-?)\s*({_SHARES})", re.IGNORECASE)
FEWEST, MOST_SPLITS, MOST_DIVIDENDS = 3, 0.1, 0.5
"""From so many on, and beyond that share of the bars, a column doesn't name what took effect on the day."""
SPLIT_OF_FACTOR = 1.4
"""A change of the factor that no dividend makes: prices whose factor changes so aren't adjusted for splits."""


def read_splits(column: Any, style: NumberStyle) -> tuple[Any, Flags]:
    """New shares for an old one at each bar, 0 for none, null where nothing is said; and which texts are no ratio.

    Args:
        column: of numbers such as 2 or 0.1, or of texts such as 2:1, 2/1, 1-for-10: new shares first.
        style: of numbers in texts.
    """
    if not is_text(column):
        return _checked(column.cast(pa.float64(), safe=False))
    encoded = pc.utf8_trim_whitespace(column).combine_chunks().dictionary_encode()
    distinct = encoded.dictionary
    values = read_numbers(pa.chunked_array([distinct]), style)[0].to_numpy(zero_copy_only=False).copy()
    for at in np.flatnonzero(np.isnan(values)).tolist():
        values[at] = _ratio(distinct[at].as_py())
    said = np.append(values, 0.0)[pc.fill_null(encoded.indices, len(distinct)).to_numpy()]
    odd = (said < 0) | np.isinf(said)
    return pa.array(np.where(odd, np.nan, said), from_pandas=True), odd


def _ratio(text: str) -> float:
    """Of one text: 0 for an empty one, NaN for one that says nothing, -1 for one that is no ratio."""
    if not text:
        return 0.0
    if text.lower() in UNKNOWN:
        return float("nan")
    found = _RATIO.fullmatch(text)
    return float(found[1]) / float(found[2]) if found and float(found[2]) else -1.0


def read_dividends(column: Any, style: NumberStyle) -> tuple[Any, Flags]:
    """USD a share at each bar, 0 for none, null where nothing is said; and which texts are no amount.

    Args:
        column: of numbers, or of texts such as $0.60.
        style: of numbers in texts.
    """
    if not is_text(column):
        return _checked(column.cast(pa.float64(), safe=False))
    text = pc.utf8_trim_whitespace(column)
    unknown = pc.fill_null(pc.is_in(pc.utf8_lower(text), pa.array(UNKNOWN)), False)
    values, odd = read_numbers(pc.if_else(unknown, "", text), style)
    paid = pc.if_else(unknown, None, pc.fill_null(values, 0.0))
    _, negative = _checked(paid)
    return pc.if_else(pa.array(odd | negative), None, paid), odd | negative


def _checked(values: Any) -> tuple[Any, Flags]:
    """The numbers, 0 where there is none, and which of them can't be."""
    filled = values.to_numpy(zero_copy_only=False)
    odd: Flags = (filled < 0) | np.isinf(filled)
    return pa.array(np.where(odd, np.nan, np.nan_to_num(filled, nan=0.0)), from_pandas=True), odd


class Told:
    """What the columns of a file beside its prices say, all of its rows together."""

    def __init__(self) -> None:
        self._rows = 0
        self._splits, self._dividends = 0, 0
        self._example = {"split": 0.0, "dividend": 0.0}
        self._stepped = False

    def add(self, rows: int, split: Any, dividend: Any, factor: Any) -> None:
        """More rows; None for a column that the file doesn't have."""
        self._rows += rows
        if split is not None:
            self._splits += self._count("split", split, nothing=1.0)
        if dividend is not None:
            self._dividends += self._count("dividend", dividend, nothing=0.0)
        if factor is not None and not self._stepped:
            self._stepped = _steps(factor.to_numpy(zero_copy_only=False))

    def _count(self, name: str, column: Any, nothing: float) -> int:
        values = column.to_numpy(zero_copy_only=False)
        events = values[(values > 0) & (values != nothing)]
        if len(events):
            self._example[name] = float(events[0])
        return len(events)

    def judge(self) -> None:
        """The columns name what took effect on the day.

        Raises:
            BadDataError: one of them names something on too many days to do so.
        """
        for name, events, share in (
            ("split", self._splits, MOST_SPLITS),
            ("dividend", self._dividends, MOST_DIVIDENDS),
        ):
            if events >= FEWEST and events > share * self._rows:
                raise BadDataError(
                    f"the column taken for the {name} of the day has one at {events:,} of {self._rows:,} bars, such as "
                    f"{self._example[name]:g}: it holds something else, such as a sum or a factor of all days. Say "
                    f"--column {name}=none to leave it out."
                )

    def adjusted(self, title: str, what: str) -> tuple[Finding, ...]:
        """That the prices aren't those that were printed, unless the file itself says otherwise.

        Where it names splits, the gates compare them with the prices.

        Args:
            title: whose format it is.
            what: the prices are adjusted for.
        """
        if self._splits or self._stepped or not self._rows:
            return ()
        detail = (
            f"prices of {title} are adjusted for {what} up to the day of the download: before one they aren't what was "
            "printed, and sizes in shares are wrong; kept"
        )
        return (Finding("adjusted_prices", "warning", None, None, self._rows, detail),)


def _steps(factor: Floats) -> bool:
    """Whether the factor changes from a row to the next as by a split."""
    with np.errstate(invalid="ignore", divide="ignore"):
        step = np.abs(np.log(factor[1:] / factor[:-1]))
        return bool((np.isfinite(step) & (step > np.log(SPLIT_OF_FACTOR))).any())

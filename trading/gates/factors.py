"""Factors by which a source adjusts its prices, as the splits and dividends that they stand for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np

from trading.arrays import Days, Floats, Ints

SAME_FACTOR = 1e-3
"""A change of less is rounding: adjusted closes have two to six decimals."""
SMALLEST_SPLIT = 0.08
"""Of the logarithm: a stock dividend of 10 % is a split of 11 for 10, a smaller payment is a dividend."""
LARGEST_TERM, EXACT = 12, 1e-3
"""A factor within a thousandth of a ratio of whole numbers up to twelve, or to 1, is a split."""


@dataclass(frozen=True)
class FactorChange:
    """From `session` on, earlier prices times `ratio` can be compared with the later ones, says the source."""

    symbol: str
    session: date
    ratio: float

    @property
    def split(self) -> Fraction | None:
        """New shares for old ones, where the ratio is that of a split."""
        return split_of(self.ratio)


def split_of(ratio: float) -> Fraction | None:
    """New shares for one old one; None when the ratio is no simple one: cash was paid, or a part was spun off."""
    if abs(math.log(ratio)) < SMALLEST_SPLIT:
        return None
    shares = 1 / ratio
    whole = round(shares) if shares > 1 else round(ratio)
    simple = Fraction(whole) if shares > 1 else Fraction(1, max(whole, 1))
    for factor in (simple, Fraction(shares).limit_denominator(LARGEST_TERM)):
        terms_fit = 1 in {factor.numerator, factor.denominator} or factor.numerator <= LARGEST_TERM
        if factor > 0 and factor != 1 and terms_fit and abs(float(factor) * ratio - 1) <= EXACT:
            return factor
    return None


def factor_changes(
    names: list[str], code: Ints, session: Days, factor: Floats, last: dict[str, float]
) -> Iterator[FactorChange]:
    """Each change of a symbol's factor.

    Args:
        names: symbols.
        code: which of them each row is of; rows by symbol, then session.
        session: of each row.
        factor: adjusted price / price of each row; NaN where it isn't known.
        last: factor of each symbol in the rows before; those of these rows are put into it.
    """
    known = np.isfinite(factor) & (factor > 0)
    code, session, factor = code[known], session[known], factor[known]
    if not len(code):
        return
    starts = np.flatnonzero(np.diff(code, prepend=-1))
    before = np.roll(factor, 1)
    before[starts] = [last.get(names[at], math.nan) for at in code[starts].tolist()]
    ends = [*(starts[1:] - 1).tolist(), len(code) - 1]
    last.update({names[code[end]]: float(factor[end]) for end in ends})
    with np.errstate(invalid="ignore"):
        changed = np.flatnonzero(np.abs(before / factor - 1) > SAME_FACTOR)
    for row in changed.tolist():
        yield FactorChange(names[code[row]], session[row].item(), float(before[row] / factor[row]))

"""How exactly an adjusted close tells its factor, from the decimals that a source gives."""

from __future__ import annotations

import numpy as np

from trading.arrays import Flags, Floats, Ints

SINGLE_PRECISION = 1e-6
"""Relative error of factors that come as 32-bit numbers or with six decimals, sums of roundings included."""
DECIMALS = (0, 1, 2, 3, 4)
"""Of an adjusted close; half a unit of the last one bounds what its factor can tell."""
CENTS = 2
"""Fewer decimals are believed only where the factor wavers as rounding makes it: exact prices may be round by chance,
such as eighths after a 5-for-4 split."""
LOOKED_AT = 8
FEWEST_ADJUSTED = 3
"""Adjusted closes, other than the close itself, that tell how many decimals a source gives."""


def factor_errors(code: Ints, factor: Floats, close: Floats) -> Floats:
    """How far each factor may lie from the true one, relative.

    An adjusted close with two decimals says a factor to half a cent. How many decimals there are is told by all
    adjusted closes of the symbol: the fewest that every one of them has.

    Args:
        code: the symbol of each row, ascending.
        factor: adjusted close / close.
        close: USD, as printed.
    """
    adjusted = factor * close
    error = np.full(len(adjusted), SINGLE_PRECISION)
    starts = np.flatnonzero(np.diff(code, prepend=-1))
    length = np.diff([*starts.tolist(), len(adjusted)])
    other = np.abs(factor - 1) > SINGLE_PRECISION
    enough = np.add.reduceat(other, starts, dtype=np.int64) >= FEWEST_ADJUSTED
    undecided: Ints = np.flatnonzero(np.repeat(enough, length) & other) if enough.any() else np.empty(0, dtype=np.int64)
    undecided = undecided[_may_be_rounded(adjusted[undecided], code[undecided])]
    if not len(undecided):
        return error
    wavers = np.repeat(_wavering(factor, starts, other), length)
    for decimals in DECIMALS:
        if not len(undecided):
            break
        fits = _fits(adjusted[undecided], decimals)
        fits &= wavers[undecided] | (decimals >= CENTS)
        first = np.flatnonzero(np.diff(code[undecided], prepend=-1))
        all_fit = np.logical_and.reduceat(fits, first)
        with_decimals = np.isin(code, code[undecided[first[all_fit]]])
        unit = 0.5 / 10.0**decimals
        error[with_decimals] = np.maximum(SINGLE_PRECISION, unit / adjusted[with_decimals])
        undecided = undecided[~np.isin(code[undecided], code[undecided[first[all_fit]]])]
    return error


def _fits(adjusted: Floats, decimals: int) -> Flags:
    scaled = adjusted * 10.0**decimals
    return np.asarray(np.abs(scaled - np.rint(scaled)) <= 1e-6 * np.maximum(1.0, 1e-3 * np.abs(scaled)))


def _may_be_rounded(adjusted: Floats, code: Ints) -> Flags:
    """Rows of symbols whose first adjusted closes have no more than the most decimals: others need no closer look."""
    first = np.flatnonzero(np.diff(code, prepend=-1))
    if not len(first):
        return np.zeros(0, dtype=np.bool_)
    length = np.diff([*first.tolist(), len(code)])
    looked = np.flatnonzero(np.arange(len(code)) - np.repeat(first, length) < LOOKED_AT)
    starts = np.flatnonzero(np.diff(code[looked], prepend=-1))
    fits = np.logical_and.reduceat(_fits(adjusted[looked], DECIMALS[-1]), starts)
    return np.repeat(fits, length)


def _wavering(factor: Floats, starts: Ints, other: Flags) -> Flags:
    """Whether most adjusted closes of a symbol have another factor than the row before; symbols begin at `starts`."""
    before = np.roll(factor, 1)
    before[starts] = np.nan
    with np.errstate(invalid="ignore"):
        moved = other & (np.abs(factor / before - 1) > SINGLE_PRECISION)
    return np.asarray(
        2 * np.add.reduceat(moved, starts, dtype=np.int64) > np.add.reduceat(other, starts, dtype=np.int64)
    )

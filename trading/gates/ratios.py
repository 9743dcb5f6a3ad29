"""Which split or distribution a ratio of prices stands for: by a source's factor, and by bars alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

SMALLEST_SPLIT = 0.08
"""Of the logarithm: a stock dividend of 10 % is a split of 11 for 10, a smaller payment is a dividend."""
EXACT = 5e-6
"""Relative. A factor within it equals a ratio of whole numbers; distributions come close by chance."""
HALF_CENT_USD = 0.0051
"""A source that rounds its adjusted close to cents says the factor of its one earlier price no better."""
ROUGHEST = 1e-3
"""Relative. What rounding is believed to do to the factor of a usual split at most."""
PERCENT_STEP = 20
THIRDS = (Fraction(4, 3), Fraction(5, 3))
"""Other splits are stock dividends in steps of five percent (5-for-4, 23-for-20), and these. Nobody chooses 7-for-6."""
LARGEST_TERM = 12
LARGEST_DIVIDEND_BESIDE = 0.02
"""Of the price: what may be paid on the day of a split and hide in the same factor."""
LARGEST_CASH_BESIDE = 0.05
"""The same beside a reverse split, which no distribution alone looks like."""
FEW_NEW_SHARES = 5
"""A reverse split to more new shares than that, such as 26-for-253, is believed only where nothing simpler fits."""
ROUGH = 1e-4
"""Relative. A source that says its factors no better tells no 5-for-4 from a distribution."""
LARGEST_DENOMINATOR = 1000
ROUGHEST_DECIMAL = 0.011
"""Relative. What writing a ratio with two decimals does to 1-for-3 (0.33); 0.07 may be 1-for-14 or 1-for-15."""
WHOLE_CENT = 1e-3
"""Of a cent."""
IN_CENTS = 0.01
"""Of a cent. An adjusted close so near to whole cents is taken for one that was rounded to them."""


@dataclass(frozen=True)
class Reading:
    """What a ratio of two factors stands for.

    Attributes:
        split: new shares for old ones; None without a split.
        rest: what is left of the ratio beside the split: 1, or the share of the price that wasn't distributed.
        amount_usd: distributed, a new share; None where it is to be computed from `rest`.
    """

    split: Fraction | None
    rest: float = 1.0
    amount_usd: float | None = None


def read_ratio(ratio: float, error: float, close_before: float) -> Reading:
    """What a source's factor says happened.

    A usual split (2-for-1, 1-for-10, 3-for-2) may be rounded by half a cent. Any other one has to be met exactly, and
    the amount that a distribution would have been must be no whole number of cents: 3/4 is a dividend of 0.61 USD on a
    price of 2.44 rather than a split of 4 for 3. What raises the price was a reverse split, as nothing else does. A
    small dividend may hide in the factor of a split.

    Args:
        ratio: factor before the session / factor from it on.
        error: how far the true one may lie from it, relative.
        close_before: USD, of the session before.
    """
    if abs(math.log(ratio)) < SMALLEST_SPLIT:
        return Reading(None, ratio)
    exact = max(EXACT, error)
    rounded = min(ROUGHEST, max(exact, HALF_CENT_USD / (close_before * min(ratio, 1.0))))
    usual = _usual(ratio)
    if abs(ratio * float(usual) - 1) <= rounded and usual != 1:
        return Reading(usual)
    if ratio > 1:
        adjusted = close_before * ratio
        in_cents = abs(100 * adjusted - round(100 * adjusted)) <= IN_CENTS
        half_cent = min(ROUGHEST, HALF_CENT_USD / adjusted) if in_cents else 0.0
        return _reverse(ratio, max(exact, half_cent), close_before)
    other = _other(ratio)
    met = abs(ratio * float(other) - 1) <= exact <= ROUGH
    if met and not _cents(ratio, close_before):
        return Reading(other)
    beside = Fraction(math.floor(1 / ratio + exact))
    rest = ratio * float(beside)
    if beside > 1 and 1 - LARGEST_DIVIDEND_BESIDE <= rest < 1:
        return Reading(beside, rest)
    return Reading(None, ratio)


def _reverse(ratio: float, error: float, close_before: float) -> Reading:
    """A reverse split: to few new shares, or to one with cash beside it, before any ratio of large numbers.

    Nobody chooses 26-for-253; 1-for-10 with 0.50 USD a new share makes the same factor. The cash is a whole number of
    cents as far as the factor tells.
    """
    for new in range(2, FEW_NEW_SHARES + 1):
        old = round(ratio * new)
        if abs(ratio * new / old - 1) <= error:
            return Reading(Fraction(new, old))
    old = math.ceil(ratio * (1 - error))
    rest, cents = ratio / old, 100 * close_before * (old - ratio)
    told = abs(cents - round(cents)) <= max(WHOLE_CENT, 100 * close_before * ratio * error)
    if old > 1 and 1 - LARGEST_CASH_BESIDE <= rest < 1 and told and round(cents) > 0:
        return Reading(Fraction(1, old), rest, round(cents) / 100)
    return Reading(Fraction(1 / ratio).limit_denominator(LARGEST_DENOMINATOR))


def ratio_of_decimals(new_for_old: float) -> Fraction:
    """The split that a decimal number stands for: 0.0667 is 1-for-15, 1.3333 is 4-for-3, 1.046 is 523-for-500.

    Args:
        new_for_old: new shares for an old one, above zero; half a unit of its last decimal is taken for rounding.
    """
    last = int(Decimal(repr(new_for_old)).normalize().as_tuple().exponent)
    rounding = min(0.5 * 10.0 ** min(last, 0), ROUGHEST_DECIMAL * new_for_old)
    whole = Fraction(round(new_for_old)) if new_for_old >= 1 else Fraction(1, round(1 / new_for_old))
    for simple in (whole, Fraction(new_for_old).limit_denominator(LARGEST_TERM)):
        if simple > 0 and abs(float(simple) - new_for_old) <= rounding:
            return simple
    if new_for_old >= 1:
        return Fraction(new_for_old).limit_denominator(LARGEST_DENOMINATOR)
    return 1 / Fraction(1 / new_for_old).limit_denominator(LARGEST_DENOMINATOR)


def _usual(ratio: float) -> Fraction:
    """The nearest split of n for 1, 1 for n, or 3 for 2."""
    half = Fraction(3, 2)
    if abs(ratio * float(half) - 1) <= ROUGHEST:
        return half
    return Fraction(round(1 / ratio)) if ratio < 1 else Fraction(1, round(ratio))


def _other(ratio: float) -> Fraction:
    """The nearest stock dividend of some times five percent, or split of 4 or 5 for 3."""
    percent = Fraction(round(PERCENT_STEP / ratio), PERCENT_STEP)
    return min((percent, *THIRDS), key=lambda factor: abs(float(factor) * ratio - 1))


def _cents(ratio: float, close_before: float) -> bool:
    """Whether the distribution that this would be is a whole number of cents."""
    amount = 100 * close_before * (1 - ratio)
    return abs(amount - round(amount)) <= WHOLE_CENT


@dataclass(frozen=True)
class _Usual:
    """A kind of split and how often it is chosen."""

    shares: float
    share_of_splits: float


def _table(**rows: float) -> tuple[_Usual, ...]:
    return tuple(_Usual(float(name[1:].replace("_", ".")), share) for name, share in rows.items())


REVERSE = _table(
    n2=0.04, n2_5=0.01, n3=0.05, n4=0.10, n5=0.13, n6=0.03, n7=0.03, n8=0.07, n9=0.01, n10=0.27, n12=0.04, n14=0.01,
    n15=0.07, n20=0.07, n25=0.03, n30=0.02, n35=0.01, n40=0.01, n50=0.01,
)  # fmt: skip
"""Old shares for a new one. The shares are rough, from the reverse splits of US stocks in 2015 and 2016."""
FORWARD = (2, 3, 4, 5, 7, 10, 20, 50)
"""New shares for an old one that companies choose. 3-for-2 is left out: distributions look like it."""

REVERSE_SPREAD = 0.09
"""Standard deviation of log(open / previous close / ratio) on the day of a reverse split; the mean is a fall of 3 %."""
REVERSE_DRIFT = -0.03
SURE = 0.93
"""A reverse split is guessed where one ratio is this probable among the usual ones."""
REVERSE_DOLLARS = (0.3, 15.0)
"""Dollar volume over its median. It rises with a reverse split, but not as with news that multiply the price."""
LEAST_REVERSE = 2.4
"""Below it a rise may be news as well."""
LEAST_PRICE_USD = 0.1
"""Below it a tick is more than the difference between two ratios."""

FORWARD_DOLLARS = (0.3, 2.0)
FORWARD_TOLERANCE = 0.04
FORWARD_TOLERANCE_OF_MANY = 0.08
"""Of the logarithm, from 7-for-1 on: no other split is near, and no fall of that size passes with the usual dollars."""
MANY = 7
NEAR = 0.05
"""Of the logarithm."""
LEAST_FORWARD_PRICE_USD = 10.0
"""Companies split shares that have become dear."""


def guessed_split(ratio: float, dollars: float, close_before: float, gap: int = 1) -> Fraction | None:
    """New shares for old ones of the split that bars alone suggest; None where they suggest none, or several.

    The evidence is the ratio of the open to the close before, and dollar volume: a split leaves it about where it was,
    while the volume in shares follows the ratio. Such a split is a guess.

    Args:
        ratio: open / close before.
        dollars: dollar volume of the session / median of the sessions before; NaN where it isn't known.
        close_before: USD.
        gap: sessions from the bar before; what a price moves by itself grows with their root.
    """
    if ratio > 1:
        return _guessed_reverse(ratio, dollars, close_before)
    least, most = FORWARD_DOLLARS
    if not least <= dollars <= most or close_before < LEAST_FORWARD_PRICE_USD:
        return None
    shares = min(FORWARD, key=lambda usual: abs(math.log(ratio * usual)))
    tolerance = FORWARD_TOLERANCE_OF_MANY if shares >= MANY else FORWARD_TOLERANCE
    return Fraction(shares) if abs(math.log(ratio * shares)) <= tolerance * math.sqrt(gap) else None


def near_a_split(ratio: float) -> bool:
    """Whether a fall is about as large as that of a usual split: a distribution or a split on news may look so too."""
    shares = min(range(2, LARGEST_TERM), key=lambda whole: abs(math.log(ratio * whole)))
    return abs(math.log(ratio * shares)) <= NEAR


def _guessed_reverse(ratio: float, dollars: float, close_before: float) -> Fraction | None:
    least, most = REVERSE_DOLLARS
    if ratio < LEAST_REVERSE or not least <= dollars <= most or close_before < LEAST_PRICE_USD:
        return None
    if abs(math.log(ratio / REVERSE[-1].shares)) > REVERSE_SPREAD and ratio > REVERSE[-1].shares:
        return None
    weights = [
        usual.share_of_splits
        * math.exp(-0.5 * ((math.log(ratio / usual.shares) - REVERSE_DRIFT) / REVERSE_SPREAD) ** 2)
        for usual in REVERSE
    ]
    best = max(range(len(weights)), key=lambda at: weights[at])
    if weights[best] < SURE * sum(weights):
        return None
    return 1 / Fraction(REVERSE[best].shares).limit_denominator(2)

"""Units of money: prices are whole 1/10,000 USD, money is whole cents, quantities are whole shares."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

E4 = 10_000
"""Prices are integers in units of 1/10,000 USD (`price_usd_e4`)."""
Amount = TypeVar("Amount", int, npt.NDArray[np.int64])


def usd_e4(price_usd: float) -> int:
    """A price in 1/10,000 USD, rounded half to even."""
    return round(price_usd * E4)


def cents(price_usd_e4: Amount, shares: Amount) -> Amount:
    """The value of `shares` (none negative) at a price, in cents, rounded half up as a broker's statement does."""
    return (price_usd_e4 * shares + 50) // 100

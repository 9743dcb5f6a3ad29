"""Ratios of splits that a source writes as decimal numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest

from trading.gates.ratios import ratio_of_decimals


@pytest.mark.parametrize(
    ("written", "new", "old"),
    [(2.0, 2, 1), (1.5, 3, 2), (0.1, 1, 10), (0.0667, 1, 15), (0.066667, 1, 15), (0.3333, 1, 3), (0.33, 1, 3),
     (1.3333, 4, 3), (1.05, 21, 20), (1.046, 523, 500), (0.142857, 1, 7), (0.6667, 2, 3), (1 / 1500, 1, 1500),
     (0.000666667, 1, 1500), (0.00025, 1, 4000), (20.0, 20, 1), (1.25, 5, 4), (0.07, 7, 100), (50.0, 50, 1)],
)  # fmt: skip
def test_a_decimal_number_is_the_ratio_that_it_was_rounded_from(written: float, new: int, old: int) -> None:
    """Few decimals stand for small whole numbers where they can, else for what they are."""
    assert ratio_of_decimals(written) == Fraction(new, old)

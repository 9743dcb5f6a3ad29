"""The rule-based system: the baseline that the models must beat, and what decides when they are unsure.

Its weights are conventions of momentum trading, written down before any result was seen and never fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trading.arrays import Flags, Floats

BUY_AT = 0.6
"""A rule confidence from here on is a buy (the strategy's confidence threshold)."""


@dataclass(frozen=True)
class RuleInputs:
    """What the rules look at, one value per setup; NaN where unknown, and an unknown fact never counts in favour.

    Attributes:
        n_patterns: candlesticks and chart patterns in the setup's direction.
        trend: of the market: +1 with the setup, 0 sideways, -1 against it.
        rsi_14: above 50, in the setup's direction (-50 to 50).
        volume_ratio_20: volume against the mean of the 20 sessions before.
        sma_20: close beyond its 20-session average in the setup's direction, as a fraction.
        relative_strength_20: 20-session return less the universe's median, in the setup's direction.
        has_catalyst: 1 or 0.
    """

    n_patterns: Floats
    trend: Floats
    rsi_14: Floats
    volume_ratio_20: Floats
    sma_20: Floats
    relative_strength_20: Floats
    has_catalyst: Floats


def _conditions(inputs: RuleInputs) -> tuple[tuple[float, str, Flags], ...]:
    with np.errstate(invalid="ignore"):
        return (
            (0.20, "pattern", inputs.n_patterns > 0),
            (0.20, "with the market's trend", inputs.trend > 0),
            (0.20, "volume at least 1.5 times its average", inputs.volume_ratio_20 >= 1.5),  # noqa: PLR2004
            (0.10, "RSI not exhausted", np.abs(inputs.rsi_14) <= 20.0),  # noqa: PLR2004
            (0.10, "on the right side of the 20-session average", inputs.sma_20 > 0),
            (0.10, "stronger than the universe over 20 sessions", inputs.relative_strength_20 > 0),
            (0.10, "news catalyst", inputs.has_catalyst > 0),
        )


def confidence(inputs: RuleInputs) -> Floats:
    """The sum of the weights of the conditions that hold, 0 to 1, per setup."""
    total = np.zeros(len(inputs.n_patterns))
    for weight, _, holds in _conditions(inputs):
        total += weight * holds
    return np.round(total, 4)


def reasons(inputs: RuleInputs, row: int) -> list[str]:
    """In words, the conditions that hold for one setup."""
    return [words for _, words, holds in _conditions(inputs) if holds[row]]

"""The rule-based system: the baseline that the models must beat, and what decides when they are unsure.

Its weights are conventions of momentum trading, written down before any result was seen and never fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trading.arrays import Flags, Floats


@dataclass(frozen=True)
class RuleConstants:
    """The constants of the rules: what each condition counts, and from where on it holds.

    Attributes:
        pattern: what a pattern in the setup's direction counts; the next six likewise of their conditions.
        volume_ratio: volume against the mean of the 20 sessions before, from which on it counts.
        rsi_within: of 50; further off the RSI counts as exhausted.
        buy_at: a confidence from here on is a buy (the strategy's confidence threshold).
    """

    pattern: float = 0.20
    trend: float = 0.20
    volume: float = 0.20
    rsi: float = 0.10
    average: float = 0.10
    strength: float = 0.10
    catalyst: float = 0.10
    volume_ratio: float = 1.5
    rsi_within: float = 20.0
    buy_at: float = 0.6


RULES = RuleConstants()
"""Those that decide. `inplay rules tune` asks whether others would have done better."""
BUY_AT = RULES.buy_at
"""A rule confidence from here on is a buy."""


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


def _conditions(inputs: RuleInputs, constants: RuleConstants = RULES) -> tuple[tuple[float, str, Flags], ...]:
    at, within = constants.volume_ratio, constants.rsi_within
    with np.errstate(invalid="ignore"):
        return (
            (constants.pattern, "pattern", inputs.n_patterns > 0),
            (constants.trend, "with the market's trend", inputs.trend > 0),
            (constants.volume, f"volume at least {at:g} times its average", inputs.volume_ratio_20 >= at),
            (constants.rsi, "RSI not exhausted", np.abs(inputs.rsi_14) <= within),
            (constants.average, "on the right side of the 20-session average", inputs.sma_20 > 0),
            (constants.strength, "stronger than the universe over 20 sessions", inputs.relative_strength_20 > 0),
            (constants.catalyst, "news catalyst", inputs.has_catalyst > 0),
        )


def confidence(inputs: RuleInputs, constants: RuleConstants = RULES) -> Floats:
    """The sum of the weights of the conditions that hold, 0 to 1, per setup."""
    total = np.zeros(len(inputs.n_patterns))
    for weight, _, holds in _conditions(inputs, constants):
        total += weight * holds
    return np.round(total, 4)


def reasons(inputs: RuleInputs, row: int) -> list[str]:
    """In words, the conditions that hold for one setup."""
    return [words for _, words, holds in _conditions(inputs) if holds[row]]

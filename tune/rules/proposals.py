"""Constants of the rules to be tried: today's first, then as many as are wanted, in an order that the seed gives.

They don't depend on what earlier ones earned. A search that is guided by results would have to be run anew in each
fold, or what it proposes would know what the fold is judged on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np

from trading.views.rule_system import RULES, RuleConstants

WEIGHTS = ("pattern", "trend", "volume", "rsi", "average", "strength", "catalyst")
"""The constants that add up to one."""
STEP = 0.05
"""Of weights and of the confidence that is a buy: finer ones would change next to no decision."""
AROUND = 10.0
"""How close weights are drawn to today's: the sum of the parameters of the Dirichlet distribution, beside one each."""
VOLUME_RATIOS = tuple(np.arange(1.0, 3.01, 0.25).round(2).tolist())
RSI_WITHIN = (10.0, 15.0, 20.0, 25.0, 30.0, 50.0)
BUY_AT = tuple(np.arange(0.5, 0.81, STEP).round(2).tolist())
"""From 0.5 on a confidence doesn't size the position (`trading.risk.sizing`), so the choice alone is compared."""
MISSES = 1_000
"""Draws in a row that were proposed before, after which no others are looked for."""


def proposals(seed: int, today: RuleConstants = RULES) -> Iterator[RuleConstants]:
    """Different constants without end, or until the space is used up; the same for the same seed."""
    rng = np.random.default_rng(seed)
    seen, misses = {today}, 0
    yield today
    while misses < MISSES:
        one = _drawn(rng, today)
        misses = misses + 1 if one in seen else 0
        if not misses:
            seen.add(one)
            yield one


def _drawn(rng: np.random.Generator, today: RuleConstants) -> RuleConstants:
    told = asdict(today)
    around = 1.0 + AROUND * np.array([told[name] for name in WEIGHTS])
    parts = round(1.0 / STEP)
    steps = rng.multinomial(parts, rng.dirichlet(around))
    weights = {name: round(int(count) * STEP, 2) for name, count in zip(WEIGHTS, steps, strict=True)}
    at = {
        "volume_ratio": float(rng.choice(VOLUME_RATIOS)),
        "rsi_within": float(rng.choice(RSI_WITHIN)),
        "buy_at": float(rng.choice(BUY_AT)),
    }
    return RuleConstants(**weights, **at)


def words(constants: RuleConstants) -> str:
    """In one line: the weights in hundredths, then where each condition begins to hold."""
    told = asdict(constants)
    weights = " ".join(f"{name} {round(100 * told[name])}" for name in WEIGHTS)
    return (
        f"{weights}, volume ratio {constants.volume_ratio:g}, RSI within {constants.rsi_within:g}, "
        f"buy at {constants.buy_at:.2f}"
    )

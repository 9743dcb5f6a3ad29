"""The always-valid test: false promotions in simulation, power, and a second implementation in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.watching import KINDS, RUNS, independent, promoted_at
from trading.watching.promotion import PromotionRules
from trading.watching.sequential import SHARES, TestRules, block_means, first_above, interval

RULES = TestRules()


@pytest.mark.parametrize("kind", KINDS)
def test_no_difference_is_promoted_in_at_most_five_of_a_hundred(kind: str) -> None:
    """10,000 runs of 500 sessions with a look at every one."""
    share = np.isfinite(promoted_at(KINDS[kind](np.random.default_rng(7), RUNS), PromotionRules())).mean()
    assert share <= RULES.alpha


def test_identical_models_are_never_promoted() -> None:
    """A difference of exactly zero leaves the capital where it was."""
    told = interval(np.arange(400), np.zeros(400), RULES)
    assert (told.mean, told.blocks) == (0.0, 76)
    assert told.low < 0 < told.high
    assert first_above(np.zeros(400), RULES) == -1


def test_a_real_difference_is_found_in_the_sessions_stated() -> None:
    """0.3 standard deviations a session: half of the runs decide within what the rules say beforehand."""
    at = promoted_at(independent(np.random.default_rng(8), 2_000) + 0.3, PromotionRules())
    assert np.median(at) <= PromotionRules().expected_sessions
    assert np.isfinite(at).mean() >= 0.9


def _by_hand(values: list[float], mean: float) -> int:
    """The same test in plain Python: bets multiplied out, no logarithm, no array; the block that decides, or -1."""
    blocks = [sum(values[at : at + 5]) / 5 for at in range(0, len(values) - 4, 5)]
    bound = max(2.0 * math.sqrt(sum(block**2 for block in blocks[:4]) / 4), 1e-4)
    capital = {parity: [1.0] * len(SHARES) for parity in (0, 1)}
    for number, block in enumerate(blocks[4:]):
        purse = capital[number % 2]
        for at, share in enumerate(SHARES):
            purse[at] *= 1 + share / (bound + mean) * (min(max(block, -bound), bound) - mean)
        if sum(purse) / len(purse) >= 2 / 0.05:
            return number + 4
    return -1


@pytest.mark.parametrize("effect", [-0.3, 0.0, 0.2, 0.4, 1.0])
def test_a_second_implementation_agrees(effect: float) -> None:
    """Same verdict at the same block, for the claim of no difference and for another one."""
    rng = np.random.default_rng(int(10 * effect) + 50)
    for _ in range(30):
        values = rng.standard_t(4, 300) + effect
        blocks = block_means(np.arange(300), values, RULES)
        for mean in (0.0, 0.25):
            assert first_above(blocks, RULES, mean) == _by_hand(values.tolist(), mean)


def test_the_interval_holds_what_is_not_refused() -> None:
    """Its low end is where the test begins to refuse, and it is symmetrical."""
    values = np.random.default_rng(3).normal(0.5, 1.0, 400)
    told = interval(np.arange(400), values, RULES)
    blocks = block_means(np.arange(400), values, RULES)
    assert first_above(blocks, RULES, told.low - 1e-6) >= 0 > first_above(blocks, RULES, told.low + 1e-6)
    mirrored = interval(np.arange(400), -values, RULES)
    assert (mirrored.low, mirrored.high) == pytest.approx((-told.high, -told.low))
    assert told.low > 0


def test_gaps_shift_no_block_and_thin_blocks_are_left_out() -> None:
    """Positions count the exchange's sessions, so a gap doesn't bring far sessions together."""
    position = np.array([10, 11, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24, 25])
    values = np.array([1.0, 1, 1, 1, 1, 9, 9, 2, 2, 2, np.nan, np.nan, 7])
    assert block_means(position, values, RULES).tolist() == pytest.approx([1.0, np.nan, 2.0], nan_ok=True)


@pytest.mark.parametrize("values", [[], [np.nan] * 30, [0.1] * 19])
def test_too_few_sessions_have_no_interval(values: list[float]) -> None:
    """No session, none with a figure, and fewer than set the bound."""
    told = interval(np.arange(len(values)), np.array(values), RULES)
    assert np.isnan(told.low)
    assert np.isnan(told.high)
    assert told.blocks == 0


@pytest.mark.parametrize("sessions", range(1, 45))
def test_every_length_has_an_answer(sessions: int) -> None:
    """From the first session on, through the first block that is tested, which has no neighbour yet."""
    told = interval(np.arange(sessions), np.random.default_rng(sessions).normal(size=sessions), RULES)
    assert told.blocks == max(0, sessions // 5 - 4)
    assert np.isfinite(told.low) == (told.blocks > 0)
    blocks = block_means(np.arange(sessions), np.ones(sessions), RULES)
    assert first_above(blocks, RULES) == -1 or sessions > 20

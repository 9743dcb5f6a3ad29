"""Which trials count for a span, and how their Sharpe ratios spread."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.trading.trials.test_chain_of_trials import trial
from trading.performance.attempts import MIN_MEASURED
from trading.trials.counting import attempts_on
from trading.trials.looks import looks_at
from trading.trials.trial import Trial


def noise(count: int, *, overlap: int = 0, seed: int = 3) -> list[Trial]:
    """Different trials on the same twenty sessions."""
    rng = np.random.default_rng(seed)
    return [trial(rng.normal(0, 0.01, 20).tolist(), label=str(k), overlap=overlap) for k in range(count)]


def test_a_repeat_counts_as_no_attempt() -> None:
    """Three different ones, two of them said again, under another name too."""
    three = noise(3)
    again = trial(three[0].returns.tolist(), label="the same by another name")
    found = attempts_on([*three, three[1], again], three[0].sessions)
    assert (found.count, found.repeats, found.measured, found.sharpe_variance) == (3, 2, 3, None)


def test_one_session_in_common_is_enough_and_none_is_not() -> None:
    """The last of the judged sessions, or the one after it; a trial that jumps over the span doesn't count."""
    mine = trial([0.01, 0.02, -0.01], first="2020-01-08")
    touching, apart = trial([0.03, 0.0], first="2020-01-10"), trial([0.03, 0.0], first="2020-01-11")
    around = Trial(
        "search", "around", "", "", "", np.array(["2020-01-07", "2020-01-11"], dtype="datetime64[D]"),
        np.array([0.1, 0.2]), mine.at,
    )  # fmt: skip
    assert attempts_on([mine, touching, apart, around], mine.sessions).count == 2


def test_the_spread_is_measured_from_enough_attempts_of_one_kind() -> None:
    """Nine are too few, ten are measured; those of another kind of series count and aren't measured."""
    nine, of_setups = noise(MIN_MEASURED - 1), noise(30, overlap=5, seed=4)
    few = attempts_on([*nine, *of_setups], nine[0].sessions)
    assert (few.count, few.measured, few.sharpe_variance) == (39, 9, None)
    ten = [*nine, *noise(1, seed=5)]
    found = attempts_on([*ten, *of_setups], ten[0].sessions, elsewhere=4)
    ratios = [one.sharpe for one in ten]
    mean = sum(ratios) / 10  # type: ignore[arg-type]
    by_hand = sum((ratio - mean) ** 2 for ratio in ratios) / 9  # type: ignore[operator]
    assert found.sharpe_variance == pytest.approx(by_hand)
    assert (found.count, found.elsewhere) == (44, 4)
    assert "44 attempts on sessions of this span, 4 of them elsewhere" in found.words


def test_looks_say_how_often() -> None:
    """Different attempts on any session; of no session none."""
    five = noise(5)
    assert looks_at([*five, five[0]], (), five[0].sessions).attempts == 5
    assert looks_at(five, (), five[0].sessions[:0]).attempts == 0
    assert "looked at once" in looks_at(five[:1], (), five[0].sessions).words

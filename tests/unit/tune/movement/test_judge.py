"""Accuracy and Matthews' correlation, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import matthews_corrcoef

from tune.movement.judge import mcc, scored

DAYS = np.repeat(np.arange("2015-08-03", "2015-09-12", dtype="datetime64[D]"), 30)


@pytest.mark.parametrize("seed", range(4))
def test_the_figures_are_scikit_learns(seed: int) -> None:
    """Of each seed and in the mean."""
    rng = np.random.default_rng(seed)
    up = rng.random(len(DAYS)) < 0.45
    calls = np.array([np.where(rng.random(len(up)) < right, up, ~up) for right in (0.5, 0.6, 0.8)])
    found = scored(calls, up, DAYS, seed=0)
    expected = [(float((call == up).mean()), float(matthews_corrcoef(up, call))) for call in calls]
    assert np.array(found.per_seed) == pytest.approx(np.array(expected))
    assert found.mcc.value == pytest.approx(np.mean([one for _, one in expected]))
    assert found.mcc.low is not None
    assert found.mcc.high is not None
    assert found.mcc.low < found.mcc.value < found.mcc.high


def test_calls_that_are_all_alike_have_no_correlation() -> None:
    """Always up: its accuracy is the share that rose, its MCC 0 as in scikit-learn."""
    up = np.arange(len(DAYS)) % 3 == 0
    found = scored(np.ones((1, len(up)), dtype=np.bool_), up, DAYS, seed=0)
    assert (found.accuracy.value, found.mcc.value) == (pytest.approx(1 / 3), 0.0)


def test_a_confusion_by_hand() -> None:
    """TP 6, FP 1, FN 2, TN 3: (6*3 - 1*2) / sqrt(7*8*4*5)."""
    assert mcc(np.array([6.0, 1.0, 2.0, 3.0])) == pytest.approx(16 / np.sqrt(1120))


def test_whole_days_are_drawn() -> None:
    """Where all stocks of a day share its luck, the interval is as wide as days are few, not as samples are many."""
    rng = np.random.default_rng(5)
    right = np.repeat(rng.random(40) < 0.5, 30)
    up = rng.random(len(DAYS)) < 0.5
    found = scored(np.where(right, up, ~up)[None, :], up, DAYS, seed=0).accuracy
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 0.25  # 2 * 1.96 * sqrt(0.25 / 40) = 0.31; by samples it would be 0.06

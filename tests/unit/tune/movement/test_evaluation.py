"""A benchmark from files to figures: a planted signal is found, noise isn't called skill."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.movements import prices, sessions, written
from trading.errors import BadDataError
from tune.movement.evaluation import evaluated
from tune.movement.grid import read_prices
from tune.movement.judge import scored
from tune.movement.models import PARAMS, Choice, boosted
from tune.movement.protocol import ACL18
from tune.movement.samples import samples_of


def test_a_planted_signal_is_found(tmp_path: Path) -> None:
    """Moves that go on with a probability of 0.8 give an accuracy near it, and an interval above a half."""
    done = evaluated(ACL18, written(prices(follows=0.8), tmp_path / "p.parquet"), None, None, 2)
    found = done.scores["xgboost"]
    assert (done.part, done.samples) == ("dev", 43 * 12)
    assert found.accuracy.value == pytest.approx(0.8, abs=0.06)
    assert found.mcc.low is not None
    assert found.mcc.low > 0.3
    assert list(done.scores) == ["xgboost", "logistic regression", "always up", "always down"]
    assert done.scores["always up"].accuracy.value == pytest.approx(done.up_share)


@pytest.mark.parametrize("seed", [3, 4])
def test_moves_without_memory_have_no_correlation(tmp_path: Path, seed: int) -> None:
    """A coin: near 0, and the interval holds it."""
    done = evaluated(ACL18, written(prices(follows=0.5, seed=seed), tmp_path / "p.parquet"), None, "dev", 2)
    for name in ("xgboost", "logistic regression"):
        found = done.scores[name].mcc
        assert found.value == pytest.approx(0.0, abs=0.15), (seed, name)
        assert found.low is not None
        assert found.high is not None
        assert found.low < 0 < found.high, (seed, name)


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_labels_teach_nothing(tmp_path: Path, seed: int) -> None:
    """The same planted signal, learned from labels that were dealt anew: a correlation near 0."""
    every = samples_of(read_prices(written(prices(follows=0.8), tmp_path / "p.parquet")), None, ACL18)
    train, dev = (every.take(ACL18.part(every.session, part)) for part in ("train", "dev"))
    shuffled = replace(train, up=np.random.default_rng(seed).permutation(train.up))
    found = {}
    for name, learned in (("true", train), ("shuffled", shuffled)):
        calls = boosted(Choice(("own",), PARAMS[0], 0.0), learned, dev, seed=seed) > 0.5
        found[name] = scored(calls[None, :], dev.up > 0, dev.session, seed=0).mcc.value
    assert found["true"] is not None
    assert found["true"] > 0.4, seed
    assert found["shuffled"] == pytest.approx(0.0, abs=0.25), seed  # 516 samples: a standard error of 0.05 to 0.1


def test_the_test_part_is_judged_where_the_prices_reach_it(tmp_path: Path) -> None:
    """Unless dev is asked for; models learn from the training part either way."""
    path = written(prices(follows=0.8, days=sessions(end="2015-11-01")), tmp_path / "p.parquet")
    test, dev = evaluated(ACL18, path, None, None, 1), evaluated(ACL18, path, None, "dev", 1)
    assert (test.part, test.why, dev.part, dev.why) == ("test", "the prices reach it", "dev", "as asked")
    assert str(test.sessions[0]) == "2015-10-01"
    assert test.training == dev.training == int((sessions("2014-01-01", "2015-08-01").size) * 12)


def test_same_files_and_seeds_give_the_same_figures(tmp_path: Path) -> None:
    """Twice."""
    path = written(prices(follows=0.6), tmp_path / "p.parquet")
    first, second = (evaluated(ACL18, path, None, None, 2).scores["xgboost"] for _ in range(2))
    assert first == second


def test_a_part_without_samples_is_refused(tmp_path: Path) -> None:
    """Asked for the test part, or with no training part."""
    path = written(prices(follows=0.6), tmp_path / "p.parquet")
    with pytest.raises(BadDataError, match="0 samples of the test part of ACL18"):
        evaluated(ACL18, path, None, "test", 1)
    late = written(prices(follows=0.6, days=np.asarray(sessions("2015-08-03"))), tmp_path / "q.parquet")
    with pytest.raises(BadDataError, match="0 samples of the train part"):
        evaluated(ACL18, late, None, None, 1)

"""What predictions would have returned session by session, and the bars that models are held against."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from tests.fakes.planted import SIGNAL, planted
from trading.errors import ConfigurationError, ModelError
from trading.trials.sealing import Bar
from tune.judgement.bars import METRICS, judged, require_possible
from tune.judgement.trial_returns import session_returns
from tune.judgement.trials import OVERLAP_SESSIONS, record_trials, tried

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_the_fifth_in_play_that_is_ranked_highest_by_hand() -> None:
    """Two sessions of six and one of none in play: two of six count (a fifth rounded up), of equals the earlier."""
    data = planted(1, sessions=3, per_session=6)
    returns = np.array([1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60, 7, 7, 7, 7, 7, 7]) / 100
    in_play = np.array([True] * 12 + [False] * 6)
    data = replace(data, net_return=returns, in_play=in_play)
    predicted = np.array([0.9, 0.1, 0.8, 0.2, 0.2, 0.2, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 9, 9, 9, 9, 9, 9])
    sessions, found = session_returns(predicted, data)
    assert sessions.tolist() == np.unique(data.session).tolist()
    np.testing.assert_allclose(found, [(0.01 + 0.03) / 2, (0.1 + 0.2) / 2, 0.0])


@pytest.mark.parametrize("in_play", [1, 4, 5, 6, 10, 11])
def test_a_fifth_is_rounded_up(in_play: int) -> None:
    """One of one to five, two of six to ten, three of eleven."""
    data = planted(2, sessions=1, per_session=12)
    data = replace(data, in_play=np.arange(12) < in_play, net_return=np.arange(12, dtype=np.float64))
    _, (found,) = session_returns(-np.arange(12, dtype=np.float64), data)
    assert found == pytest.approx(np.arange(math.ceil(in_play / 5)).mean())


def test_predictions_that_do_not_fit_are_refused() -> None:
    """One too few, and one that is no number."""
    data = planted(3, sessions=2, per_session=4)
    with pytest.raises(ModelError, match="rank"):
        session_returns(np.zeros(7), data)
    with pytest.raises(ModelError, match="rank"):
        session_returns(np.full(8, np.nan), data)


def test_a_trial_of_folds_is_their_sessions_in_order() -> None:
    """Two parts in a row, marked as outcomes that overlap."""
    data = planted(4, sessions=10, per_session=8)
    parts = [data.take(np.flatnonzero(data.session < data.session[40])),
             data.take(np.flatnonzero(data.session >= data.session[40]))]  # fmt: skip
    one = tried("search", "x", {"a": 1}, [(part.matrix[:, SIGNAL].astype(float), part) for part in parts], data.sha256)
    assert one.sessions.tolist() == np.unique(data.session).tolist()
    kept: list[Any] = []

    class Ledger:
        def add(self, *trials: object) -> None:
            kept.extend(trials)

    record_trials(Ledger(), [one], code_version="1", at=NOON)  # type: ignore[arg-type]
    assert (kept[0].overlap_sessions, kept[0].kind, kept[0].at) == (OVERLAP_SESSIONS, "search", NOON)


def test_skill_reaches_a_bar_and_noise_misses_it() -> None:
    """By every metric, on setups with a planted signal and on the same with strengths that know nothing."""
    data = planted(5, sessions=60, per_session=40, skill=0.4)
    knows = 0.5 + 0.4 * np.sign(data.matrix[:, SIGNAL].astype(np.float64))
    guesses = np.random.default_rng(6).uniform(size=len(data))
    for metric in METRICS:
        skilled, blind = (judged(Bar(metric, 0.0, "m"), strength, data).value for strength in (knows, guesses))
        assert skilled is not None
        assert blind is not None
        assert judged(Bar(metric, (skilled + blind) / 2, "m"), knows, data).passed
        assert not judged(Bar(metric, (skilled + blind) / 2, "m"), guesses, data).passed
    found = judged(Bar("auc", 0.5, "m"), knows, data)
    assert (found.setups, found.sessions) == (2_400, 60)


def test_a_figure_that_is_not_defined_misses() -> None:
    """All setups succeeded: there is nothing to rank."""
    data = planted(7, sessions=3, per_session=4)
    data = replace(data, success=np.ones(len(data)))
    found = judged(Bar("auc", 0.0001, "m"), np.linspace(0, 1, 12), data)
    assert (found.value, found.passed) == (None, False)


@pytest.mark.parametrize(
    ("metric", "at_least"),
    [("f1", 0.5), ("auc", 55.0), ("auc", 0.0), ("auc", math.nan), ("accuracy", -0.1), ("sharpe", math.inf)],
)
def test_a_bar_that_nobody_could_reach_or_miss_is_refused(metric: str, at_least: float) -> None:
    """An unknown metric, per cent in place of a fraction, nothing at all, no number."""
    with pytest.raises(ConfigurationError, match="Nothing was changed"):
        require_possible(Bar(metric, at_least, "m"))

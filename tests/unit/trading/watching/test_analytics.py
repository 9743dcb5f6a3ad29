"""The daily analytics: values by hand, intervals by sessions, and "not enough data yet"."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from trading.watching.analytics import ANALYTICS, label_drift, of_version, ratio
from trading.watching.marks import Scored, SessionMarks, column, marks_of, positions

FIRST = date(2024, 1, 1)


def _session(at: int, n: int = 40) -> tuple[Scored, SessionMarks]:
    rng = np.random.default_rng(at)
    won = (rng.random(n) < 0.5).astype(float)
    told = Scored(
        probability=rng.uniform(0.2, 0.8, n), expected_return=rng.normal(0, 0.02, n), in_play=np.arange(n) < 10,
        chosen=np.arange(n) < 4, by_rules=(np.arange(n) >= 2) & (np.arange(n) < 5), won=won,
        net_return=np.where(won > 0, 0.03, -0.02), catalyst=np.where(np.arange(n) < 20, rng.random(n), np.nan),
    )  # fmt: skip
    return told, marks_of(FIRST + timedelta(days=at), "a", told)


def test_the_marks_of_a_session_by_hand() -> None:
    """Three setups: one open, one unanswered, and one that says 0.8 of a winner; bounds on the log loss."""
    nan = float("nan")
    told = Scored(
        probability=np.array([0.8, 0.4, nan, 0.3, 1.0]), expected_return=np.array([0.01, 0.02, 0.0, -0.02, 0.0]),
        in_play=np.array([True, True, True, False, True]), chosen=np.array([True, False, False, False, True]),
        by_rules=np.array([False, True, True, False, False]), won=np.array([1.0, nan, 1.0, 0.0, 0.0]),
        net_return=np.array([0.05, nan, 0.05, -0.03, -0.03]), catalyst=np.full(5, nan),
    )  # fmt: skip
    found = marks_of(FIRST, "a", told)
    assert (found.setups, found.unanswered, found.open, found.candidates) == (3, 1, 1, 2)
    assert found.log_loss == pytest.approx(-(np.log(0.8) + np.log(0.7) + np.log(0.001)) / 3)
    assert found.brier == pytest.approx((0.04 + 0.09 + 1.0) / 3)
    assert found.bias == pytest.approx((0.8 + 0.3 + 1.0 - 1.0) / 3)
    assert found.squared_error == pytest.approx((0.04**2 + 0.01**2 + 0.03**2) / 3)
    assert (found.calls, found.calls_won, found.rules_calls, found.rules_return) == (2, 1, 0, 0.0)
    assert found.calls_return == pytest.approx(0.02)
    assert (found.claimed, found.told) == pytest.approx(
        (np.var([0.8, 0.3, 1.0]), np.cov([0.8, 0.3, 1.0], [1, 0, 0], ddof=0)[0, 1])
    )
    assert np.isnan(found.catalyst_correlation)


def test_a_session_without_an_outcome_has_no_figure() -> None:
    """All open: counted, and NaN elsewhere."""
    told, _ = _session(1)
    nothing = np.full(40, np.nan)
    found = marks_of(FIRST, "a", Scored(**{**told.__dict__, "won": nothing, "net_return": nothing}))
    assert (found.setups, found.open) == (0, 40)
    assert np.isnan([found.log_loss, found.brier, found.claimed, found.told]).all()


def test_the_catalyst_correlation_is_spearmans() -> None:
    """Against scipy on the setups that have one."""
    told, found = _session(7)
    there = np.isfinite(told.catalyst)
    assert found.catalyst_correlation == pytest.approx(stats.spearmanr(told.catalyst[there], told.net_return[there])[0])


def test_a_ratio_by_hand_and_its_interval_by_sessions() -> None:
    """Value by arithmetic; the interval is that of a clustered ratio without neighbours when they are unlike."""
    below = np.array([10.0, 20.0, 10.0, 0.0, 20.0, 10.0, 20.0, 10.0, 20.0, 10.0, 20.0])
    above = np.array([5.0, 10.0, 6.0, 0.0, 9.0, 5.0, 12.0, 4.0, 10.0, 5.0, 10.0])
    told = ratio("pattern_accuracy_30d", above, below)
    assert told.value == pytest.approx(76 / 150)
    assert told.sessions == 10
    assert told.low is not None
    assert told.high is not None
    assert told.low < 76 / 150 < told.high
    alone = np.sqrt(((above - 76 / 150 * below) ** 2).sum() * 10 / 9) / 150 * stats.t.ppf(0.975, 9)
    assert (told.high - told.low) / 2 >= alone - 1e-12
    few = ratio("pattern_accuracy_30d", above[:8], below[:8], "hammer")
    assert (few.value, few.part, few.missing) == (None, "hammer", "not enough data yet: 7 of at least 10 sessions")


def test_every_figure_of_a_version_has_a_definition_and_no_version_has_all_at_once() -> None:
    """With a year all have a value, with none all say what is missing."""
    year = [_session(at)[1] for at in range(130)]
    trends = {"bull": np.ones(130), "bear": np.zeros(130)}
    found = {(one.name, one.part): one for one in of_version(year, trends)}
    assert {name for name, _ in found} <= set(ANALYTICS)
    assert found["hit_rate", "bear"].value is None
    rest = [one for key, one in found.items() if key != ("hit_rate", "bear")]
    assert all(one.value is not None and one.low is not None for one in rest)
    expected = np.sqrt(np.mean([one.squared_error for one in year[-30:]]))
    assert found["outcome_prediction_rmse", ""].value == pytest.approx(expected)
    assert all(one.value is None and one.missing for one in of_version([], {}))


def test_label_drift_is_the_difference_of_shares() -> None:
    """The last twenty sessions against the hundred before."""
    year = [_session(at)[1] for at in range(130)]
    share = column(year, "made_money")[-120:]
    told = label_drift(year)
    assert told.value == pytest.approx(share[-20:].mean() - share[:-20].mean())
    assert label_drift(year[:59]).missing == "not enough data yet: 59 of at least 60 sessions"
    assert positions(year[:3], np.datetime64(FIRST) + np.arange(5)).tolist() == [0, 1, 2]


def test_the_interval_of_a_share_ends_at_its_bounds() -> None:
    """Nearly all of few sessions made money: no interval beyond one hundred per cent, nor below none."""
    below = np.full(12, 5.0)
    high = ratio("pattern_accuracy_30d", np.array([5.0] * 11 + [0.0]), below)
    low = ratio("pattern_accuracy_30d", np.array([0.0] * 11 + [5.0]), below)
    assert (high.high, low.low) == (1.0, 0.0)
    assert ratio("catalyst_correlation", np.array([-0.9] * 11 + [0.9] * 11), np.ones(22)).low is not None

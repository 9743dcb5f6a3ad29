"""The figures of a part against scikit-learn and arithmetic, and what is too little."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from tests.fakes.planted import planted
from tests.fakes.said import said_of
from trading.views.rule_system import BUY_AT
from tune.judgement.report.columns import columns_of
from tune.judgement.report.figures import Figures, figures_of
from tune.judgement.trial_returns import PART

DATA = planted(21, sessions=60, skill=0.2)
STRENGTH = np.round(np.random.default_rng(21).uniform(0.2, 0.8, len(DATA)) + 0.1 * DATA.success, 2)
ALL = np.ones(len(DATA), dtype=bool)


def figures(rows: np.ndarray = ALL) -> Figures:
    """Of some rows of the fixed setups."""
    return figures_of(columns_of(said_of(DATA, STRENGTH)), DATA.session, rows, seed=1)


def test_the_figures_are_those_of_scikit_learn() -> None:
    """Accuracy, precision, recall, MCC, AUC, Brier score and log loss, each within its interval."""
    won, calls = DATA.success > 0, STRENGTH > 0.5
    expected = {
        "accuracy": metrics.accuracy_score(won, calls), "precision": metrics.precision_score(won, calls),
        "recall": metrics.recall_score(won, calls), "mcc": metrics.matthews_corrcoef(won, calls),
        "auc": metrics.roc_auc_score(won, STRENGTH), "brier": metrics.brier_score_loss(won, STRENGTH),
        "log_loss": metrics.log_loss(won, STRENGTH),
        "rule": metrics.accuracy_score(won, DATA.rule_confidence >= BUY_AT),
    }  # fmt: skip
    for name, value in expected.items():
        got = figures().estimates[name]
        assert got.value == pytest.approx(value, abs=1e-9), name
        assert got.low < got.value < got.high, name  # type: ignore[operator]


def test_a_trade_is_one_of_the_fifth_ranked_highest_in_its_session() -> None:
    """Chosen one by one: of ten in play two, by strength, of equals the earlier; their mean return after costs."""
    earned = []
    for day in np.unique(DATA.session):
        there = np.flatnonzero((DATA.session == day) & DATA.in_play)
        best = sorted(there.tolist(), key=lambda row: (-STRENGTH[row], row))[: -(-len(there) // PART)]
        earned += [DATA.net_return[row] for row in best]
    assert figures().trades == len(earned)
    assert figures().estimates["profit"].value == pytest.approx(np.mean(earned))


def test_the_interval_of_the_auc_is_about_that_of_exact_resamples() -> None:
    """The linear one against the AUC sorted anew in each of 300 resamples of blocks: the ends within 0.01."""
    from tests.unit.tune.judgement.test_evaluate import views  # noqa: PLC0415
    from tune.judgement.evaluate import evaluate  # noqa: PLC0415

    exact, got = evaluate(views(STRENGTH), DATA, 0.45, seed=1).ensemble_auc, figures().estimates["auc"]
    assert (got.low, got.high) == (pytest.approx(exact.low, abs=0.01), pytest.approx(exact.high, abs=0.01))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (np.arange(len(DATA)) < 90, "90 of at least 100 setups"),
        (np.arange(len(DATA)) < 19 * 40, "19 of at least 20 sessions"),
        (DATA.success == 0, "0 of at least 20 successes"),
        (DATA.success == 1, "0 of at least 20 failures"),
    ],
)
def test_too_little_has_no_figure_and_says_what_is_missing(rows: np.ndarray, words: str) -> None:
    """Few setups, few sessions, one class: no estimate, no test."""
    got = figures(rows)
    assert got.missing.startswith("not enough data yet: ")
    assert words in got.missing
    assert (got.estimates, got.setups) == ({}, int(rows.sum()))
    assert np.isnan(got.chance)


def test_figures_of_a_handful_of_calls_are_left_out() -> None:
    """No call of the ensemble: precision, false positives and MCC have no value, and the others do."""
    quiet = figures_of(columns_of(said_of(DATA, STRENGTH / 4)), DATA.session, ALL, seed=1)
    assert quiet.calls == 0
    for name in ("precision", "false_positives", "false_positives_less_rules", "mcc"):
        assert quiet.estimates[name].value is None
    assert quiet.estimates["auc"].value == pytest.approx(metrics.roc_auc_score(DATA.success, STRENGTH))


def test_noise_is_rarely_told_from_chance_and_skill_always() -> None:
    """At 5 % of 100 seeds of noise at most 12 are called (more: 0.4 % by the binomial law)."""
    chances = []
    for seed in range(100):
        data = planted(seed, sessions=40, per_session=20)
        said = said_of(data, np.random.default_rng(seed).uniform(size=len(data)))
        rows = np.ones(len(data), dtype=bool)
        chances.append(figures_of(columns_of(said), data.session, rows, seed=1).chance)
    assert sum(chance <= 0.05 for chance in chances) <= 12
    assert figures().chance < 1e-6

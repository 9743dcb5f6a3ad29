"""Constants of the rules on planted data: a real gain is found, luck isn't, and no fold reaches its own choice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from tests.fakes.planted import planted
from trading.arrays import Floats
from trading.errors import ModelError
from trading.trials.trial import Trial
from trading.views.rule_system import RULES, confidence
from trading.views.setups import FEATURES
from tune.judgement.trials import OVERLAP_SESSIONS
from tune.rules.earned import Candidates, RuleTrials, tried_constants
from tune.rules.folds import LEAST_CALLED, best_of, walked
from tune.rules.verdict import RuleVerdict, judged_rules, tried_of
from tune.sets.training_set import TrainingSet

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def setups(seed: int, *, sessions: int = 120, edge: float = 0.0) -> TrainingSet:
    """Candidates of which those with a volume of at least 2.5 times the average earn `edge` more, others as much less.

    Today's rules see any volume from 1.5 on alike, so they can't tell these apart.
    """
    data, rng = planted(seed, sessions=sessions, per_session=8), np.random.default_rng(seed)
    matrix = data.matrix.copy()
    ratio = rng.uniform(1.5, 3.5, len(data))
    drawn: dict[str, Floats] = {
        "volume_ratio_20": ratio,
        "n_same_direction_patterns": rng.integers(0, 2, len(data)).astype(np.float64),
        "market_trend": np.ones(len(data)),
        "rsi_14": rng.uniform(-50, 50, len(data)),
        "has_catalyst": np.zeros(len(data)),
    }
    for name, values in drawn.items():
        matrix[:, FEATURES.index(name)] = values
    returns = rng.normal(0, 0.02, len(data)) + edge * np.where(ratio >= 2.5, 1.0, -1.0)
    return replace(data, matrix=matrix, net_return=returns, in_play=np.ones(len(data), dtype=np.bool_))


def ledger_of(candidates: Candidates, trials: RuleTrials, seed: int = 7) -> list[Trial]:
    """The trials as the ledger would give them back."""
    return [
        Trial(
            kind=one.kind, label=one.label, config_sha256="", code_version="1", data_sha256=one.data_sha256,
            sessions=one.sessions, returns=one.returns, at=AT, overlap_sessions=OVERLAP_SESSIONS,
        )
        for one in tried_of(candidates, trials, walked(candidates, trials), seed)
    ]  # fmt: skip


def verdict_of(data: TrainingSet, *, seed: int = 7, most: int = 60) -> RuleVerdict:
    """What the command would say."""
    candidates = Candidates.of(data)
    trials = tried_constants(candidates, seed=seed, most=most)
    return judged_rules(candidates, trials, walked(candidates, trials), ledger_of(candidates, trials))


def test_a_planted_gain_is_found_and_told_what_to_set() -> None:
    """Two per cent more above 2.5 times the volume than below: constants that ask for more volume win, beyond luck."""
    told = verdict_of(setups(1, edge=0.02))
    assert told.answer == "gained", told.why
    assert told.settings is not None
    assert told.settings.volume_ratio > RULES.volume_ratio
    assert told.difference.low is not None
    assert told.difference.low > 0
    assert told.above_luck is not None
    assert told.above_luck >= 0.95


@pytest.mark.parametrize("seed", range(4))
def test_of_noise_nothing_is_gained_and_nothing_is_to_be_set(seed: int) -> None:
    """The best of sixty on the past is chance, and no settings are shown for it."""
    told = verdict_of(setups(100 + seed, sessions=100), seed=seed)
    assert told.answer == "nothing_gained", told
    assert told.settings is None


def test_what_a_fold_is_judged_on_never_reaches_its_choice() -> None:
    """Outcomes from the third fold on are turned around: the first three choices stay, whatever they then earn."""
    data = setups(2, edge=0.01)
    candidates = Candidates.of(data)
    before = walked(candidates, tried_constants(candidates, seed=7, most=60))
    cut = np.datetime64(before.folds[2].first)
    turned = replace(data, net_return=np.where(data.session >= cut, -20 * data.net_return, data.net_return))
    after_ = Candidates.of(turned)
    after = walked(after_, tried_constants(after_, seed=7, most=60))
    assert [fold.chosen for fold in before.folds[:3]] == [fold.chosen for fold in after.folds[:3]]
    assert not np.array_equal(before.folds[2].difference, after.folds[2].difference)
    assert [fold.chosen for fold in before.folds[3:]] != [fold.chosen for fold in after.folds[3:]]


def test_the_same_seed_says_the_same_and_counts_every_trial() -> None:
    """All twenty and the choice of the folds are in the ledger; those that decide alike are one attempt."""
    data = setups(3, sessions=120)
    candidates = Candidates.of(data)
    trials = tried_constants(candidates, seed=9, most=20)
    ledger = ledger_of(candidates, trials)
    assert len(ledger) == 21
    told = [judged_rules(candidates, trials, walked(candidates, trials), ledger) for _ in range(2)]
    assert told[0].attempts == told[1].attempts
    assert told[0].attempts.count == len({one.series_sha256 for one in ledger})
    assert told[0].attempts.repeats == 21 - told[0].attempts.count
    assert told[0].difference == told[1].difference
    more = [replace_label(one, k) for k, one in enumerate(ledger)]
    assert judged_rules(candidates, trials, walked(candidates, trials), [*ledger, *more]).attempts.count == (
        told[0].attempts.count
    ), "a repeat is no attempt"


def replace_label(one: Trial, number: int) -> Trial:
    """The same returns under another name."""
    return replace(one, label=f"again {number}")


def test_earned_is_what_the_rules_themselves_would_call() -> None:
    """Session by session against the sum by hand: the return of the calls over all candidates of the session."""
    data = setups(4, sessions=40)
    candidates = Candidates.of(data)
    trials = tried_constants(candidates, seed=1, most=20)
    for constants, earned in zip(trials.constants, trials.earned, strict=True):
        calls = confidence(candidates.inputs, constants) >= constants.buy_at
        for day, said in zip(candidates.sessions, earned.tolist(), strict=True):
            here = data.session == day
            assert said == pytest.approx(data.net_return[here & calls].sum() / here.sum(), abs=1e-12)
    assert trials.constants[0] == RULES


def test_constants_that_buy_hardly_anything_cannot_be_chosen() -> None:
    """Where every trade loses, buying next to nothing would win; today's stay unless others call a fifth as well."""
    data = setups(5, sessions=60)
    candidates = Candidates.of(replace(data, net_return=np.full(len(data), -0.01)))
    trials = tried_constants(candidates, seed=1, most=200)
    best = best_of(candidates, trials, np.arange(len(data)))
    assert trials.calls[best].mean() >= LEAST_CALLED
    assert (trials.calls.mean(axis=1) < LEAST_CALLED).any(), "no trial was that idle"


def test_too_little_is_said_to_be_too_little() -> None:
    """Without a candidate, or with fewer sessions than folds, it says so and nothing else; the clock ends a search."""
    data = setups(6, sessions=60)
    with pytest.raises(ModelError, match="in play"):
        Candidates.of(replace(data, in_play=np.zeros(len(data), dtype=np.bool_)))
    short = Candidates.of(setups(6, sessions=5))
    with pytest.raises(ModelError, match="sessions"):
        walked(short, tried_constants(short, seed=1, most=3))
    late = tried_constants(Candidates.of(data), seed=1, most=200, over=lambda: "1 min were over")
    assert (len(late.constants), late.ended) == (16, "1 min were over")

"""Training end to end on a local Ray: what it finds in planted data, that it repeats, and that it survives a kill."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from adapters.models.scoring import EnsembleScorer
from tests.fakes.eventually import eventually
from tests.fakes.planted import planted
from trading.errors import ModelError
from trading.views.members.registry import MEMBERS
from tune.fits.distributed import Workers, fit_distributed
from tune.judgement.calibrated import unseen
from tune.judgement.evaluate import evaluate
from tune.pipeline import HOLDOUT_FRACTION, Trained, train_ensemble
from tune.search.search import search
from tune.sets.splits import EMBARGO_SESSIONS, holdout

pytestmark = pytest.mark.platform
WITH_SKILL = {"seed": 1, "sessions": 100, "per_session": 60, "skill": 0.25}
PURE_NOISE = {"seed": 2, "sessions": 100, "per_session": 60, "skill": 0.0}


def train(folder: Path, facts: dict[str, float], seed: int = 7) -> Trained:
    """An ensemble on planted data, by the platform's own path."""
    data = planted(**facts)  # type: ignore[arg-type]
    return train_ensemble(data, folder / "models", folder / "tune", seed=seed, workers=Workers(), say=lambda _: None)


@pytest.fixture(scope="module")
def skilled(local_ray: None, tmp_path_factory: pytest.TempPathFactory) -> Trained:  # noqa: ARG001
    """An ensemble on data with a real signal."""
    return train(tmp_path_factory.mktemp("skilled"), WITH_SKILL)


def test_a_planted_skill_is_found_and_shown(skilled: Trained) -> None:
    """On setups of later sessions the ensemble beats the majority beyond its interval, and ranks better than chance."""
    accuracy = skilled.accuracy
    assert accuracy.ensemble_less_majority.low is not None
    assert accuracy.ensemble_less_majority.low > 0
    assert accuracy.ensemble_auc.low is not None
    assert accuracy.ensemble_auc.low > 0.6


def test_what_is_on_disk_scores_new_setups(skilled: Trained) -> None:
    """The registered files rank unseen setups of the same truth: the good side of the signal above the other."""
    new = planted(3, sessions=20, per_session=50, skill=0.25)
    rank = EnsembleScorer(skilled.folder).score(new.matrix).rank
    assert rank[new.success > 0].mean() > rank[new.success == 0].mean() + 0.1


def test_the_same_data_and_seed_give_the_same_ensemble(skilled: Trained, tmp_path: Path) -> None:
    """Trained again elsewhere: the same name, parameters, accuracy, and the same bytes of every file."""
    again = train(tmp_path, WITH_SKILL)
    assert again.card == skilled.card
    assert (again.winners, again.accuracy) == (skilled.winners, skilled.accuracy)


def test_noise_is_not_called_skill(local_ray: None, tmp_path: Path) -> None:  # noqa: ARG001
    """Without a signal neither the AUC is shown to be above one half, nor the ensemble above the majority.

    How often an interval of 95 % misses on either side is tested where intervals are made, over many draws.
    """
    data = planted(**PURE_NOISE)  # type: ignore[arg-type]
    split = holdout(data, HOLDOUT_FRACTION, EMBARGO_SESSIONS)
    winners = search(data.take(split.train), tmp_path, MEMBERS, seed=7).winners
    found = unseen(data, split, winners, MEMBERS, seed=7)
    accuracy = evaluate(found.views, found.test, float(data.success[split.train].mean()), seed=7)
    assert accuracy.ensemble_auc.low is not None
    assert accuracy.ensemble_auc.low <= 0.5
    assert accuracy.ensemble_less_majority.low is not None
    assert accuracy.ensemble_less_majority.low <= 0


def test_outcomes_that_are_all_alike_are_refused(tmp_path: Path) -> None:
    """Nothing can be learned from them; the error says so before anything is started."""
    data = planted(4, skill=1.0)
    alike = data.take(np.flatnonzero(data.success > 0))
    with pytest.raises(ModelError, match="all alike"):
        train_ensemble(alike, tmp_path, tmp_path, seed=1, workers=Workers(), say=lambda _: None)


def test_a_killed_training_actor_is_replaced(local_ray: None) -> None:  # noqa: ARG001
    """One of two actors killed with -9 in mid-fit: the fit ends with all its rounds."""
    data = planted(5, sessions=60, per_session=300, skill=0.25)
    params = {"rounds": 300, "max_depth": 6, "eta": 0.05}
    matrix = np.ascontiguousarray(data.matrix)
    with ThreadPoolExecutor(1) as pool:
        fit = pool.submit(fit_distributed, params, "binary:logistic", matrix, data.success, seed=1, workers=Workers())
        victims = eventually(training_actors, what="two actors that are fitting", timeout_s=60)
        assert not fit.done(), "the kill must come in mid-fit, or it proves nothing"
        os.kill(victims[0], signal.SIGKILL)
        booster = fit.result(timeout=300)
    assert booster.num_boosted_rounds() == 300


def training_actors() -> list[int]:
    """Processes that are fitting now, by the title that Ray gives a worker while it runs a method."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "RayXGBoostActor.train" in " ".join(process.cmdline()):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found

"""A fit over the machines beside the head: it spans them, loses one, and ends as if nothing had happened."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import ray
import xgboost
from ray.cluster_utils import Cluster
from ray.util import placement_group_table

from tests.fakes.eventually import eventually
from tests.fakes.planted import planted
from trading.errors import ModelError
from trading.views.members.registry import MEMBERS
from tune.fits.distributed import Workers, fit_distributed
from tune.fits.estimators import log_loss
from tune.on_ray.placements import BACK, Placements
from tune.on_ray.room import Room
from tune.search.search import search

pytestmark = pytest.mark.platform
PARAMS = {"rounds": 150, "max_depth": 5, "eta": 0.05}
TWO = Workers(actors=2, cpus=1, machines=2)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head with two processors, and two machines of two beside it."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "num_gpus": 0, "include_dashboard": False})
    for _ in range(2):
        made.add_node(num_cpus=2, num_gpus=0)
    ray.init(address=made.address, log_to_driver=False, logging_level="error")
    yield made
    ray.shutdown()
    made.shutdown()


def head() -> str:
    """Ray's name of the head."""
    return next(str(node["NodeID"]) for node in ray.nodes() if "node:__internal_head__" in node["Resources"])


def of_actors() -> set[str]:
    """The machines that the actors' bundles of a fit are on; the first bundle is the task's own."""
    for group in placement_group_table().values():
        if group["state"] == "CREATED" and len(group["bundles"]) == 3:
            return {str(node) for number, node in group["bundles_to_node_id"].items() if int(number) > 0}
    return set()


def test_a_fit_spans_two_machines_and_survives_the_loss_of_one(cluster: Any) -> None:
    """Neither is the head; one is killed in mid-fit; all rounds are there and the log loss is within 0.002."""
    data = planted(5, sessions=60, per_session=150, skill=0.25)
    matrix, target = np.ascontiguousarray(data.matrix), data.success
    undisturbed = fit_distributed(PARAMS, "binary:logistic", matrix, target, seed=1, workers=TWO)
    found: list[Any] = []
    said: list[str] = []
    long = threading.Thread(
        target=lambda: found.append(
            fit_distributed(PARAMS, "binary:logistic", matrix, target, seed=1, workers=TWO, say=said.append)
        )
    )
    long.start()
    where = eventually(lambda: of_actors() if len(of_actors()) == 2 else None, what="two machines", timeout_s=60)
    assert head() not in where
    eventually(lambda: ray.available_resources().get("CPU", 6) <= 4, what="both actors at work", timeout_s=60)
    assert long.is_alive(), "the loss must come in mid-fit, or it proves nothing"
    lost = next(node for node in cluster.worker_nodes if node.node_id in where)
    cluster.remove_node(lost, allow_graceful=False)
    long.join(300)
    (booster,) = found
    assert booster.num_boosted_rounds() == PARAMS["rounds"]
    rows = xgboost.DMatrix(matrix)
    losses = [log_loss(one.predict(rows).astype(np.float64), target) for one in (undisturbed, booster)]
    assert abs(losses[0] - losses[1]) < 0.002
    assert said[-1:] == [BACK]
    cluster.add_node(num_cpus=2, num_gpus=0)


def test_machines_make_the_same_booster_as_the_head(cluster: Any) -> None:  # noqa: ARG001
    """Rows are divided alike, so the bits are the same wherever the two actors are, and on however many threads."""
    data = planted(6, sessions=40, per_session=40, skill=0.25)
    params = {"rounds": 20, "max_depth": 3, "eta": 0.1}
    made = [
        bytes(fit_distributed(params, "binary:logistic", data.matrix, data.success, seed=1, workers=workers).save_raw())
        for workers in (Workers(), TWO, Workers(actors=2, cpus=2, machines=2))
    ]
    assert made[0] == made[1] == made[2]


def test_trials_of_a_search_run_beside_the_head(cluster: Any, tmp_path: Any) -> None:  # noqa: ARG001
    """Whatever the head has free, and they find what trials on the head find."""
    data = planted(7, sessions=40, per_session=20, skill=0.2)
    here = search(data, tmp_path / "here", MEMBERS, seed=7)
    busy = Placements()
    taken = busy.named([{"CPU": 2, "node:__internal_head__": 0.001}])
    assert taken.wait(10)
    try:
        there = search(data, tmp_path / "there", MEMBERS, seed=7, room=Room(machines=2))
    finally:
        busy.remove()
    assert there.winners == here.winners


def test_more_machines_than_come_are_told(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """The wait has a bound, and nothing is asked for afterwards."""
    monkeypatch.setattr("tune.on_ray.placements.MACHINE_WAIT_S", 1.0)
    placements = Placements(wait_s=1.0)
    with pytest.raises(ModelError, match="No room for the training"):
        placements.crew(3)
    assert placements.states() == {}

"""The GPU of a session on a real Ray cluster whose nodes come and go, and say that they have a GPU without one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import ray
from ray.cluster_utils import Cluster

from actors.gpus import RayGpus, gpu_nodes
from tests.fakes.eventually import eventually
from trading.errors import ModelError, UnavailableError
from tune.fits.distributed import Workers, fit_distributed

pytestmark = [
    pytest.mark.platform,
    pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="this machine has a GPU"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without a GPU."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "num_gpus": 0, "include_dashboard": False})
    ray.init(address=made.address, log_to_driver=False, logging_level="error")
    yield made
    ray.shutdown()
    made.shutdown()


def test_without_a_gpu_the_wait_ends(cluster: Any) -> None:  # noqa: ARG001
    """Where no GPU comes, the wait ends in time, and what was asked for is taken back."""
    gpus = RayGpus()
    gpus.note()
    assert not gpus.obtainable()
    assert gpus.prove(1.0) is None
    gpus.release()
    assert gpus.gone(0.0)


def test_a_node_that_only_says_so_is_found_out_and_its_end_is_seen(cluster: Any) -> None:
    """A node that says it has a GPU and has none is refused; it counts as there until it has left."""
    gpus = RayGpus()
    gpus.note()
    node = cluster.add_node(num_cpus=1, num_gpus=1)
    eventually(gpu_nodes, what="the node with a GPU", timeout_s=60)
    with pytest.raises(UnavailableError, match="trains on 'cpu'"):
        gpus.prove(120.0)
    gpus.release()
    assert not gpus.gone(0.0)
    cluster.remove_node(node)
    assert gpus.gone(60.0)


@pytest.mark.filterwarnings("ignore:.*num_actors.*:UserWarning", "ignore:GPUs have been assigned.*:UserWarning")
def test_a_distributed_fit_on_a_gpu_that_is_none_fails(cluster: Any) -> None:
    """A fit that should be on a GPU fails in the worker, in place of training on its CPU."""
    node = cluster.add_node(num_cpus=1, num_gpus=1)
    eventually(gpu_nodes, what="the node with a GPU", timeout_s=60)
    matrix = np.arange(400, dtype=np.float32).reshape(200, 2)
    params = {"rounds": 2, "max_depth": 2, "eta": 0.1}
    with pytest.raises(ModelError, match="trains on 'cpu'"):
        fit_distributed(
            params, "reg:squarederror", matrix, matrix[:, 0].astype(np.float64), seed=1, workers=Workers(1, 1, 1)
        )
    cluster.remove_node(node)

"""The GPU of a session on a real Ray cluster whose nodes come and go, and say that they have a GPU without one."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray
from ray.autoscaler.v2.sdk import get_cluster_status
from ray.cluster_utils import Cluster

from actors.gpus import RayGpus, gpu_nodes
from benchmarks.cluster import HEAD, head_with_autoscaler, provider_section
from cluster.api import DigitalOcean
from cluster.provider import DigitalOceanNodeProvider
from cluster.simulator.cloud import TOKEN, SimulatedCloud
from cluster.simulator.server import serving
from tests.fakes.eventually import eventually
from trading.errors import ModelError, UnavailableError
from tune.distributed import Workers, fit_distributed

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
    gpus.request()
    assert not gpus.obtainable()
    assert gpus.prove(1.0) is None
    gpus.release()
    assert gpus.gone(0.0)


def test_a_node_that_only_says_so_is_found_out_and_its_end_is_seen(cluster: Any) -> None:
    """A node that says it has a GPU and has none is refused; it counts as there until it has left."""
    gpus = RayGpus()
    gpus.request()
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


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder with a short name: Ray's sockets lie in it, and their paths are bounded."""
    with tempfile.TemporaryDirectory(prefix="inplay-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def test_rays_own_autoscaler_rents_what_is_requested_and_forgets_what_is_released(short_folder: Path) -> None:
    """A request brings a machine from the simulated DigitalOcean; once released, nothing is demanded any more."""
    ray.shutdown()
    cloud = SimulatedCloud(now=lambda: datetime.now(UTC), generator=random.Random(1))
    with serving(cloud) as end_point:
        api = DigitalOcean(TOKEN, end_point=end_point)
        provider = DigitalOceanNodeProvider(provider_section(str(short_folder)), "bench", api=api)
        (head,) = provider.create_node(HEAD, {"ray-node-type": "head", "ray-user-node-type": "ray.head"}, 1)
        with head_with_autoscaler(short_folder, end_point, head) as address:
            ray.init(address=address, log_to_driver=False, logging_level="error")
            try:
                gpus = RayGpus()
                eventually(gpus.obtainable, what="the autoscaler's first report", timeout_s=60)
                gpus.request()
                eventually(lambda: len(cloud.settle().alive()) == 2, what="the machine with a GPU", timeout_s=60)
                assert demanded() == 1
                gpus.release()
                assert demanded() == 0
            finally:
                ray.shutdown()
    assert sorted(each.size_slug for each in cloud.settle().alive()) == ["gpu-h100x1-80gb", "s-2vcpu-4gb"]


def demanded() -> int:
    """How many bundles the autoscaler is asked to keep room for."""
    status = get_cluster_status(ray.get_runtime_context().gcs_address)
    return sum(
        each.count for demand in status.resource_demands.cluster_constraint_demand for each in demand.bundles_by_count
    )

"""What is asked of Ray's own autoscaler, on a head of its own."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import ray
from ray.autoscaler.v2.sdk import get_cluster_status

from actors.gpus import RayGpus
from benchmarks.cluster import autoscaled_head
from cluster.simulator.cloud import SimulatedCloud
from tests.fakes.eventually import eventually

pytestmark = pytest.mark.platform


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder with a short name: Ray's sockets lie in it, and their paths are bounded."""
    with tempfile.TemporaryDirectory(prefix="inplay-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def test_rays_own_autoscaler_rents_what_is_requested_and_forgets_what_is_released(short_folder: Path) -> None:
    """Work that waits for a GPU brings a machine from the simulated DigitalOcean; given up, it demands nothing more."""
    ray.shutdown()
    cloud = SimulatedCloud(now=lambda: datetime.now(UTC), generator=random.Random(1))
    with autoscaled_head(short_folder, cloud) as address:
        ray.init(address=address, log_to_driver=False, logging_level="error")
        try:
            gpus = RayGpus()
            eventually(gpus.obtainable, what="the autoscaler's first report", timeout_s=60)
            with ThreadPoolExecutor(1) as beside:
                proof = beside.submit(gpus.prove, 20.0)
                eventually(lambda: len(cloud.settle().alive()) == 2, what="the machine with a GPU", timeout_s=60)
                assert proof.result() is None  # it has no Ray
            eventually(lambda: demanded() == 0, what="no demand", timeout_s=30)
            gpus.release()
            assert demanded() == 0
        finally:
            ray.shutdown()
    assert sorted(each.size_slug for each in cloud.settle().alive()) == ["gpu-h100x1-80gb", "s-2vcpu-4gb"]


def demanded() -> int:
    """How many bundles the autoscaler is asked to keep room for."""
    status = get_cluster_status(ray.get_runtime_context().gcs_address)
    return sum(
        each.count
        for demand in (
            *status.resource_demands.cluster_constraint_demand,
            *status.resource_demands.ray_task_actor_demand,
        )
        for each in demand.bundles_by_count
    )

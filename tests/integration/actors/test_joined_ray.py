"""A run's services on a Ray that was there before, with an autoscaler of its own, and gone from it again."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import ray
from pydantic import SecretStr

from actors.bootstrap import bootstrap
from actors.local import join_ray, leave_ray
from actors.wiring import Wiring
from adapters.postgres.pool import Pool
from adapters.postgres.training_record import TrainingRecord
from benchmarks.cluster import autoscaled_head
from cluster.simulator.cloud import SimulatedCloud
from tests.fakes.eventually import eventually
from trading.errors import UnavailableError

pytestmark = pytest.mark.platform


@pytest.fixture
def head() -> Iterator[str]:
    """The address of a Ray head of somebody else's, whose autoscaler rents from a simulated DigitalOcean."""
    cloud = SimulatedCloud(now=lambda: datetime.now(UTC), generator=random.Random(1))
    with tempfile.TemporaryDirectory(prefix="inplay-", ignore_cleanup_errors=True) as folder:
        with autoscaled_head(Path(folder), cloud) as address:
            yield address
        ray.shutdown()


def test_services_live_on_a_joined_ray_and_leave_it(head: str, pool: Pool, empty_url: str, home: Path) -> None:
    """On a Ray that was there, the services come up on its head, plan their training, and leave it alive and empty."""
    join_ray(head)
    home.mkdir()
    actors = bootstrap(Wiring(home, SecretStr(empty_url), 10_000_000))
    assert "training_scheduler" in actors.everything
    plan = eventually(lambda: TrainingRecord(pool).last_plan("gpu"), what="the first plan", timeout_s=60)
    assert plan.code == "off"
    leave_ray()
    join_ray(head)
    assert ray.util.list_named_actors() == []
    assert [node["Alive"] for node in ray.nodes()] == [True]


def test_a_ray_that_is_not_there_is_told() -> None:
    """An address where no Ray is ends in an error that names the setting."""
    with pytest.raises(UnavailableError, match="INPLAY_RAY_ADDRESS"):
        join_ray("not an address")

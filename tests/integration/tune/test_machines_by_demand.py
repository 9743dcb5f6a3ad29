"""Machines beside the head come because a training asks for them: Ray's own autoscaler, a simulated DigitalOcean."""

from __future__ import annotations

import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import ray

from benchmarks.cluster import autoscaled_head
from cluster.simulator.cloud import SimulatedCloud
from trading.errors import ModelError
from tune.on_ray.placements import Placements

pytestmark = pytest.mark.platform


def test_two_machines_are_asked_for_and_no_more_once_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The head's own CPU doesn't count as one; a training that gives up leaves no demand behind."""
    monkeypatch.setattr("tune.on_ray.placements.MACHINE_WAIT_S", 20.0)
    cloud = SimulatedCloud(now=lambda: datetime.now(UTC), generator=random.Random(1))
    with tempfile.TemporaryDirectory(prefix="inplay-", ignore_cleanup_errors=True) as folder:
        with autoscaled_head(Path(folder), cloud) as address:
            ray.init(address=address, log_to_driver=False, logging_level="error")
            placements = Placements(wait_s=20.0)
            with pytest.raises(ModelError, match="No room for the training"):
                placements.crew(2)
            assert sum((call.method, call.path) == ("POST", "/v2/droplets") for call in cloud.calls) == 2
            assert placements.states() == {}
        ray.shutdown()

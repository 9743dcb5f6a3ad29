"""The provider against the simulated DigitalOcean: random lives, faults at any call, judged by its specification."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.simulator.faults import Script
from tests.fakes.simulated import GPU, HEAD, connect, provide, random_life, simulate, tags


def test_a_whole_life_keeps_to_the_specification_and_leaves_nothing(tmp_path: Path) -> None:
    """A whole life keeps to the specification and leaves nothing."""
    cloud, clock = simulate(0, Script())
    provider = provide(connect(cloud, clock), clock, tmp_path)
    provider.create_node(HEAD, tags("head", ""), 1)
    provider.create_node(GPU, tags("worker", "one"), 1)
    clock.sleep(300)
    nodes = provider.non_terminated_nodes({})
    assert [provider.is_running(node) for node in nodes] == [True, True]
    assert all(provider.internal_ip(node) and provider.external_ip(node) for node in nodes)
    provider.terminate_nodes(nodes)
    provider.cleanup_cluster_resources()
    assert cloud.spec_violations == []
    assert cloud.left() == {"droplets": [], "firewalls": [], "volumes": [], "ssh_keys": [], "snapshots": [], "vpcs": []}


@pytest.mark.parametrize("seed", range(20))
def test_no_fault_doubles_or_hides_a_machine(seed: int, tmp_path: Path) -> None:
    """No fault doubles or hides a machine, breaks a limit or touches a stranger; `make test` asks a thousand seeds."""
    random_life(seed, tmp_path)

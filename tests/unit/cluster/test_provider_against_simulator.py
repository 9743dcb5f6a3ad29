"""The provider against the simulated DigitalOcean: random lives, faults at any call, judged by its specification."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from cluster.errors import ApiError
from cluster.machines import list_machines
from cluster.provider import LaunchRefused
from cluster.reaper import sweep
from cluster.simulator.faults import FaultKind, Script
from tests.fakes.simulated import GPU, HEAD, NOTHING_LEFT, SimulatedTime, connect, provide, random_life, simulate, tags

DAY_S = 86_400.0


class Wrong(SimulatedTime):
    """A machine's clock that isn't DigitalOcean's."""

    def __init__(self, true: SimulatedTime, ahead_s: float) -> None:
        self.virtual, self.ahead_s = true.virtual, ahead_s

    def now_s(self) -> float:
        return super().now_s() + self.ahead_s


@pytest.mark.parametrize("ahead_s", [DAY_S, -DAY_S])
def test_a_wrong_clock_moves_no_deadline(ahead_s: float, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Head and laptop a day off: a GPU lives for its four hours, neither less nor more, and the clock is named."""
    cloud, true = simulate(1, Script())
    wrong = Wrong(true, ahead_s)
    provider = provide(connect(cloud, wrong), wrong, tmp_path)
    (head,) = provider.create_node(HEAD, tags("head", ""), 1)
    true.sleep(120)
    provider.set_node_tags(head, {"ray-node-status": "up-to-date"})
    with caplog.at_level(logging.WARNING):
        (worker,) = provider.create_node(GPU, tags("worker", "one"), 1)
        true.sleep(GPU["max_hours"] * 3_600 - 60)
        for clock in (wrong, Wrong(true, -ahead_s), true):  # the head's timer, a laptop's, and one that is right
            assert sweep(connect(cloud, clock), clock) == []
        true.sleep(120)
        assert [each.machine.id for each in sweep(connect(cloud, wrong), wrong)] == [int(worker)]
    assert any("1,440 min" in each for each in caplog.messages)
    assert [each.is_head() for each in list_machines(connect(cloud, true))] == [True]


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
    assert cloud.left() == NOTHING_LEFT


def test_an_autoscaler_never_destroys_the_head_it_runs_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Asked by Ray on the head to destroy all, the worker goes and the head stays; `ray down` elsewhere ends it."""
    cloud, clock = simulate(1, Script())
    on_head = provide(connect(cloud, clock), clock, tmp_path, on_head=True)
    (head,) = on_head.create_node(HEAD, tags("head", ""), 1)
    (worker,) = on_head.create_node(GPU, tags("worker", "one"), 1)
    clock.sleep(300)
    on_head.terminate_nodes([head, worker])
    assert on_head.non_terminated_nodes({}) == [head]
    assert "the head stays" in caplog.text
    elsewhere = provide(connect(cloud, clock), clock, tmp_path)
    elsewhere.terminate_nodes(elsewhere.non_terminated_nodes({}))
    elsewhere.cleanup_cluster_resources()
    assert cloud.left() == NOTHING_LEFT


class Outage:
    """The API is down for a while: nothing of any kind comes back but a proxy's page."""

    def __init__(self) -> None:
        self.lasts = False

    def strike(self, method: str, path: str) -> FaultKind | None:  # noqa: ARG002  strikes whatever the call
        return FaultKind.BAD_GATEWAY if self.lasts else None


def test_ten_minutes_without_the_api_double_and_lose_nothing(tmp_path: Path) -> None:
    """Down for ten minutes while Ray goes on asking: each round an error, then one GPU comes, and the old one goes."""
    outage = Outage()
    cloud, clock = simulate(0, outage)
    provider = provide(connect(cloud, clock), clock, tmp_path)
    provider.create_node(HEAD, tags("head", ""), 1)
    (old,) = provider.create_node(GPU, tags("worker", "before"), 1)
    clock.sleep(300)
    outage.lasts, until_s = True, clock.now_s() + 600
    rounds = 0
    while clock.now_s() < until_s:
        for ask in (
            lambda: provider.non_terminated_nodes({}),
            lambda: provider.terminate_node(old),
            lambda: provider.create_node(GPU, tags("worker", "meanwhile"), 1),
        ):
            with pytest.raises((ApiError, LaunchRefused), match=r"Repeat it in some minutes|with 502"):
                ask()
        rounds += 1
        clock.sleep(5)
    assert rounds > 5
    outage.lasts = False
    provider.terminate_node(old)
    provider.create_node(GPU, tags("worker", "meanwhile"), 1)
    clock.sleep(300)
    assert sorted(each.name.split("-")[2] for each in cloud.settle().alive()) == ["h", "w"]
    assert len(provider.non_terminated_nodes({})) == 2
    assert cloud.max_calls_per_min() <= 250
    assert cloud.spec_violations == []


@pytest.mark.parametrize("seed", range(20))
def test_no_fault_doubles_or_hides_a_machine(seed: int, tmp_path: Path) -> None:
    """No fault doubles or hides a machine, breaks a limit or touches a stranger; `make test` asks a thousand seeds."""
    random_life(seed, tmp_path)

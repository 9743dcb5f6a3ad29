"""Baking images against the simulated DigitalOcean, with a shell of our own in place of SSH."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cli.main import app
from cluster.bake import Oven, delete_old, list_images
from cluster.errors import ClusterError
from cluster.reaper import sweep
from cluster.simulator.cloud import TOKEN, SimulatedCloud
from cluster.simulator.faults import Fault, FaultKind, Script, SeededFaults
from cluster.simulator.server import serving
from cluster.simulator.world import Latencies
from tests.fakes.simulated import KEY, SimulatedTime, connect, simulate
from tests.fakes.specification import specification
from tests.integration.cluster.test_killed_controller import Deadly, Killed

ROOT = Path(__file__).parents[3]
MACHINES: dict[str, list[object]] = {"droplets": [], "firewalls": [], "volumes": [], "ssh_keys": [], "vpcs": []}


class FakeShell:
    """A machine that does what it is told, or fails at one command."""

    def __init__(self, clock: SimulatedTime, fails_at: str = "never") -> None:
        self.clock, self.fails_at = clock, fails_at
        self.did: list[str] = []

    def wait(self, address: str) -> None:
        self.did.append(f"wait {address}")

    def copy(self, address: str, mounts: Mapping[str, str]) -> None:
        self.did += [f"copy {address} {remote}" for remote in mounts]

    def run(self, address: str, command: str) -> None:
        self.did.append(f"run {address} {command}")
        self.clock.sleep(60)
        if self.fails_at in command:
            raise ClusterError(f"`{command}` ended with 1: no space left.")


def config(folder: Path) -> dict[str, Any]:
    """The shipped file's setup on a small cluster, with one file to copy."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "ray-cluster.yaml").read_text(encoding="utf-8"))
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / "a.py").write_text("A = 1\n", encoding="utf-8")
    loaded["file_mounts"] = {"~/inplay/code": str(folder / "code")}
    loaded["provider"] |= {"ledger_folder": str(folder / "ledger"), "ssh_public_key_text": KEY}
    return loaded


def left_but_images(cloud: SimulatedCloud) -> dict[str, Any]:
    """What is left, without the images."""
    return {kind: found for kind, found in cloud.left().items() if kind != "snapshots"}


def test_a_baked_image_is_all_that_is_left(tmp_path: Path) -> None:
    """Baking makes one image of a machine that was set up and off, keeps to the specification, leaves nothing else."""
    cloud, clock = simulate(0, Script())
    shell = FakeShell(clock)
    image = Oven(connect(cloud, clock), config(tmp_path), clock, shell).bake("ray.head")
    assert image.made
    assert list_images(connect(cloud, clock), "inplay")[0].number == image.number
    assert left_but_images(cloud) == MACHINES
    assert cloud.spec_violations == []
    setup = config(tmp_path)["setup_commands"]
    ran = [each.split(" ", 2)[2] for each in shell.did if each.startswith("run")]
    assert ran[1 : 1 + len(setup)] == setup
    assert "authorized_keys" in ran[-1]  # nobody's key is in the image
    assert "digitalocean_token" not in "".join(each for each in shell.did if each.startswith("copy"))
    taken = [call.path for call in cloud.calls if call.method == "POST" and call.path.endswith("/actions")]
    assert len(taken) == 2  # switched off, then the snapshot


def test_the_same_again_makes_nothing_and_a_change_makes_another(tmp_path: Path) -> None:
    """The same file, commands and files give the same image without a machine; a changed file gives another."""
    cloud, clock = simulate(1, Script())
    made = config(tmp_path)
    oven = Oven(connect(cloud, clock), made, clock, FakeShell(clock))
    first = oven.bake("ray.head")
    calls = len(cloud.calls)
    again = Oven(connect(cloud, clock), config(tmp_path), clock, FakeShell(clock)).bake("ray.head")
    assert (again.number, again.made) == (first.number, False)
    assert {call.method for call in cloud.calls[calls:]} == {"GET"}
    (tmp_path / "code" / "a.py").write_text("A = 2\n", encoding="utf-8")
    second = oven.bake("ray.head")
    assert second.number != first.number
    assert len(list_images(connect(cloud, clock), "inplay")) == 2


def test_old_images_go_but_not_one_that_the_file_names_nor_a_strangers(tmp_path: Path) -> None:
    """Of each type the newest image stays, and one that the file uses; snapshots of others are never touched."""
    cloud, clock = simulate(1, Script())
    api = connect(cloud, clock)
    made = config(tmp_path)
    numbers = []
    for text in ("1", "2", "3"):
        (tmp_path / "code" / "a.py").write_text(text, encoding="utf-8")
        numbers.append(Oven(api, made, clock, FakeShell(clock)).bake("ray.head").number)
        clock.sleep(3_600)
    strangers = {**cloud.world.snapshots[str(numbers[0])], "id": "7", "name": "inplay-inplay-ray-head-0123456789ab-x"}
    cloud.world.snapshots["7"] = strangers
    made["available_node_types"]["ray.worker.cpu"]["node_config"]["image"] = numbers[0]
    assert [image.number for image in delete_old(api, made)] == [numbers[1]]
    assert set(cloud.world.snapshots) == {"7", str(numbers[0]), str(numbers[2])}


@pytest.mark.parametrize("fails_at", ["apt-get", "ssh_host"])
def test_a_setup_that_fails_leaves_nothing(tmp_path: Path, fails_at: str) -> None:
    """A command that fails is told with what it said; no image and no machine is left."""
    cloud, clock = simulate(1, Script())
    with pytest.raises(ClusterError, match="no space left"):
        Oven(connect(cloud, clock), config(tmp_path), clock, FakeShell(clock, fails_at)).bake("ray.head")
    assert cloud.left() == MACHINES | {"snapshots": []}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.ACTION_ERRORS, method="POST", path="actions$", skip=1),
        Fault(FaultKind.NEVER_ACTIVE, method="POST", path="droplets$"),
        Fault(FaultKind.CAPACITY, method="POST", path="droplets$"),
    ],
    ids=lambda fault: fault.kind.value,
)
def test_a_machine_or_action_that_fails_leaves_nothing(tmp_path: Path, fault: Fault) -> None:
    """A snapshot that fails, a machine that never comes up, a size that is sold out: told, and nothing is left."""
    cloud, clock = simulate(1, Script([fault]))
    with pytest.raises(ClusterError):
        Oven(connect(cloud, clock), config(tmp_path), clock, FakeShell(clock)).bake("ray.head")
    assert cloud.left() == MACHINES | {"snapshots": []}


@pytest.mark.parametrize("path", ["droplets$", "actions$"])
def test_a_lost_answer_makes_one_machine_and_one_image(tmp_path: Path, path: str) -> None:
    """An answer that is lost after its effect makes no second machine, action or image."""
    faults = Script([Fault(FaultKind.TIMEOUT_AFTER, method="POST", path=path, times=1)])
    cloud, clock = simulate(1, faults)
    Oven(connect(cloud, clock), config(tmp_path), clock, FakeShell(clock)).bake("ray.head")
    assert len(cloud.world.droplets) == 1
    assert len(cloud.world.snapshots) == 1
    assert left_but_images(cloud) == MACHINES


def test_killed_at_any_request_one_reap_leaves_at_most_the_image(tmp_path: Path) -> None:
    """Killed at any request, before or after its effect: after one reap there is at most the one image."""
    made = config(tmp_path)
    whole, clock = simulate(1, Script())
    Oven(connect(whole, clock), made, clock, FakeShell(clock)).bake("ray.head")
    assert len(whole.calls) > 40
    for at in range(len(whole.calls)):
        for when in ("before", "after"):
            cloud, clock = simulate(1, Script())
            made["provider"]["ledger_folder"] = str(tmp_path / f"{at}{when}")
            deadly = Deadly(cloud, at, when)  # type: ignore[arg-type]
            with pytest.raises(Killed):
                Oven(connect(cloud, clock, deadly), made, clock, FakeShell(clock)).bake("ray.head")
            clock.sleep(3 * 3_600)
            sweep(connect(cloud, clock), clock)
            assert left_but_images(cloud) == MACHINES, f"killed {when} request {at}"
            assert len(cloud.world.snapshots) <= 1, f"killed {when} request {at}"


@pytest.mark.parametrize("seed", range(1, 21))
def test_no_fault_leaves_a_machine_or_a_second_image(tmp_path: Path, seed: int) -> None:
    """Faults at random calls: the image is there once or not at all, and after one reap no machine is."""
    kinds = [kind for kind in FaultKind if kind not in {FaultKind.UNAUTHORIZED, FaultKind.FORBIDDEN}]
    faults = SeededFaults(random.Random(seed), rate=0.06, kinds=kinds)
    cloud, clock = simulate(seed, faults)
    for _ in range(3):
        try:
            Oven(connect(cloud, clock), config(tmp_path), clock, FakeShell(clock)).bake("ray.head")
        except ClusterError:
            clock.sleep(60)
    faults._rate = 0.0
    clock.sleep(3 * 3_600)
    sweep(connect(cloud, clock), clock)
    assert left_but_images(cloud) == MACHINES, f"seed {seed}"
    image = Oven(connect(cloud, clock), config(tmp_path), clock, FakeShell(clock)).bake("ray.head")
    assert list(cloud.world.snapshots) == [str(image.number)], f"seed {seed}"


PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*" >> "{log}"
"""


def test_the_command_bakes_over_http_with_the_machines_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`inplay cluster bake` with the shipped file, over HTTP; `ssh` and `rsync` are programs that keep their words."""
    log = tmp_path / "log"
    for name in ("ssh", "rsync"):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(PROGRAM.format(log=log), encoding="utf-8")
        path.chmod(0o755)
    fast = Latencies(0.2, 0.2, 0.1, 0.1, 0.2, 0.2, 0.1, 0.1)
    cloud = SimulatedCloud(
        now=lambda: datetime.now(UTC), generator=random.Random(1), latencies=fast, specification=specification()
    )
    monkeypatch.setattr("cluster.bake.LOOK_EVERY_S", 0.2)
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.delenv("DIGITALOCEAN_ACCESS_TOKEN", raising=False)
    with serving(cloud) as end_point:
        monkeypatch.setenv("DIGITALOCEAN_END_POINT", end_point)
        monkeypatch.setenv("DIGITALOCEAN_TOKEN", TOKEN)
        baked = json.loads(CliRunner().invoke(app, ["cluster", "bake", "--json"]).stdout)
        listed = json.loads(CliRunner().invoke(app, ["cluster", "bake", "--list", "--json"]).stdout)
    assert [each["number"] for each in listed["images"]] == [baked["image"]]
    said = log.read_text(encoding="utf-8")
    assert TOKEN not in said
    assert "StrictHostKeyChecking=no" in said
    assert said.count("rsync ") == len(yaml.safe_load((ROOT / "ray-cluster.yaml").read_text())["file_mounts"])
    assert left_but_images(cloud) == MACHINES
    assert cloud.spec_violations == []

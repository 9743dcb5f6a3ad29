"""`inplay cluster rehearse` as a user runs it: the shipped cluster file, real `ray up`, SSH and Ray."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cluster.rehearsal.commands import RehearsalError
from cluster.rehearsal.isolation import check_this_machine, home
from tests.fakes.eventually import eventually
from tests.fakes.specification import SOURCE

ROOT = Path(__file__).parents[2]
LIMIT_S = 360
"""Six minutes on two cores."""
TRAININGS_S = 800
"""Five minutes on two busy cores, ten on very busy ones."""


def _hindrance() -> str:
    """Why no rehearsal can run here, or nothing."""
    try:
        check_this_machine()
        subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "true"], check=True, capture_output=True)
    except RehearsalError as error:
        return str(error)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"this machine lets nobody make namespaces: {error}"
    return ""


HINDRANCE = _hindrance()
pytestmark = [
    pytest.mark.platform,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(HINDRANCE), reason=HINDRANCE or "it can run"),
]


def begin(*flags: str) -> subprocess.Popen[str]:
    """A rehearsal of the shipped file."""
    command = [sys.executable, "-m", "cli.main", "cluster", "rehearse", "--json", *flags]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def traces() -> list[str]:
    """What a rehearsal makes and could leave: its interfaces, mounts where it mounts, its folders.

    Nothing else of the machine, where other tests mount their own full disks at the same time.
    """
    interfaces = [each.name for each in Path("/sys/class/net").iterdir()]
    targets = [line.split()[1] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    mine = {"/run", "/tmp", str(home())}  # noqa: S108  no file is made there
    found = [each for each in interfaces if re.match(r"public|vpc-|d\d+-", each)]
    found += [each for each in targets if each in mine or each.startswith("/run/rehearsal")]
    return sorted(found + [str(each) for each in Path("/run").glob("rehearsal*")] + netns())


def netns() -> list[str]:
    """The network namespaces of droplets that have a name."""
    return [str(each) for each in Path("/run/netns").glob("*")]


def living(arguments: str) -> list[str]:
    """Processes with these words on their command line."""
    found = subprocess.run(["pgrep", "-f", arguments], capture_output=True, text=True, check=False)
    return found.stdout.split()


@pytest.fixture(scope="module")
def rehearsed() -> tuple[dict[str, Any], list[Any]]:
    """The report of a whole rehearsal, and what of this machine could have changed, before and after."""
    before = traces()
    process = begin(*(["--specification", str(SOURCE.resolve())] if SOURCE.exists() else []))
    try:
        out, err = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
    assert process.returncode == 0, f"{out[-3000:]}\n{err[-3000:]}"
    return json.loads(out), [before, traces()]


def test_a_gpu_task_brings_a_worker_that_is_removed(rehearsed: tuple[dict[str, Any], list[Any]]) -> None:
    """The task runs on a worker that wasn't there, the idle time-out removes it, `ray down` leaves nothing."""
    report = rehearsed[0]
    assert report["wrong"] == []
    assert "-w-" in report["gpu_task_ran_on"]
    assert report["gpu_task"]["resources"]["GPU"] == 1
    assert (report["droplets_created"], report["droplets_left"]) == (3, 0)
    assert not any(report["resources_left"].values())
    assert report["spec_violations"] == (0 if SOURCE.exists() else None)
    assert report["firewall_before_first_droplet"]
    assert 0 < report["max_calls_per_min"] <= 250
    # One started hour each of a head of 24 dollars in 672 hours and of two L40S at 1.57.
    assert report["cost_usd"] == pytest.approx(24 / 672 + 2 * 1.57, abs=0.001)


def test_strangers_reach_ssh_and_nothing_else(rehearsed: tuple[dict[str, Any], list[Any]]) -> None:
    """Of 65,535 ports of head and worker only 22 answers a stranger; Ray's doors want the token."""
    report = rehearsed[0]
    assert list(report["ports_open_to_strangers"].values()) == [[22], [22]]
    assert {name: each["refused"] for name, each in report["refused_without_token"].items()} == {
        "dashboard": True, "job API": True, "control store": True,
    }  # fmt: skip


def test_the_head_comes_back_after_a_reboot(rehearsed: tuple[dict[str, Any], list[Any]]) -> None:
    """Every process of the head was killed; the unit's command brings Ray back, and the same actor answers."""
    assert rehearsed[0]["reboot"]["same_actor"]


def test_a_worker_that_lost_its_head_is_destroyed_from_a_laptop(rehearsed: tuple[dict[str, Any], list[Any]]) -> None:
    """The head was destroyed while a GPU machine ran; the reaper's timer elsewhere destroyed that, and said why."""
    assert rehearsed[0]["headless"]["spared_at_first"]
    assert rehearsed[0]["headless"]["gone"]
    assert "its cluster has no head" in rehearsed[0]["headless"]["reaper_said"]


def test_the_token_is_nowhere_but_where_it_belongs(rehearsed: tuple[dict[str, Any], list[Any]]) -> None:
    """The canary is in no file of workers, head and `ray up`, on no command line, and in no droplet's environment."""
    assert rehearsed[0]["token_found_in"] == []
    assert len(rehearsed[0]["token_looked_for_in"]) == 5


def test_what_was_not_real_is_told(rehearsed: tuple[dict[str, Any], list[Any]]) -> None:
    """Each program that a stand-in answered for is listed, of both machines."""
    answered = rehearsed[0]["answered_by_stand_ins"]
    assert {line.split(": ")[1].split()[0] for line in answered} == {"apt-get", "cloud-init", "uv"}
    assert len({line.split(":")[0] for line in answered}) >= 2


def test_this_machine_is_as_before(rehearsed: tuple[dict[str, Any], list[Any]]) -> None:
    """No interface, mount or folder of a rehearsal is left on this machine."""
    before, after = rehearsed[1]
    assert after == before


def test_a_rehearsal_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    """Of two at once, one killed and one interrupted while a droplet runs, no process, interface or mount is left."""
    before = traces()
    blows = {name: signal.Signals[name] for name in ("SIGKILL", "SIGTERM")}
    processes = {name: begin("--keep", str(tmp_path / name)) for name in blows}
    try:
        for name, process in processes.items():
            assert process.stderr is not None
            assert any("boots" in line for line in process.stderr), f"{name}: no droplet booted"
            assert living(str(tmp_path / name))
            process.send_signal(blows[name])
            process.wait(30)
            assert process.returncode != 0
    finally:
        for process in processes.values():
            process.kill()
    eventually(lambda: not living(str(tmp_path)), what="every process of the rehearsals has ended")
    assert traces() == before


def test_machines_come_for_a_training_train_and_go_and_are_booked(tmp_path: Path) -> None:
    """`inplay train --workers 2` brings two machines, which both search and fit; a session on a simulated GPU likewise.

    None of them is left on the account, and each stands in the record with what it cost.
    """
    process = begin("--trainings", "--keep", str(tmp_path / "kept"))
    try:
        out, err = process.communicate(timeout=TRAININGS_S)
    finally:
        process.kill()
    assert process.returncode == 0, f"{out[-3000:]}\n{err[-3000:]}"
    report = json.loads(out)
    assert report["wrong"] == []
    assert (report["droplets_created"], report["droplets_left"]) == (4, 0)
    found = report["trainings"]
    assert found["on_two"]["told"]["device"] == "cpu of 2 machines"
    for titles in found["on_two"]["work"].values():
        assert {"ray::ImplicitFunc.train", "ray::_RemoteRayXGBoostActor.train"} <= set(titles)
    assert "ray::_on_the_machine" in next(iter(found["on_gpu"]["work"].values()))
    booked = {one["size"]: one for one in found["machines"]}
    assert sorted(booked) == ["gpu-l40sx1-48gb", "s-2vcpu-4gb", "s-4vcpu-8gb"]
    assert sum(one["role"] == "worker" and one["stopped"] for one in found["machines"]) == 3
    session = found["session"]
    assert found["scheduler"][0] == "ok", "the actor of the scheduler held it"
    assert session["cost_usd"] == pytest.approx(booked["gpu-l40sx1-48gb"]["cost_usd"], abs=1e-6)
    assert "simulated" in session["device"]
    assert 0 < session["gpu_busy_share"] <= 1


def test_each_way_of_stopping_does_what_its_name_says(tmp_path: Path) -> None:
    """Ray's own commands: `ray down` with its options leaves what it must, `ray exec --stop` ends the workers."""
    process = begin("--stops", "--keep", str(tmp_path / "kept"))
    try:
        out, err = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
    assert process.returncode == 0, f"{out[-3000:]}\n{err[-3000:]}"
    report = json.loads(out)
    assert report["wrong"] == []
    assert report["stops"]["exec_stop"]["workers_gone"]
    assert report["stops"]["keep_min_workers"]["worker_stays"]
    assert report["droplets_left"] == 0

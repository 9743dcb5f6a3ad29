"""A stop that was begun is on record before the machine is asked to go; whoever comes next finishes the entry."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.machines import list_machines
from cluster.reaper import Condemned, reap
from cluster.spend_ledger import SpendLedger, ledger_path
from cluster.stops import StopBooks
from tests.fakes.cloud import FakeClock, FakeCloud
from tests.unit.cluster.test_provider import HEAD, HEAD_TAGS, WORKER, WORKER_TAGS, client, open_provider

ROOT = Path(__file__).parents[3]
GPU_USD_PER_H = 3.39
DYING = """
import os, signal, sys
from pathlib import Path
from tests.fakes.cloud import FakeClock, FakeCloud
from tests.unit.cluster.test_provider import HEAD, HEAD_TAGS, WORKER, WORKER_TAGS, open_provider

cloud = FakeCloud(FakeClock())
provider = open_provider(cloud, Path(sys.argv[1]))
provider.create_node(HEAD, HEAD_TAGS, 1)
(gpu,) = provider.create_node(WORKER, WORKER_TAGS, 1)
cloud.clock.sleep(2 * 3_600)

def die(method, path, _number):
    if (method, path) == ("DELETE", f"droplets/{gpu}"):
        os.kill(os.getpid(), signal.SIGKILL)

setattr(cloud, sys.argv[2], die)
if sys.argv[3] == "provider":
    provider.terminate_node(gpu)
else:
    provider.cleanup_cluster_resources()
"""


def _die(folder: Path, when: str, how: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(folder), when, how], cwd=ROOT, check=False, timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("how", ["provider", "teardown"])
def test_killed_between_the_deletion_and_its_entry_the_cost_stays_in_the_months_sum(tmp_path: Path, how: str) -> None:
    """`kill -9` right after DELETE: the next process books the stop when it was begun, two hours after the start."""
    _die(tmp_path, "after", how)
    books = SpendLedger(ledger_path(str(tmp_path), "demo"))
    begun = [each for each in books.open_stops() if each.role == "worker"]
    assert len(begun) == 1
    cloud = FakeCloud(FakeClock())  # the account without that machine
    cloud.clock.time_s = begun[0].at_s + 5 * 3_600
    provider = open_provider(cloud, tmp_path)
    assert provider.non_terminated_nodes({}) == []
    stops = [each for each in books.entries() if each.event == "stopped" and each.role == "worker"]
    assert [each.at_s for each in stops] == [begun[0].at_s]
    start_s = next(each.at_s for each in books.entries() if each.event == "started" and each.role == "worker")
    whole = books.gone_usd(start_s, cloud.clock.now_s())
    heads = sum(each.price_usd_per_h * 3 for each in books.entries() if (each.role, each.event) == ("head", "stopped"))
    assert 2 * GPU_USD_PER_H <= whole <= 2.1 * GPU_USD_PER_H + heads
    provider.non_terminated_nodes({})
    assert sum(each.event == "stopped" and each.role == "worker" for each in books.entries()) == 1


def test_killed_before_the_deletion_the_machine_goes_on_and_is_no_stop(tmp_path: Path) -> None:
    """It is listed, so it counts as running; its real end is booked when it comes."""
    cloud = FakeCloud(FakeClock())
    provider = open_provider(cloud, tmp_path)
    provider.create_node(HEAD, HEAD_TAGS, 1)
    (gpu,) = provider.create_node(WORKER, WORKER_TAGS, 1)
    provider._fleet.book_stop("stopping", next(each for each in list_machines(client(cloud)) if each.id == int(gpu)))
    again = open_provider(cloud, tmp_path)
    assert gpu in again.non_terminated_nodes({})
    books = SpendLedger(ledger_path(str(tmp_path), "demo"))
    assert [each.event for each in books.entries() if each.machine_id == int(gpu)] == ["started", "stopping"]
    cloud.clock.sleep(3_600)
    again.terminate_node(gpu)
    stopped = [each for each in books.entries() if each.key() == (int(gpu), "stopped")]
    assert len(stopped) == 1
    assert cloud.clock.now_s() - stopped[0].at_s < 60


def test_a_reaper_books_where_a_record_is_and_makes_none_where_there_is_none(tmp_path: Path) -> None:
    """The laptop that made a head has its record; a machine of somebody else's cluster gets no file here."""
    cloud = FakeCloud(FakeClock())
    provider = open_provider(cloud, tmp_path / "here")
    provider.create_node(HEAD, HEAD_TAGS, 1)
    (gpu,) = provider.create_node(WORKER, WORKER_TAGS, 1)
    api = client(cloud)
    condemned = [Condemned(each, "past its deadline") for each in list_machines(api) if each.id == int(gpu)]
    reap(api, condemned, cloud.clock, StopBooks(api.now_s, str(tmp_path / "here")))
    books = SpendLedger(ledger_path(str(tmp_path / "here"), "demo"))
    events = [each.event for each in books.entries() if each.machine_id == int(gpu)]
    assert events == ["started", "stopping", "stopped"]
    StopBooks(api.now_s, str(tmp_path / "elsewhere"))("stopping", condemned[0].machine)
    assert not (tmp_path / "elsewhere").exists()

"""The volume of older bars against the simulated DigitalOcean: once, whatever answer is lost, and never by surprise."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

import pytest
import requests

from cli.cluster.volume import mount
from cluster.api import DigitalOcean
from cluster.errors import ApiError, ClusterError, SpendCapError
from cluster.simulator.agenda import VirtualClock
from cluster.simulator.cloud import TOKEN, SimulatedCloud
from cluster.simulator.faults import Fault, FaultKind, Script
from cluster.simulator.transport import InProcessAdapter
from cluster.volumes import Volume, attach_volume, delete_volume, find_volume, refuse_over_month
from tests.fakes.specification import specification

BARE = {"region": "tor1", "size": "s-2vcpu-4gb", "image": "ubuntu-24-04-x64"}


class Account:
    """An account, its time, and a client; DigitalOcean's specification judges every call where it is there."""

    def __init__(self, *faults: Fault) -> None:
        self.virtual = VirtualClock(datetime.fromisoformat("2026-11-02T10:00:00+00:00"))
        self.cloud = SimulatedCloud(
            now=self.virtual,
            generator=random.Random(1),
            faults=Script(faults),
            judged=True,
            specification=specification(),
        )

        def session() -> requests.Session:
            made = requests.Session()
            made.mount("https://", InProcessAdapter(self.cloud))
            return made

        self.api = DigitalOcean(TOKEN, clock=self, open_session=session, end_point="https://api.digitalocean.com/v2/")
        self.machine = self.launch("one")

    def now_s(self) -> float:
        """The simulation's time."""
        return self.virtual().timestamp()

    def sleep(self, duration_s: float) -> None:
        """It is later."""
        self.virtual.sleep(duration_s)

    def launch(self, name: str) -> int:
        """The number of a machine that runs."""
        number = int(self.api.post("droplets", {"name": name, **BARE}).body["droplet"]["id"])
        self.sleep(600)
        return number

    def attach(self, machine: int | None = None, size_gb: int = 100) -> Volume:
        """The volume of the cluster `demo`, attached."""
        return attach_volume(
            self.api, self, cluster="demo", region="tor1", droplet_id=machine or self.machine, size_gb=size_gb
        )

    def volumes(self) -> int:
        """How many there are."""
        return len(self.api.list_all("volumes", "volumes"))


def test_it_is_bought_once_and_attached() -> None:
    """Asked for twice there is one volume of the size asked first, at ten cents a GB, on the machine."""
    account = Account()
    made = account.attach()
    assert (made.size_gb, made.usd_per_month, made.droplet_ids) == (100, 10.0, (account.machine,))
    assert account.attach(size_gb=500) == made
    assert account.volumes() == 1
    assert account.cloud.spec_violations == []


@pytest.mark.parametrize("path", ["volumes$", "actions$"])
@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT_AFTER, FaultKind.BAD_GATEWAY])
def test_a_lost_answer_buys_no_second_one(path: str, kind: FaultKind) -> None:
    """Whether the request took effect or not, a repeat ends with one volume that is attached."""
    account = Account(Fault(kind, method="POST", path=path))
    for _ in range(2):
        try:
            made = account.attach()
        except ClusterError:
            continue
    assert made.droplet_ids == (account.machine,)
    assert account.volumes() == 1


def test_an_action_that_fails_is_told_with_what_it_costs() -> None:
    """A volume that never gets attached is named as one that costs money, and can be deleted."""
    account = Account(Fault(FaultKind.ACTION_ERRORS, method="POST", path="actions$"))
    with pytest.raises(ClusterError, match=r"costs \$10.00 a month"):
        account.attach()
    gone = delete_volume(account.api, "demo")
    assert gone is not None
    assert account.volumes() == 0


def test_a_volume_of_another_machine_is_left_there() -> None:
    """It is neither moved nor deleted while a machine has it."""
    account = Account()
    account.attach()
    with pytest.raises(ClusterError, match="attached to machine"):
        account.attach(account.launch("two"))
    with pytest.raises(ClusterError, match="Nothing was deleted"):
        delete_volume(account.api, "demo")
    found = find_volume(account.api, "demo")
    assert found is not None
    assert found.droplet_ids == (account.machine,)


def test_other_volumes_are_never_touched() -> None:
    """A stranger's volume is not taken for the cluster's, and not deleted."""
    account = Account()
    account.api.post("volumes", {"name": "photos", "region": "tor1", "size_gigabytes": 5})
    assert find_volume(account.api, "demo") is None
    assert delete_volume(account.api, "demo") is None
    assert account.volumes() == 1


def test_a_refusal_is_told() -> None:
    """Without the scope nothing is bought."""
    account = Account(Fault(FaultKind.FORBIDDEN, method="POST", path="volumes$", times=9))
    with pytest.raises(ApiError, match="403"):
        account.attach()
    assert account.volumes() == 0


def test_the_month_has_a_cap() -> None:
    """A head of $24 and 100 GB fit into $34 and not into $33."""
    refuse_over_month(100, 24.0, 34.0)
    with pytest.raises(SpendCapError, match=r"\$34.00 a month; the cap is \$33.00"):
        refuse_over_month(100, 24.0, 33.0)


def test_elsewhere_it_says_how_to_mount(tmp_path: Path) -> None:
    """Where the device isn't, nothing is mounted or written, and the commands are told."""
    told = mount(Volume("1", "inplay-demo-bars", "tor1", 100, (7,)), tmp_path, tmp_path / "fstab")
    assert "mount /mnt/inplay-demo-bars" in told
    assert list(tmp_path.iterdir()) == []

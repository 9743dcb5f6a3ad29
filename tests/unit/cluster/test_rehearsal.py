"""The parts of the rehearsal that need no namespaces."""

from __future__ import annotations

import copy
import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster.rehearsal import isolation
from cluster.rehearsal.commands import RehearsalError
from cluster.rehearsal.config import adapt
from cluster.rehearsal.droplets import Namespace, Namespaces
from cluster.rehearsal.firewall import allowed_tcp_ports, ruleset
from cluster.rehearsal.laptop import Laptop
from cluster.rehearsal.probe import knock
from cluster.rehearsal.report import Report
from cluster.rehearsal.rooms import Room
from cluster.rehearsal.wires import Addresses
from cluster.simulator.agenda import VirtualClock
from cluster.simulator.cloud import TOKEN, SimulatedCloud
from cluster.simulator.messages import Request
from tests.fakes.eventually import eventually

ROOT = Path(__file__).parents[3]
RULES = {
    "inbound_rules": [
        {"protocol": "tcp", "ports": "22", "sources": {"addresses": ["203.0.113.0/24", "::/0"]}},
        {"protocol": "udp", "ports": "8000-8010", "sources": {"addresses": ["10.1.0.0/16"]}},
        {"protocol": "icmp", "ports": "0", "sources": {"addresses": ["0.0.0.0/0"]}},
    ],
    "outbound_rules": [{"protocol": "tcp", "ports": "0", "destinations": {"addresses": ["0.0.0.0/0"]}}],
}
GOOD: dict[str, Any] = {
    "gpu_task_ran_on": "worker", "firewall_before_first_droplet": True, "spec_violations": 0,
    "reboot": {"same_actor": True}, "headless": {"gone": True},
    "failed_trainings": {"refused": "XGBoost trains on 'cpu'", "cancelled": {"reserved": True, "left": 0}},
    "ports_allowed_to_strangers": [[22, 22]], "ports_open_to_strangers": {"head": [22]},
    "refused_without_token": {"dashboard": {"refused": True}},
}  # fmt: skip


class Told:
    """Machines that only remember what they were told."""

    def __init__(self) -> None:
        self.started: list[tuple[dict[str, Any], list[str]]] = []
        self.guards: list[tuple[int, list[str]]] = []

    def start(self, droplet: dict[str, Any], user_data: str, public_keys: Sequence[str]) -> None:
        assert user_data == ""
        self.started.append((droplet, list(public_keys)))

    def guard(self, droplet_id: int, firewalls: Sequence[dict[str, Any]]) -> None:
        sources = [a for each in firewalls for rule in each["inbound_rules"] for a in rule["sources"]["addresses"]]
        self.guards.append((droplet_id, sources))

    def stop(self, droplet_id: int) -> None:
        self.guards.append((droplet_id, ["gone"]))


class Cloud:
    """A simulated cloud whose machines are `Told`."""

    def __init__(self) -> None:
        self.told, self.clock = Told(), VirtualClock()
        self.cloud = SimulatedCloud(now=self.clock, generator=random.Random(3), machines=self.told)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        sent = b"" if body is None else json.dumps(body).encode()
        answer = self.cloud.answer(Request.of(method, f"/v2/{path}", {"Authorization": f"Bearer {TOKEN}"}, sent))
        assert answer.status < 300, answer.body
        return json.loads(answer.body or b"{}")


def a_guarded_droplet() -> tuple[Cloud, dict[str, Any], str]:
    """A droplet that runs behind a firewall that follows its tag, with a key; and the firewall's id."""
    cloud = Cloud()
    cloud.ask("POST", "tags", {"name": "ours"})
    vpc = cloud.ask("POST", "vpcs", {"name": "net", "region": "tor1", "ip_range": "10.9.8.0/28"})["vpc"]
    key = cloud.ask("POST", "account/keys", {"name": "k", "public_key": "ssh-ed25519 AAAA me"})["ssh_key"]
    rules = {"inbound_rules": [{"protocol": "tcp", "ports": "22", "sources": {"addresses": ["192.0.2.1/32"]}}]}
    wall = cloud.ask("POST", "firewalls", {"name": "wall", "tags": ["ours"], **rules})["firewall"]
    body = {"name": "head", "size": "s-2vcpu-4gb", "image": "ubuntu-24-04-x64", "region": "tor1", "tags": ["ours"]}
    made = cloud.ask("POST", "droplets", {**body, "vpc_uuid": vpc["id"], "ssh_keys": [key["id"]]})["droplet"]
    cloud.clock.sleep(60)
    return cloud, cloud.ask("GET", f"droplets/{made['id']}")["droplet"], wall["id"]


def test_a_droplets_private_address_lies_in_its_network() -> None:
    """The private address is one of the VPC's range, which the firewall lets in, and no two droplets share one."""
    cloud, droplet, _ = a_guarded_droplet()
    body = {"size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64", "region": "tor1", "vpc_uuid": droplet["vpc_uuid"]}
    cloud.ask("POST", "droplets", {**body, "names": ["a", "b"]})
    cloud.clock.sleep(60)
    listed = cloud.ask("GET", "droplets")["droplets"]
    private = [n["ip_address"] for each in listed for n in each["networks"]["v4"] if n["type"] == "private"]
    assert sorted(private) == ["10.9.8.2", "10.9.8.3", "10.9.8.4"]


def test_a_full_network_refuses_a_droplet() -> None:
    """Of a /28's 14 addresses one is the gateway's, so 13 droplets fit and the 14th is refused."""
    cloud, droplet, _ = a_guarded_droplet()
    body = {"size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64", "region": "tor1", "vpc_uuid": droplet["vpc_uuid"]}
    cloud.ask("POST", "droplets", {**body, "names": [f"n{number}" for number in range(10)]})
    cloud.ask("POST", "droplets", {**body, "names": ["x", "y"]})
    with pytest.raises(AssertionError, match="no free address"):
        cloud.ask("POST", "droplets", {**body, "name": "one-too-many"})


def test_a_machine_starts_with_the_keys_that_were_named() -> None:
    """The machine's door opens to the keys of the request and to no others."""
    cloud, droplet, _ = a_guarded_droplet()
    cloud.ask("POST", "account/keys", {"name": "other", "public_key": "ssh-ed25519 BBBB other"})
    assert [(each["id"], keys) for each, keys in cloud.told.started] == [(droplet["id"], ["ssh-ed25519 AAAA me"])]


def test_a_machine_is_told_its_firewall_and_each_change_once() -> None:
    """Rules in force are told when the machine runs, when they change, and when they are lifted; never twice."""
    cloud, droplet, wall = a_guarded_droplet()
    rule = {"protocol": "tcp", "ports": "22", "sources": {"droplet_ids": [droplet["id"]]}}
    cloud.ask("PUT", f"firewalls/{wall}", {"name": "wall", "tags": ["ours"], "inbound_rules": [rule]})
    cloud.ask("GET", "firewalls")
    cloud.clock.sleep(10)
    cloud.ask("GET", "firewalls")
    cloud.ask("DELETE", f"firewalls/{wall}")
    cloud.ask("DELETE", f"droplets/{droplet['id']}")
    cloud.clock.sleep(10)
    cloud.ask("GET", "droplets")
    own = [network["ip_address"] for network in droplet["networks"]["v4"]]
    told = [(number, sorted(sources)) for number, sources in cloud.told.guards]
    assert told == [(droplet["id"], each) for each in (["192.0.2.1/32"], sorted(own), [], ["gone"])]


def test_without_a_firewall_everything_is_let_through() -> None:
    """A droplet that no firewall protects is open."""
    assert ruleset([]).count("policy accept") == 2


def test_a_firewall_drops_what_no_rule_lets_through() -> None:
    """Each rule becomes a line for each address, of the right family, and the rest is dropped."""
    written = ruleset([RULES])
    assert written.count("policy drop") == 2
    assert "ip saddr 203.0.113.0/24 tcp dport 22-22 accept" in written
    assert "ip6 saddr ::/0 tcp dport 22-22 accept" in written
    assert "ip saddr 10.1.0.0/16 udp dport 8000-8010 accept" in written
    assert "ip saddr 0.0.0.0/0 meta l4proto icmp accept" in written
    assert "ip daddr 0.0.0.0/0 tcp dport 0-65535 accept" in written


@pytest.mark.parametrize(("source", "ports"), [("203.0.113.9/32", [(22, 22)]), ("198.51.100.1/32", [])])
def test_what_strangers_may_reach_follows_from_the_rules(source: str, ports: list[tuple[int, int]]) -> None:
    """An address inside a rule's range may reach its TCP ports; one outside of all may reach none."""
    assert allowed_tcp_ports([RULES], source) == ports


def test_the_shipped_file_is_changed_in_its_time_outs_only() -> None:
    """The rehearsed copy of the shipped file differs in idle time-outs, one sentence each; the original stays."""
    shipped = yaml.safe_load((ROOT / "ray-cluster.yaml").read_text(encoding="utf-8"))
    before = copy.deepcopy(shipped)
    made, differences = adapt(shipped)
    assert shipped == before
    assert len(differences) == len(shipped["available_node_types"]) - 1
    assert all("idle_timeout_s" in each for each in differences)
    for node_type in [*made["available_node_types"].values(), *before["available_node_types"].values()]:
        node_type.pop("idle_timeout_s", None)
    assert made == before


def test_what_else_has_to_differ_is_told() -> None:
    """A key, an address of the admin's and a folder of the user's own are replaced, each with a sentence."""
    shipped = yaml.safe_load((ROOT / "ray-cluster.yaml").read_text(encoding="utf-8"))
    shipped["auth"]["ssh_private_key"] = "~/.ssh/mine"
    shipped["provider"] |= {"admin_cidrs": ["203.0.113.7/32"], "ledger_folder": "/srv/books"}
    made, differences = adapt(shipped)
    told = " ".join(differences)
    assert all(each in told for each in ("~/.ssh/mine", "198.18.0.1/32", "/srv/books"))
    assert made["provider"]["admin_cidrs"] == ["203.0.113.7/32", "198.18.0.1/32"]
    assert "ssh_private_key" not in made["auth"]
    assert made["provider"]["ledger_folder"] == "~/.inplay"


def test_a_good_report_has_nothing_wrong() -> None:
    """Where everything was as it must be, nothing is wrong, judged by DigitalOcean's specification or not."""
    assert Report(**GOOD).wrong() == []
    assert Report(**GOOD | {"spec_violations": None}).wrong() == []


@pytest.mark.parametrize(
    "fault",
    [
        {"gpu_task_ran_on": None}, {"droplets_left": 1}, {"resources_left": {"vpcs": ["x"]}}, {"spec_violations": 1},
        {"firewall_before_first_droplet": False}, {"firewall_before_first_droplet": None}, {"token_found_in": ["log"]},
        {"failed_trainings": None}, {"failed_trainings": {"refused": "", "cancelled": {"reserved": True, "left": 0}}},
        {"failed_trainings": {"refused": "trains on 'cpu'", "cancelled": {"reserved": False, "left": 0}}},
        {"failed_trainings": {"refused": "trains on 'cpu'", "cancelled": {"reserved": True, "left": 1}}},
        {"headless": None}, {"headless": {"gone": False}},
        {"headless": {"gone": True, "spared_at_first": False}}, {"setup_repeated": ["worker: uv pip install"]},
        {"reboot": None}, {"reboot": {"same_actor": False}}, {"failed": "it failed"}, {"ports_open_to_strangers": {}},
        {"ports_open_to_strangers": {"head": [22, 6379]}}, {"refused_without_token": {}},
        {"refused_without_token": {"job API": {"refused": False}}},
    ],
    ids=str,
)  # fmt: skip
def test_each_fault_is_wrong(fault: dict[str, Any]) -> None:
    """Each single fault of a rehearsal is named."""
    assert len(Report(**GOOD | fault).wrong()) == 1


STOPS: dict[str, Any] = {
    "workers_only": {"head_stays": True, "worker_gone": True},
    "keep_min_workers": {"head_gone": True, "worker_stays": True, "reaper_said": "", "reaper_spares": True},
    "exec_stop": {"workers_gone": True, "head_off": True, "reaper_said": "x is off. It is billed on"},
}


def test_each_way_of_stopping_is_judged() -> None:
    """A rehearsal of the ways of stopping is good when each left what it must, and names what it didn't."""
    assert Report(stops=STOPS, setup_repeated=["the kept worker: uv pip install"]).wrong() == []
    for way, found in STOPS.items():
        for what in found:
            spoilt = {**STOPS, way: {**found, what: "" if what == "reaper_said" else False}}
            wrong = Report(stops=spoilt).wrong()
            assert len(wrong) == (0 if (way, what) == ("keep_min_workers", "reaper_said") else 1)


def droplet(folder: Path, script: str, told: list[str]) -> Namespaces:
    """A droplet whose first process is a script of the shell."""
    machines = Namespaces(folder / "droplets", {}, told.append, lambda _: None)
    room = Room(folder / "droplets" / "5")
    room.folder.mkdir()
    with (room.folder / "console.log").open("wb") as console:
        process = subprocess.Popen(["sh", "-c", script], stdout=console, stderr=console)
    machines.running[5] = Namespace(5, "inplay-demo-h-5", "s", room, Addresses(None, None), process)
    return machines


def test_a_droplet_that_dies_at_boot_ends_the_step_with_its_words(tmp_path: Path) -> None:
    """Who waits for it is told at once what its first process said, once, and what follows can be taken down."""
    machines = droplet(tmp_path, "echo 'OSError: Invalid argument' >&2; exit 1", [])
    laptop = Laptop(tmp_path / "home", tmp_path / "cluster.yaml", tmp_path, "http://x/", "t")
    laptop.trouble = machines.trouble
    with pytest.raises(RehearsalError, match="died with 1: OSError: Invalid argument"):
        laptop._run("sleeps", ["sleep", "60"], 50.0, dict(os.environ))
    assert machines.trouble() == ""
    assert laptop._run("says", ["echo", "on"], 50.0, dict(os.environ)) == "on\n"
    assert len(machines.failures) == 1


def test_a_droplet_that_switches_itself_off_is_no_failure(tmp_path: Path) -> None:
    """It is known as switched off, and nobody's step ends."""
    told: list[str] = []
    machines = droplet(tmp_path, "exit 0", told)
    eventually(lambda: machines.trouble() == "" and machines.switched_off, what="it is off")
    assert machines.failures == []
    assert told == ["droplet inplay-demo-h-5 switched itself off"]


def test_a_droplet_that_cannot_be_started_ends_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails before its first process is told to who waits for it as well."""
    machines = Namespaces(tmp_path / "droplets", {}, lambda _: None, lambda _: None)

    def refuse(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(machines, "_start", refuse)
    machines.start({"name": "inplay-demo-h-5"}, "", [])
    assert "inplay-demo-h-5 could not be started: OSError: no space left" in machines.trouble()
    assert machines.trouble() == ""


def test_a_command_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """The time limit is told as such."""
    laptop = Laptop(tmp_path / "home", tmp_path / "cluster.yaml", tmp_path, "http://x/", "t")
    with pytest.raises(RehearsalError, match="didn't end within 0 s"):
        laptop._run("sleeps", ["sleep", "60"], 0.2, dict(os.environ))


@pytest.mark.skipif(os.geteuid() != 0, reason="a host name of its own takes root")
def test_a_host_name_that_linux_refuses_is_told(tmp_path: Path) -> None:
    """A droplet's first process says which name of how many characters wasn't taken."""
    (tmp_path / "room.json").write_text(
        json.dumps({"folder": str(tmp_path), "hostname": "a" * 72, "metadata": {}}), encoding="utf-8"
    )
    boot = [sys.executable, "-P", "-m", "cluster.rehearsal.first_process", str(tmp_path / "room.json")]
    done = subprocess.run(
        ["unshare", "--uts", "--mount", *boot], capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
    )
    assert done.returncode == 1
    assert f"the host name {'a' * 72} of 72 characters isn't taken" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="namespaces take root")
def test_a_module_in_the_working_folder_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A user's cluster.py, beside the file that is rehearsed, isn't run, which here would be as root."""
    for name in ("cluster", "trading", "cli", "adapters"):
        (tmp_path / f"{name}.py").write_text("print('the module of the user ran')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert isolation.run_apart(["--help"]) == 0
    said = "".join(capfd.readouterr())
    assert "usage" in said.lower()
    assert "the module of the user ran" not in said


def test_the_knock_finds_what_listens() -> None:
    """A port that listens is open, and its neighbours, where nobody does, are refused."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        found = knock("127.0.0.1", range(port, port + 1), answer_s=0.2)
    assert found == {"open": [port], "refused": []}
    assert knock("127.0.0.1", range(port, port + 1), answer_s=0.2) == {"open": [], "refused": [port]}


def test_without_root_it_says_how_to_run_it() -> None:
    """Another user is told to use sudo, before anything is started."""
    with pytest.raises(RehearsalError, match="sudo"):
        isolation.check_this_machine(user_id=1000)


def test_missing_programs_are_named_by_their_packages() -> None:
    """Who lacks programs is told the packages that bring them, each once."""

    def find(name: str, *, path: str) -> str | None:
        assert path
        return None if name in ("nft", "sshd", "ip") else f"/usr/bin/{name}"

    with pytest.raises(RehearsalError, match=r"apt-get install iproute2 nftables openssh-server$"):
        isolation.check_this_machine(user_id=0, find=find)

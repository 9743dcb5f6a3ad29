"""The simulator's droplets as namespaces of this machine: network, mount, PID, UTS; own sshd, own home."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

from cluster.rehearsal import stand_ins, wires
from cluster.rehearsal.commands import RehearsalError
from cluster.rehearsal.first_process import SWITCHED_OFF, metadata_of
from cluster.rehearsal.rooms import Room, furnish
from cluster.rehearsal.wires import Addresses

STOP_TIMEOUT_S = 20.0


@dataclass
class Namespace:
    """A running droplet. `may_end`: somebody ends its processes, or has learnt that they ended."""

    id: int
    name: str
    size: str
    room: Room
    addresses: Addresses
    process: subprocess.Popen[bytes]
    may_end: bool = False

    @property
    def netns(self) -> str:
        """The name of its network namespace."""
        return netns_of(self.id)

    @property
    def is_head(self) -> bool:
        """Whether it is the cluster's head, as its name says."""
        return "-h-" in self.name


def netns_of(droplet_id: int) -> str:
    """The network namespace of a droplet."""
    return f"d{droplet_id % 100_000}"


class Namespaces:
    """Implements `Machines`. Safe to be asked by one thread while others read.

    Args:
        folder: for the droplets' files; of memory, so that nothing of them stays.
        environment: what every login of a droplet finds set.
        happened: told of every start and end.
        leaving: looks at a droplet's files before they go.
    """

    def __init__(
        self,
        folder: Path,
        environment: dict[str, str],
        happened: Callable[[str], None],
        leaving: Callable[[Namespace], None],
    ) -> None:
        self._folder, self._environment = folder, environment
        self._happened, self._leaving = happened, leaving
        self._lock = threading.Lock()
        self.consoles = folder / "consoles"
        self.consoles.mkdir(parents=True)
        self.running: dict[int, Namespace] = {}
        self.answered: list[str] = []
        self.repeated: list[str] = []
        self.failures: list[str] = []
        self._unborn: list[str] = []
        self.switched_off: list[Namespace] = []

    def start(self, droplet: dict[str, Any], user_data: str, public_keys: Sequence[str]) -> None:
        """The droplet boots; its SSH answers about a second later."""
        known = len(self.failures)
        with self._noted():
            self._start(droplet, user_data, public_keys)
        self._unborn += [f"{droplet['name']} could not be started: {each}" for each in self.failures[known:]]

    def guard(self, droplet_id: int, firewalls: Sequence[dict[str, Any]]) -> None:
        """The firewalls are in force in the droplet's network namespace."""
        if droplet_id in self.running:
            with self._noted():
                wires.guard(netns_of(droplet_id), list(firewalls))
            names = ", ".join(firewall["name"] for firewall in firewalls) or "none"
            self._happened(f"firewall of {self.running[droplet_id].name}: {names}")

    def stop(self, droplet_id: int) -> None:
        """Every process of the droplet is dead, its wires and files are gone."""
        with self._lock:
            gone = self.running.pop(droplet_id, None)
        if gone is not None:
            with self._noted():
                self._stop(gone)
            self._happened(f"droplet {gone.name} is gone")

    def trouble(self) -> str:
        """In words, once each, which droplet was not started or whose first process died; empty when none did.

        Whoever waits for such a droplet would wait in vain. One that switched itself off is in `switched_off`.
        """
        with self._lock:
            ended = [each for each in self.running.values() if not each.may_end and each.process.poll() is not None]
            for each in ended:
                each.may_end = True
            words, self._unborn = self._unborn, []
        for each in ended:
            if each.process.returncode == SWITCHED_OFF:
                self.switched_off.append(each)
                self._happened(f"droplet {each.name} switched itself off")
            else:
                words.append(f"{each.name} died with {each.process.returncode}: {_last_words(each.room)}")
        self.failures += [each for each in words if each not in self.failures]
        return "; ".join(words)

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        """What fails is kept for the report: whoever asked the API isn't to blame, and the simulation goes on."""
        try:
            yield
        except (RehearsalError, OSError, subprocess.TimeoutExpired) as error:
            self.failures.append(f"{type(error).__name__}: {error}")

    def _start(self, droplet: dict[str, Any], user_data: str, public_keys: Sequence[str]) -> None:
        room = Room(self._folder / str(droplet["id"]))
        addresses = _addresses(droplet)
        furnish(room, droplet["name"], list(public_keys), self._environment)
        wires.connect(netns_of(droplet["id"]), addresses)
        asked = {
            "folder": str(room.folder), "hostname": droplet["name"],
            "metadata": metadata_of(droplet, list(public_keys), user_data),
        }  # fmt: skip
        (room.folder / "room.json").write_text(json.dumps(asked), encoding="utf-8")
        made = Namespace(
            droplet["id"], droplet["name"], droplet["size_slug"], room, addresses, _boot(room, droplet["id"])
        )
        with self._lock:
            self.running[made.id] = made
        self._happened(f"droplet {made.name} ({made.size}) boots")

    def _stop(self, gone: Namespace) -> None:
        gone.may_end = True
        _end(gone.process)
        self._leaving(gone)
        answered = [f"{gone.name}: {line}" for line in stand_ins.answered(gone.room.root)]
        self.answered += answered
        self.repeated += [line for line, times in Counter(answered).items() if times > 1]
        wires.disconnect(gone.netns)
        shutil.copy2(gone.room.folder / "console.log", self.consoles / f"console-{gone.name}.log")
        for log in gone.room.root.glob("tmp/ray/session_2*/logs/monitor.*"):
            shutil.copy2(log, self.consoles / f"{gone.name}-{log.name}")
        shutil.rmtree(gone.room.folder)

    def reboot(self, droplet_id: int) -> None:
        """Every process of the droplet was killed, and it boots again from its disk."""
        machine = self.running[droplet_id]
        machine.may_end = True
        _end(machine.process)
        machine.process = _boot(machine.room, droplet_id)
        machine.may_end = False
        self._happened(f"droplet {machine.name} boots again")

    def head(self) -> Namespace | None:
        """The cluster's head, if it runs."""
        with self._lock:
            return next((each for each in self.running.values() if each.is_head), None)

    def workers(self) -> list[Namespace]:
        """What runs beside the head."""
        with self._lock:
            return [each for each in self.running.values() if not each.is_head]


def _last_words(room: Room) -> str:
    """What the droplet's first process said at the end."""
    try:
        said = (room.folder / "console.log").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        said = ""
    return " / ".join(said.splitlines()[-3:])[-500:] or "it said nothing"


def _boot(room: Room, droplet_id: int) -> subprocess.Popen[bytes]:
    command = ["ip", "netns", "exec", netns_of(droplet_id)]
    command += ["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child"]
    command += [sys.executable, "-P", "-m", "cluster.rehearsal.first_process", str(room.folder / "room.json")]
    with (room.folder / "console.log").open("ab") as console:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console)


def _end(process: subprocess.Popen[bytes]) -> None:
    first = first_pid(process)
    process.kill()  # its first process dies with it, and with that all others
    process.wait(STOP_TIMEOUT_S)
    deadline_s = time.monotonic() + STOP_TIMEOUT_S
    while first is not None and not _buried(first):
        if time.monotonic() > deadline_s:
            raise RehearsalError(f"The droplet's first process {first} doesn't die. No real machine ran.")
        time.sleep(0.02)


def _buried(pid: int) -> bool:
    """Whether the process is gone. Orphans fall to the rehearsal's first process, which this is, and wait for it."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return not Path(f"/proc/{pid}").exists()


def first_pid(process: subprocess.Popen[bytes]) -> int | None:
    """The droplet's first process, as it is numbered outside; None before it is there."""
    with contextlib.suppress(FileNotFoundError):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
        return int(children[0]) if children else None
    return None


def _addresses(droplet: dict[str, Any]) -> Addresses:
    found = {
        network["type"]: IPv4Interface(f"{network['ip_address']}/{network['netmask']}")
        for network in droplet["networks"]["v4"]
    }
    return Addresses(found.get("public"), found.get("private"), droplet["vpc_uuid"])

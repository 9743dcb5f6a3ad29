"""Who gets in: a stranger at the public address, and whoever has no token at Ray's own doors."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from cluster.rehearsal import wires
from cluster.rehearsal.commands import RehearsalError, entering, run
from cluster.rehearsal.droplets import Namespace
from cluster.rehearsal.firewall import allowed_tcp_ports
from cluster.simulator.cloud import SimulatedCloud

Json = dict[str, Any]
KNOCK_TIMEOUT_S = 60.0
DASHBOARD = "http://127.0.0.1:8265"
PATHS = {"dashboard": "/api/cluster_status", "job API": "/api/jobs/"}


def eventually(ask: Callable[[], Json], within_s: float) -> Json:
    """The first answer to a question that is asked until there is one. Raises: RehearsalError, the last one."""
    until_s = time.monotonic() + within_s
    while True:
        try:
            return ask()
        except RehearsalError:
            if time.monotonic() > until_s:
                raise
            time.sleep(1.0)


def open_to_strangers(machine: Namespace) -> list[int]:
    """The TCP ports of its public address that answer a stranger."""
    if machine.addresses.public is None:
        return []
    command = [sys.executable, "-m", "cluster.rehearsal.probe", str(machine.addresses.public.ip)]
    found: list[int] = json.loads(run(*entering("stranger", command), timeout_s=KNOCK_TIMEOUT_S))["open"]
    return found


def allowed_to_strangers(cloud: SimulatedCloud) -> list[list[int]]:
    """Ranges of TCP ports that the cluster's file, and so its firewall, opens to the stranger's address."""
    firewalls = list(cloud.settle().firewalls.values())
    return [list(each) for each in allowed_tcp_ports(firewalls, f"{wires.STRANGER}/32")]


def tried_without_token(head: Namespace) -> dict[str, Any]:
    """What Ray's doors on the head say to somebody who got as far as the head and has no token."""
    return {name: _asked(head, path) for name, path in PATHS.items()}


def _asked(head: Namespace, path: str) -> dict[str, Any]:
    without = _status(head, path, [])
    token = (head.room.root / "root/.ray/auth_token").read_text(encoding="utf-8").strip()
    with_it = _status(head, path, ["-H", f"Authorization: Bearer {token}"])
    # With the token it has to answer, or the refusal would prove nothing.
    return {"without": without, "with": with_it, "refused": without in (401, 403) and with_it == 200}  # noqa: PLR2004


def _status(head: Namespace, path: str, headers: Sequence[str]) -> int:
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10", *headers, DASHBOARD + path]
    done = subprocess.run(entering(head.netns, command), capture_output=True, text=True, check=False)
    return int(done.stdout or 0)

"""Who gets in: a stranger at the public address, and whoever has no token at Ray's own doors."""

from __future__ import annotations

import json
import os
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
GCS_PORT = 6379
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
    command = [sys.executable, "-P", "-m", "cluster.rehearsal.probe", str(machine.addresses.public.ip)]
    found: list[int] = json.loads(run(*entering("stranger", command), timeout_s=KNOCK_TIMEOUT_S))["open"]
    return found


def allowed_to_strangers(cloud: SimulatedCloud) -> list[list[int]]:
    """Ranges of TCP ports that the cluster's file, and so its firewall, opens to the stranger's address."""
    firewalls = list(cloud.settle().firewalls.values())
    return [list(each) for each in allowed_tcp_ports(firewalls, f"{wires.STRANGER}/32")]


def tried_without_token(head: Namespace, neighbour: Namespace) -> Json:
    """What Ray's doors say to somebody who got inside and has no token, and to somebody who has it.

    The dashboard and the job API listen on the head's loopback only, so they are tried on the head; the control store
    is tried from a neighbour in the private network. With the token each has to answer, or its refusal proves nothing.
    """
    token = (head.room.root / "root/.ray/auth_token").read_text(encoding="utf-8").strip()
    found: Json = {}
    for name, path in PATHS.items():
        without, with_it = _status(head, path, []), _status(head, path, ["-H", f"Authorization: Bearer {token}"])
        refused = without in (401, 403) and with_it == 200  # noqa: PLR2004
        found[name] = {"without": without, "with": with_it, "refused": refused}
    without_it, with_token = _control_store(head, neighbour, ""), _control_store(head, neighbour, token)
    refused = without_it.startswith("refused") and with_token == "answered"  # noqa: S105  no token but an answer
    found["control store"] = {"without": without_it, "with": with_token, "refused": refused}
    return found


def _control_store(head: Namespace, neighbour: Namespace, token: str) -> str:
    """What Ray's control store says to a neighbour: answered, or refused and why."""
    if head.addresses.private is None:
        raise RehearsalError(f"{head.name} has no private address.")
    address = f"{head.addresses.private.ip}:{GCS_PORT}"
    mode = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token} if token else {"RAY_AUTH_MODE": "disabled"}
    # The token goes by the environment: command lines are public on a machine.
    command = [sys.executable, "-P", "-m", "cluster.rehearsal.ask_control_store", address]
    done = subprocess.run(
        entering(neighbour.netns, command), capture_output=True, text=True, env={**os.environ, **mode}, check=False
    )
    return done.stdout.strip() or f"failed with {done.returncode}: {done.stderr.strip()[-300:]}"


def _status(head: Namespace, path: str, headers: Sequence[str]) -> int:
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10", *headers, DASHBOARD + path]
    done = subprocess.run(entering(head.netns, command), capture_output=True, text=True, check=False)
    return int(done.stdout or 0)

"""What the rehearsal runs on the head: a task that needs a GPU, trainings that fail, an actor that outlives a reboot.

python -m cluster.rehearsal.gpu_task ask|revisit|want
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import ray
from ray.autoscaler.sdk import request_resources

MARK = "rehearsed: "
NAMESPACE = "rehearsal"
ACTOR = "visitor"
RUNNING, VISITED = "/var/tmp/rehearsal-runs", "/var/tmp/rehearsal-visited"  # noqa: S108  of a droplet
HELD_S = 120.0
TRAININGS = "actors.failing_trainings"


class Visitor:
    """Remembers nothing: what has to last is the record that it exists."""

    def where(self) -> dict[str, Any]:
        """Which actor it is, and on which machine."""
        return {"machine": socket.gethostname(), "actor_id": ray.get_runtime_context().get_actor_id()}


def _where() -> dict[str, Any]:
    """Holds its machine until that was visited, and says which it was."""
    Path(RUNNING).touch()
    until_s = time.monotonic() + HELD_S
    while not Path(VISITED).exists() and time.monotonic() < until_s:
        time.sleep(0.1)
    context = ray.get_runtime_context()
    return {
        "machine": socket.gethostname(), "node_id": context.get_node_id(),
        "gpu_ids": context.get_accelerator_ids()["GPU"],
    }  # fmt: skip


def _trainings() -> dict[str, Any]:
    """What trainings that fail on the machine with a GPU said and left; the platform's own, in its own process."""
    said = subprocess.run(
        [sys.executable, "-P", "-m", TRAININGS], stdout=subprocess.PIPE, text=True, check=True, timeout=HELD_S
    )
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1].partition(": ")[2])
    return found


def ask() -> dict[str, Any]:
    """A task with `num_gpus=1` ran, and two trainings failed on its machine; an actor is left running."""
    visitor = ray.remote(Visitor).options(name=ACTOR, lifetime="detached", num_cpus=0, max_restarts=-1).remote()
    visited = ray.get(visitor.where.remote())
    asked_at_s = time.monotonic()
    ran = ray.get(ray.remote(_where).options(num_gpus=1).remote(), timeout=240)
    nodes = {node["NodeID"]: node for node in ray.nodes()}
    trainings = _trainings()
    return {
        "asked_from": socket.gethostname(), "actor": visited, "ran": ran, "done_after_s": time.monotonic() - asked_at_s,
        "resources": nodes[ran["node_id"]]["Resources"], "labels": nodes[ran["node_id"]]["Labels"],
        "trainings": trainings,
    }  # fmt: skip


def revisit() -> dict[str, Any]:
    """The actor of `ask` answers under its name; nobody made it anew."""
    return {"actor": ray.get(ray.get_actor(ACTOR).where.remote(), timeout=60)}


def want() -> dict[str, Any]:
    """The autoscaler is to have a machine with a GPU, whoever asked for it and whatever becomes of this process."""
    request_resources(bundles=[{"GPU": 1}])
    return {"wanted": 1}


if __name__ == "__main__":
    ray.init(address="auto", namespace=NAMESPACE, log_to_driver=False, logging_level="warning")
    sys.stdout.write(MARK + json.dumps({"ask": ask, "revisit": revisit, "want": want}[sys.argv[1]]()) + "\n")

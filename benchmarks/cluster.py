"""The node provider: requests to DigitalOcean in an idle hour and to scale up, and seconds from demand to request.

Requests are counted on the simulator's clock, with Ray's own adapter asking as its autoscaler does every five seconds.
The seconds are real ones: a Ray head with its own autoscaler, the provider in it, the simulated DigitalOcean over HTTP.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ray
import requests
from ray.autoscaler._private.constants import AUTOSCALER_UPDATE_INTERVAL_S
from ray.autoscaler.v2.instance_manager.node_provider import NodeProviderAdapter

from benchmarks.measure import Table
from cluster.api import DigitalOcean
from cluster.provider import DigitalOceanNodeProvider
from cluster.simulator.agenda import VirtualClock
from cluster.simulator.cloud import TOKEN, SimulatedCloud
from cluster.simulator.server import serving
from cluster.simulator.transport import InProcessAdapter

DEMANDS = 5
TIMEOUT_S = 60.0
PER_HOUR = 5_000
"""What DigitalOcean allows. Source: DigitalOcean API reference, "Rate Limit"."""
ROOT = Path(__file__).parents[1]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIsGJaIAKqPRsYcZ4Vd5zGHX6JJXDqmSLUjFBnDJYkhs benchmark"
HEAD = {"size": "s-2vcpu-4gb", "image": "ubuntu-24-04-x64"}
GPU = {"size": "gpu-h100x1-80gb", "image": "gpu-h100x1-base", "max_hours": 4}
CAPS = {"usd_per_h": 100, "usd_per_session": 1_000, "usd_per_month": 10_000}


class _Clock:
    """The simulator's clock, as the provider reads it."""

    def __init__(self) -> None:
        self.virtual = VirtualClock()

    def now_s(self) -> float:
        return self.virtual().timestamp()

    def sleep(self, duration_s: float) -> None:
        self.virtual.sleep(duration_s)


class _Bench:
    """A provider on a simulated account, asked by Ray's adapter on the simulator's clock."""

    def __init__(self, folder: str) -> None:
        self.clock = _Clock()
        self.cloud = SimulatedCloud(now=self.clock.virtual, generator=random.Random(1))  # noqa: S311 - a simulation
        api = DigitalOcean(
            TOKEN, clock=self.clock, open_session=self._session, end_point="https://api.digitalocean.com/v2/"
        )
        self.provider = DigitalOceanNodeProvider(_section(folder), "bench", api=api, clock=self.clock)
        self.adapter = NodeProviderAdapter(self.provider, None)

    def _session(self) -> requests.Session:
        made = requests.Session()
        made.trust_env = False
        made.mount("https://", InProcessAdapter(self.cloud))
        return made

    def create(self, kind: str, node: dict[str, Any]) -> int:
        """How many requests it took."""
        before = len(self.cloud.calls)
        tags = {"ray-node-type": kind, "ray-user-node-type": f"ray.{kind}", "ray-launch-request": "benchmark"}
        self.provider.create_node(node, tags, 1)
        return len(self.cloud.calls) - before

    def until_running(self, machines: int) -> tuple[int, float]:
        """Requests and seconds until so many machines are up and behind their firewall."""
        before, from_s = len(self.cloud.calls), self.clock.now_s()
        while sum(each.is_running for each in self.adapter.get_non_terminated().values()) < machines:
            self.clock.sleep(AUTOSCALER_UPDATE_INTERVAL_S)
        return len(self.cloud.calls) - before, self.clock.now_s() - from_s

    def hour(self) -> int:
        """Requests of an hour in which nothing happens."""
        before, until_s = len(self.cloud.calls), self.clock.now_s() + 3_600
        while self.clock.now_s() < until_s:
            self.adapter.get_non_terminated()
            self.clock.sleep(AUTOSCALER_UPDATE_INTERVAL_S)
        return len(self.cloud.calls) - before


def _section(folder: str) -> dict[str, Any]:
    """The `provider` section of the benchmark's cluster."""
    section = {"region": "tor1", "admin_cidrs": ["203.0.113.7/32"], "spend_caps": CAPS, "ledger_folder": folder}
    return section | {"ssh_public_key_text": KEY}


def _counted(table: Table, folder: str) -> None:
    bench = _Bench(folder)
    first = bench.create("head", HEAD)
    requests_, seconds = bench.until_running(1)
    table.rows.append({"work": "first machine, network and all", "requests": first, "with_waiting": first + requests_})
    table.rows[-1]["seconds"] = seconds
    table.rows.append(
        {"work": "idle hour, head alone", "requests": bench.hour(), "share_of_limit": bench.hour() / 5_000}
    )
    made = bench.create("worker", GPU)
    requests_, seconds = bench.until_running(2)
    table.rows.append({"work": "scale-up by one GPU", "requests": made, "with_waiting": made + requests_})
    table.rows[-1]["seconds"] = seconds
    table.rows.append(
        {"work": "idle hour, head and GPU", "requests": bench.hour(), "share_of_limit": bench.hour() / 5_000}
    )
    table.notes.append(f"at most {bench.cloud.max_calls_per_min()} requests in any minute; DigitalOcean allows 250")


def _idle(what: str, made: int) -> dict[str, Any]:
    return {"work": f"idle hour, {what}", "requests": made, "share_of_limit": made / PER_HOUR}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _file(folder: Path) -> Path:
    """A cluster's file as `ray up` leaves it on the head, for Ray's autoscaler."""
    types: dict[str, Any] = {
        "ray.head": {"resources": {"CPU": 1}, "min_workers": 0, "max_workers": 0, "node_config": HEAD},
        "ray.gpu": {
            "resources": {"CPU": 20, "GPU": 1}, "min_workers": 0, "max_workers": 2 * DEMANDS, "node_config": GPU,
        },
    }  # fmt: skip
    key = folder / "key"  # opens nothing: only its digest is asked for
    key.write_text("none", encoding="utf-8")
    section = {
        "type": "external",
        "module": "cluster.provider.DigitalOceanNodeProvider",
        **_section(str(folder)),
    }
    empty: dict[str, Any] = {key: [] for key in ("setup_commands", "head_setup_commands", "worker_setup_commands")}
    empty |= {"initialization_commands": [], "head_start_ray_commands": [], "worker_start_ray_commands": ["true"]}
    config = {
        "cluster_name": "bench", "max_workers": 2 * DEMANDS, "upscaling_speed": 1.0, "idle_timeout_minutes": 10,
        "provider": section, "auth": {"ssh_user": "root", "ssh_private_key": str(key)},
        "available_node_types": types, "head_node_type": "ray.head", "file_mounts": {}, "cluster_synced_files": [],
        "file_mounts_sync_continuously": False, "rsync_exclude": [], "rsync_filter": [], "docker": {}, **empty,
    }  # fmt: skip
    path = folder / "cluster.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


@contextmanager
def _head(folder: Path, end_point: str, head_id: str) -> Iterator[str]:
    """The head's own process; gives its address."""
    environment = os.environ | {
        "HOME": str(folder), "DIGITALOCEAN_END_POINT": end_point, "DIGITALOCEAN_TOKEN": TOKEN,
        "RAY_enable_autoscaler_v2": "1", "RAY_CLOUD_INSTANCE_ID": head_id, "RAY_NODE_TYPE_NAME": "ray.head",
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    if environment.get("RAY_AUTH_MODE") == "token":  # set by a Ray that this process started before
        environment.setdefault("RAY_AUTH_TOKEN_PATH", str(Path("~/.ray/auth_token").expanduser()))
    command = [
        str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", f"--port={_free_port()}",
        "--num-cpus=1", f"--temp-dir={folder / 'ray'}",
        "--include-dashboard=false", f"--autoscaling-config={_file(folder)}", "--dashboard-agent-listen-port=0",
    ]  # fmt: skip
    with (folder / "head.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield _address(folder / "head.log")
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _address(log: Path) -> str:
    """Where the head says that it is."""
    until_s = time.monotonic() + TIMEOUT_S
    while time.monotonic() < until_s:
        found = re.search(r"--address='([^']+)'", log.read_text(encoding="utf-8"))
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(
        f"Ray's head didn't come up within {TIMEOUT_S:.0f} s: {log.read_text(encoding='utf-8')[-500:]}"
    )


def _nothing() -> None:
    """What the tasks do that nobody waits for."""


def _demanded(cloud: SimulatedCloud) -> float:
    """Seconds from a task that needs a GPU to the request for a machine."""

    def asked() -> int:
        return sum((call.method, call.path) == ("POST", "/v2/droplets") for call in cloud.calls)

    before, from_s = asked(), time.monotonic()
    task: Any = ray.remote(num_gpus=1, num_cpus=0)(_nothing)
    task.remote()
    while asked() == before:
        if time.monotonic() - from_s > TIMEOUT_S:
            raise AssertionError(f"Ray's autoscaler asked for no machine within {TIMEOUT_S:.0f} s")
        time.sleep(0.02)
    return time.monotonic() - from_s


@contextmanager
def autoscaled_head(folder: Path, cloud: SimulatedCloud) -> Iterator[str]:
    """A Ray head, alone in its session, whose autoscaler rents from the simulated DigitalOcean; gone afterwards.

    Gives its address.
    """
    with serving(cloud) as end_point:
        api = DigitalOcean(TOKEN, end_point=end_point)
        provider = DigitalOceanNodeProvider(_section(str(folder)), "bench", api=api)
        (head,) = provider.create_node(HEAD, {"ray-node-type": "head", "ray-user-node-type": "ray.head"}, 1)
        with _head(folder, end_point, head) as address:
            yield address


def _timed(table: Table, folder: Path) -> None:
    cloud = SimulatedCloud(now=lambda: datetime.now(UTC), generator=random.Random(1), droplet_limit=50)  # noqa: S311
    with autoscaled_head(folder, cloud) as address:
        ray.init(address=address, log_to_driver=False, logging_level="error")
        try:
            found = sorted(_demanded(cloud) for _ in range(DEMANDS))
        finally:
            ray.shutdown()
    for work, seconds in (("fastest", found[0]), ("median", found[DEMANDS // 2]), ("slowest", found[-1])):
        table.rows.append({"work": f"demand to request for a machine, {work} of {DEMANDS}", "seconds": seconds})


def run() -> Table:
    """The table of this benchmark."""
    table = Table("cluster", f"Ray's autoscaler asks every {AUTOSCALER_UPDATE_INTERVAL_S} s; simulated DigitalOcean")
    with tempfile.TemporaryDirectory(prefix="inplay-bench-") as folder:
        _counted(table, folder)
    with tempfile.TemporaryDirectory(prefix="inplay-bench-", ignore_cleanup_errors=True) as folder:
        _timed(table, Path(folder))
    table.notes.append("seconds of the first four rows are the simulator's, those of the last three real ones")
    return table

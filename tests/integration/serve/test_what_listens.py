"""What a run's Ray and Serve listen on: nothing but the loopback interface."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from actors.ray_surroundings import ROOT
from serve.own_address import bound
from tests.fakes.listening import is_loopback

SCRIPT = """
import json, os, sys
from pathlib import Path
import httpx, ray
from actors.local import start_ray, stop_ray
from serve.app import build_app, serve_up
from tests.fakes.client import TOKEN
from tests.fakes.listening import addresses, family
from tests.fakes.scoring import Means, ScoringPlatform

@ray.remote(num_cpus=0)
class Service:
    def ready(self):
        return os.getpid()

start_ray(int(sys.argv[1]), Path(sys.argv[3]))
service = Service.remote()
ray.get(service.ready.remote())
url = serve_up(build_app(ScoringPlatform, Means, TOKEN), port=int(sys.argv[2]))
answer = httpx.get(f"{url}/v1/portfolio", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60, trust_env=False)
found = {host: sorted(names) for host, names in addresses(family(os.getpid())).items()}
print(json.dumps({"found": found, "status": answer.status_code, "node": ray.util.get_node_ip_address()}))
stop_ray()
"""


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.platform
def test_a_run_listens_on_the_loopback_interface_only(tmp_path: Path) -> None:
    """Control store, raylet, workers, agents, metrics, replicas, proxy and dashboard, found in this tree of processes.

    It answers all the same, and what was looked for was there: without the processes a look finds nothing.
    """
    script = tmp_path / "driver.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script), _free_port(), _free_port(), str(tmp_path / "data")],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(next(line for line in done.stdout.splitlines() if line.startswith('{"found"')))
    assert told["status"] == 200
    assert told["node"] == "127.0.0.1"
    names = {name for found in told["found"].values() for name in found}
    for expected in ("gcs_server", "raylet", "ray::Service", "ray::ServeRepli", "ray::ProxyActor"):
        assert any(name.startswith(expected) for name in names), (expected, names)
    assert {host: found for host, found in told["found"].items() if not is_loopback(host)} == {}


@pytest.mark.parametrize(
    ("address", "node", "expected"),
    [
        ("[::]:0", "127.0.0.1", "127.0.0.1:0"),
        ("[::]:0", "10.0.0.5", "10.0.0.5:0"),  # a head within its cluster
        ("[::]:0", "fd00::5", "[fd00::5]:0"),
        ("127.0.0.1:7", "10.0.0.5", "127.0.0.1:7"),  # what has an address keeps it
    ],
)
def test_a_replica_binds_to_its_nodes_address(address: str, node: str, expected: str) -> None:
    """All interfaces become one."""
    assert bound(address, node) == expected


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("0.0.0.0", False), ("::", False),  # noqa: S104
     ("::ffff:10.0.0.5", False)],
)  # fmt: skip
def test_which_addresses_are_of_this_machine_alone(host: str, *, loopback: bool) -> None:
    """RFC 1122 and RFC 4291."""
    assert is_loopback(host) is loopback

"""What lies and runs on a droplet of a rehearsal: the canary, its private address, what a boot starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from cluster.rehearsal import canary
from cluster.rehearsal.first_process import Service, enabled_services, metadata_of, serve_metadata
from tests.fakes.eventually import eventually
from tests.unit.cluster.test_rehearsal import ROOT


def test_the_canary_is_found_wherever_it_stands(tmp_path: Path) -> None:
    """A text is found across the border of two blocks of reading, in any folder, and not through a link."""
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/er/log").write_bytes(b"x" * ((1 << 20) - 3) + b"canary" + b"x")
    (tmp_path / "clean").write_text("can ary", encoding="utf-8")
    (tmp_path / "link").symlink_to("deep/er/log")
    assert canary.files_with("canary", tmp_path) == ["deep/er/log"]


def test_the_canary_is_found_in_the_list_of_processes() -> None:
    """A text on a command line is seen, and told without the text itself."""
    text = "canary-of-a-test-4711"
    process = subprocess.Popen([sys.executable, "-c", "input()", text], stdin=subprocess.PIPE)
    try:
        with canary.ProcessWatch(text, every_s=0.01) as watch:
            eventually(lambda: watch.seen, what="the process is seen")
    finally:
        process.communicate(b"\n")
    assert all("[token]" in line and text not in line for line in watch.seen)


@pytest.mark.skipif(os.geteuid() != 0, reason="a PID namespace takes root")
def test_on_a_droplet_the_canary_is_found_in_an_environment() -> None:
    """A text in the environment is seen where a process is in another PID namespace, and the user's own isn't told."""
    text = "canary-of-a-test-4712"
    here = subprocess.Popen(["cat"], stdin=subprocess.PIPE, env={"T": text})
    there = subprocess.Popen(["unshare", "--pid", "--fork", "cat"], stdin=subprocess.PIPE, env=os.environ | {"T": text})
    try:
        eventually(lambda: canary.processes_with(text), what="the process is seen")
        assert canary.processes_with(text) == ["the environment of cat "]
    finally:
        here.communicate()
        there.communicate()


def test_the_metadata_service_tells_the_private_address() -> None:
    """The address that the cluster's file asks for is answered under its path, and nothing else is made up."""
    network = {"type": "private", "ip_address": "10.9.8.2", "netmask": "255.255.255.240", "gateway": "10.9.8.1"}
    droplet = {"id": 5, "name": "head", "region": {"slug": "tor1"}, "tags": ["ours"], "networks": {"v4": [network]}}
    server = serve_metadata(metadata_of(droplet, ["ssh-ed25519 AAAA me"], ""), "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.server_address[1]}/metadata/v1"
    try:
        assert requests.get(f"{base}/interfaces/private/0/ipv4/address", timeout=5).text == "10.9.8.2"
        assert requests.get(f"{base}/interfaces/public/0/ipv4/address", timeout=5).status_code == 404
    finally:
        server.shutdown()
        server.server_close()


def test_a_boot_starts_what_is_enabled(tmp_path: Path) -> None:
    """Of the units that lie there, those are started that somebody enabled and whose condition holds."""
    unit = ROOT / "cluster/boot/inplay-head.service"
    wanted = tmp_path / "multi-user.target.wants"
    wanted.mkdir()
    (tmp_path / "other.service").write_text("[Service]\nExecStart=/bin/false\n", encoding="utf-8")
    assert enabled_services(tmp_path) == []
    (wanted / unit.name).symlink_to(unit)
    waiting = ROOT / "cluster/boot/inplay-platform.service"  # for a file of settings that isn't on this machine
    (wanted / waiting.name).symlink_to(waiting)
    assert enabled_services(tmp_path) == [Service(["/var/lib/inplay/start_head", "--block"], again_after_s=5.0)]

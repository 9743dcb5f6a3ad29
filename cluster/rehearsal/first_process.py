"""The first process of a droplet: it takes the room, answers for metadata, runs sshd and buries what others leave.

    python -m cluster.rehearsal.first_process ROOM.json

It does what a boot does, without systemd: there is none in a namespace.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cluster.rehearsal.rooms import Room, enter
from cluster.rehearsal.wires import METADATA

SSHD = ["/usr/sbin/sshd", "-D", "-e", "-f", "/etc/ssh/sshd_config"]
SWITCHED_OFF = 0
"""The exit code of a droplet that was shut down from inside."""
UNITS = Path("/etc/systemd/system")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def metadata_of(droplet: Mapping[str, Any], public_keys: list[str], user_data: str) -> dict[str, str]:
    """What the metadata service answers, by path below /metadata/v1/.

    Source: DigitalOcean's metadata API, https://docs.digitalocean.com/reference/api/metadata/
    """
    found = {
        "id": str(droplet["id"]), "hostname": droplet["name"], "region": droplet["region"]["slug"],
        "public-keys": "\n".join(public_keys), "user-data": user_data, "tags": "\n".join(droplet["tags"]),
    }  # fmt: skip
    for network in droplet["networks"]["v4"]:
        found[f"interfaces/{network['type']}/0/ipv4/address"] = network["ip_address"]
        found[f"interfaces/{network['type']}/0/ipv4/netmask"] = network["netmask"]
        found[f"interfaces/{network['type']}/0/ipv4/gateway"] = network["gateway"]
    return found


def serve_metadata(answers: Mapping[str, str], host: str = METADATA, port: int = 80) -> ThreadingHTTPServer:
    """The service answers, in a thread, until the droplet ends."""

    class _Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = answers.get(self.path.removeprefix("/metadata/v1/").rstrip("/"))
            body = b"not found" if told is None else told.encode()
            self.send_response(404 if told is None else 200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's signature
            """Nothing is printed."""

    server = ThreadingHTTPServer((host, port), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@dataclass(frozen=True)
class Service:
    """A unit's command, and after how many seconds it is run again when it failed; None where it isn't."""

    command: list[str]
    again_after_s: float | None


def enabled_services(units: Path) -> list[Service]:
    """What systemd would start at a boot: the command of each unit that somebody enabled and whose condition holds."""
    found = []
    for unit in sorted(units.glob("multi-user.target.wants/*.service")):
        lines = [line.partition("=") for line in unit.read_text(encoding="utf-8").splitlines()]
        if not all(Path(value).exists() for key, _, value in lines if key == "ConditionPathExists"):
            continue
        said = {key: value for key, _, value in lines}
        again_after_s = float(said.get("RestartSec", "0.1")) if said.get("Restart") == "on-failure" else None
        found.append(Service(shlex.split(said["ExecStart"]), again_after_s))
    return found


def main() -> None:
    """The droplet runs until it is killed."""
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    room = Room(Path(asked["folder"]))
    try:
        socket.sethostname(asked["hostname"])
    except OSError as error:
        sys.exit(f"the host name {asked['hostname']} of {len(asked['hostname'])} characters isn't taken: {error}")
    enter(room)
    os.chroot(room.root)
    os.chdir("/")
    serve_metadata(asked["metadata"])
    os.environ.clear()
    os.environ.update(PATH=PATH, HOME="/root", LANG="C.UTF-8")
    signal.signal(signal.SIGPWR, lambda *_: os._exit(SWITCHED_OFF))  # sent by the stand-in for `shutdown`
    door = _spawn(SSHD)
    running = {_spawn(service.command): service for service in enabled_services(UNITS)}
    while True:
        number, status = os.wait()
        if number == door:
            sys.exit(f"sshd ended with {os.waitstatus_to_exitcode(status)}, so nobody gets in any more")
        ended = running.pop(number, None)
        if ended is not None and status != 0 and ended.again_after_s is not None:
            time.sleep(ended.again_after_s)  # Ray gives itself 30 s to start, too few on busy cores
            running[_spawn(ended.command)] = ended


def _spawn(command: list[str]) -> int:
    return os.posix_spawn(command[0], command, os.environ)


if __name__ == "__main__":
    main()

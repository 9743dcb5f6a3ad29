"""Knocks at every TCP port of a machine: `python -m cluster.rehearsal.probe ADDRESS`.

Prints {"open": [...], "refused": [...]}: what answered, and what said that nobody is there. What is in neither list
gave no answer at all, as behind a firewall.
"""

from __future__ import annotations

import errno
import json
import resource
import selectors
import socket
import sys
import time

BATCH = 8_000
ANSWER_S = 0.6


def knock(address: str, ports: range, answer_s: float = ANSWER_S) -> dict[str, list[int]]:
    """Which TCP ports answered, and which were refused, within `answer_s` of the last knock of a batch."""
    found: dict[str, list[int]] = {"open": [], "refused": []}
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    batch = max(100, min(BATCH, hard - 100))
    try:
        for first in range(ports.start, ports.stop, batch):
            for kind, port in _batch(address, range(first, min(first + batch, ports.stop)), answer_s):
                found[kind].append(port)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return {kind: sorted(ports_) for kind, ports_ in found.items()}


def _batch(address: str, ports: range, answer_s: float) -> list[tuple[str, int]]:
    answers: list[tuple[str, int]] = []
    with selectors.DefaultSelector() as selector:
        waiting = []
        for port in ports:
            door = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            door.connect_ex((address, port))
            selector.register(door, selectors.EVENT_WRITE, port)
            waiting.append(door)
        until_s = time.monotonic() + answer_s
        while (left_s := until_s - time.monotonic()) > 0:
            for key, _ in selector.select(left_s):
                assert isinstance(key.fileobj, socket.socket)  # noqa: S101  only sockets were registered
                failed = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if failed in (0, errno.ECONNREFUSED):
                    answers.append(("open" if failed == 0 else "refused", key.data))
                selector.unregister(key.fileobj)
        for door in waiting:
            door.close()
    return answers


if __name__ == "__main__":
    sys.stdout.write(json.dumps(knock(sys.argv[1], range(1, 65_536))) + "\n")

"""Commands and files on a machine, by the machine's own `ssh` and `rsync`, as Ray does it."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from cluster.clock import Clock
from cluster.errors import ClusterError

OPTIONS = (
    "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes",
    "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=6", "-o", "LogLevel=ERROR",
)  # fmt: skip
"""A machine that was just made has a host key that nobody can know; Ray's options are the same."""
REACH_S, REACH_EVERY_S = 600.0, 5.0
COMMAND_S = 2_400.0
UNREACHABLE = 255


class Shell(Protocol):
    """A way onto a machine."""

    def wait(self, address: str) -> None:
        """The machine lets us in. Raises: ClusterError when it doesn't within ten minutes."""
        ...

    def copy(self, address: str, mounts: Mapping[str, str]) -> None:
        """Each local file or folder is at its remote path. Raises: ClusterError."""
        ...

    def run(self, address: str, command: str) -> None:
        """The command ended well. Raises: ClusterError, with the end of what it said."""
        ...


class Ssh:
    """`ssh` and `rsync` with one key."""

    def __init__(self, user: str, private_key: Path, clock: Clock) -> None:
        self._user, self._key, self._clock = user, private_key, clock

    def wait(self, address: str) -> None:
        """See `Shell`."""
        until_s = self._clock.now_s() + REACH_S
        while True:
            done = subprocess.run(self._ssh(address, "true"), capture_output=True, text=True, check=False)
            if done.returncode != UNREACHABLE:
                return
            if self._clock.now_s() > until_s:
                raise ClusterError(f"{address} doesn't let us in by SSH: {_end(done.stderr)}.")
            self._clock.sleep(REACH_EVERY_S)

    def copy(self, address: str, mounts: Mapping[str, str]) -> None:
        """See `Shell`."""
        for remote, local in mounts.items():
            source = Path(local).expanduser()
            if not source.exists():
                raise ClusterError(f"{local} isn't there, so it can't go to {remote}. Run this in the file's folder.")
            self.run(address, f"mkdir -p {shlex.quote(_home(str(Path(remote).parent)))}")
            ends = "/" if source.is_dir() else ""
            place = f"{self._user}@{address}:{_home(remote)}{ends}"
            via = shlex.join(["ssh", *OPTIONS, "-i", str(self._key)])
            _checked(
                ["rsync", "-az", "--exclude", "__pycache__", "-e", via, f"{source}{ends}", place], f"copying {local}"
            )

    def run(self, address: str, command: str) -> None:
        """See `Shell`."""
        _checked(self._ssh(address, f"bash -c {shlex.quote(command)}"), f"`{command[:80]}`")

    def _ssh(self, address: str, command: str) -> Sequence[str]:
        return ["ssh", *OPTIONS, "-i", str(self._key), f"{self._user}@{address}", command]


def _home(remote: str) -> str:
    """A path from the home folder, in which both programs begin."""
    return "." if remote == "~" else remote.removeprefix("~/")


def _checked(command: Sequence[str], what: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMMAND_S)
    except subprocess.TimeoutExpired:
        raise ClusterError(f"{what} didn't end within {COMMAND_S / 60:.0f} min.") from None
    except FileNotFoundError:
        raise ClusterError(f"{command[0]} isn't installed here. Install it; Ray needs it too.") from None
    if done.returncode != 0:
        raise ClusterError(f"{what} ended with {done.returncode}: {_end(done.stderr or done.stdout)}.")


def _end(said: str) -> str:
    return " / ".join(said.strip().splitlines()[-3:])[-400:] or "nothing was said"

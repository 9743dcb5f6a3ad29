"""The side from which a user works: Ray's own commands, with a home and a token of the rehearsal's."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cluster.rehearsal import isolation
from cluster.rehearsal.commands import RehearsalError
from cluster.rehearsal.isolation import CODE

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

TOKEN_VARIABLE = "DIGITALOCEAN_TOKEN"  # noqa: S105  where it is, not what it is
LOOK_EVERY_S = 0.1
_TERMINAL = re.compile(r"\x1b\[[0-9;]*[a-zA-Z]")
"""Colours."""


class Laptop:
    """Runs `ray` as a user would.

    Args:
        home: where the user's home of the rehearsal lies.
        config: the copy of the cluster's file.
        workplace: the folder of the user's own file, to which its paths are relative.
        end_point: of the simulated API.
        token: for it.

    Attributes:
        trouble: asked while a command runs; what it answers ends the command, which would wait in vain.
    """

    def __init__(self, home: Path, config: Path, workplace: Path, end_point: str, token: str) -> None:
        self.trouble: Callable[[], str] = str
        self.home, self.config, self._workplace = home, config, workplace
        self.logs = config.parent / "logs"
        self.logs.mkdir(parents=True)
        self._environment = {
            "PATH": f"{sys.prefix}/bin:{PATH}", "HOME": str(isolation.home()), "LANG": "C.UTF-8",
            "PYTHONPATH": str(CODE), "PYTHONUNBUFFERED": "1", "RAY_USAGE_STATS_ENABLED": "0",
            "DIGITALOCEAN_END_POINT": end_point, TOKEN_VARIABLE: token,
        }  # fmt: skip

    def up(self, timeout_s: float) -> str:
        """The head runs."""
        return self._ray("up", ["up", "-y", "--no-config-cache", str(self.config)], timeout_s)

    def execute(self, name: str, command: str, timeout_s: float) -> str:
        """The command ran on the head. Returns: what it printed, and what Ray said around it."""
        return self._ray(name, ["exec", str(self.config), command], timeout_s)

    def execute_and_stop(self, command: str, timeout_s: float) -> str:
        """The command ran on the head, and the cluster was stopped as `ray exec --stop` does it."""
        return self._ray("exec-stop", ["exec", "--stop", str(self.config), command], timeout_s)

    def down(self, timeout_s: float, *options: str) -> str:
        """Nothing of the cluster is left, or what the options leave."""
        return self._ray("-".join(["down", *options]), ["down", "-y", *options, str(self.config)], timeout_s)

    def reap(self, timeout_s: float) -> str:
        """The reaper has run once, as its timer runs it: without a token in the environment."""
        environment = {name: value for name, value in self._environment.items() if name != TOKEN_VARIABLE}
        command = [sys.executable, "-P", "-m", "cli.main", "cluster", "reap"]
        return self._run("inplay-reap", command, timeout_s, environment)

    def _ray(self, name: str, arguments: list[str], timeout_s: float) -> str:
        return self._run(f"ray-{name}", [f"{sys.prefix}/bin/ray", *arguments], timeout_s, self._environment)

    def _run(self, name: str, command: list[str], timeout_s: float, environment: dict[str, str]) -> str:
        log = self.logs / f"{name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                command, cwd=self._workplace, env=environment,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
            code, why = self._wait(process, timeout_s)
        said = log.read_text(encoding="utf-8", errors="replace")
        if code != 0:
            ended = why or f"failed with {code}"
            said = _TERMINAL.sub("", said)
            raise RehearsalError(
                f"`{name.replace('-', ' ')}` {ended}. No real machine ran, nothing is billed. Its last words:\n"
                f"{said[-1500:]}"
            )
        return said

    def _wait(self, process: subprocess.Popen[bytes], timeout_s: float) -> tuple[int | None, str]:
        """The exit code, or None and why the process was ended."""
        until_s = time.monotonic() + timeout_s
        why = ""
        while process.poll() is None and not why:
            late = time.monotonic() > until_s
            why = f"didn't end within {timeout_s:.0f} s" if late else self.trouble()
            time.sleep(LOOK_EVERY_S)
        if why and process.poll() is None:
            process.kill()
            process.wait()
            return None, why if why.startswith("didn't") else f"was ended, since it would wait in vain: {why}"
        return process.returncode, ""

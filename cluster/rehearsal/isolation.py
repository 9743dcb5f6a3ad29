"""The rehearsal's own namespaces: made before it, gone with it, however it ends.

Everything that a rehearsal makes lies in a mount, PID, network and IPC namespace, its files in memory there. When its
first process ends, also by `kill -9`, the kernel ends all others and takes interfaces, mounts and files with them, so
there is nothing to clean up, and two rehearsals don't see each other.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from cluster.rehearsal.commands import RehearsalError, run

PACKAGES = {
    "unshare": "util-linux", "ip": "iproute2", "nft": "nftables", "ssh": "openssh-client", "sshd": "openssh-server",
    "rsync": "rsync", "mount": "util-linux", "sysctl": "procps", "ssh-keygen": "openssh-client", "curl": "curl",
}  # fmt: skip
SBIN = "/usr/sbin:/sbin"
STOP_S = 20.0
CODE = Path(__file__).parents[2]


def check_this_machine(user_id: int | None = None, find: Callable[..., str | None] = shutil.which) -> None:
    """A rehearsal can run here.

    Args:
        user_id: whose rehearsal it is; this process's user by default.
        find: where a program is, given its name and a search path, or None.

    Raises:
        RehearsalError: naming what is missing and the packages that bring it.
    """
    if sys.platform != "linux":
        raise RehearsalError("A rehearsal needs Linux, since its droplets are namespaces. Nothing was started.")
    if (os.geteuid() if user_id is None else user_id) != 0:
        raise RehearsalError(
            "A rehearsal makes namespaces, which takes root. Nothing was started. Run: sudo "
            f"{sys.argv[0]} cluster rehearse"
        )
    path = f"{os.environ.get('PATH', '')}:{SBIN}"
    missing = sorted({package for name, package in PACKAGES.items() if find(name, path=path) is None})
    if missing:
        raise RehearsalError(
            f"A rehearsal needs more programs. Nothing was started. Run: apt-get install {' '.join(missing)}"
        )
    if sys.prefix == sys.base_prefix:
        raise RehearsalError(
            "inplay doesn't run in a virtual environment, so its droplets couldn't be given one. Nothing was started. "
            "`make install` makes .venv; run .venv/bin/inplay."
        )


def run_apart(arguments: list[str]) -> int:
    """`python -m cluster.rehearsal` has run in namespaces of its own, of which nothing is left. Returns: its exit code.

    Ctrl-C and SIGTERM end it; if this process is killed, it ends as well.
    """
    command = ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child", "--mount-proc"]
    theirs, ours = os.pipe()
    command += [sys.executable, "-P", "-m", "cluster.rehearsal", "--lifeline", str(theirs), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(CODE), "PATH": f"{os.environ.get('PATH', '')}:{SBIN}"}
    # A session of its own, so that Ctrl-C at the terminal reaches this process alone, which then ends the other.
    process = subprocess.Popen(command, env=environment, start_new_session=True, pass_fds=(theirs,))
    os.close(theirs)
    with _terminable():
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.kill()
            process.wait(STOP_S)
            raise
        finally:
            os.close(ours)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM counts as Ctrl-C."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def die_with_the_starter(lifeline: int) -> None:
    """This process, the first of its namespaces, ends as soon as the one that started it does.

    Args:
        lifeline: the reading end of a pipe that the starter holds open.
    """

    def watch() -> None:
        os.read(lifeline, 1)
        os._exit(130)

    threading.Thread(target=watch, daemon=True).start()


def settle_in(kept: list[Path]) -> Path:
    """Inside the namespaces: a folder in memory for everything, and a /tmp, a home and a /run of the rehearsal's own.

    Args:
        kept: folders that have to stay visible, such as the one with the cluster's file.
    """
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    folder = Path("/run/rehearsal")
    _hide(Path("/tmp"), folder / "tmp", 0o1777, kept)  # noqa: S108  no file is made there
    # Not HOME alone: ssh asks the list of users where its home is.
    _hide(home(), folder / "home", 0o700, kept)
    return folder


def home() -> Path:
    """The user's home, as ssh finds it."""
    return Path(pwd.getpwuid(os.geteuid()).pw_dir)


def _hide(path: Path, instead: Path, mode: int, kept: list[Path]) -> None:
    """At `path` there is `instead`, empty but for what is kept of it."""
    instead.mkdir(parents=True)
    instead.chmod(mode)
    for each in sorted({each.resolve() for each in kept}):
        if each.is_relative_to(path) and each != path:
            there = instead / each.relative_to(path)
            there.mkdir(parents=True, exist_ok=True)
            run("mount", "--rbind", str(each), str(there))
    run("mount", "--rbind", str(instead), str(path))

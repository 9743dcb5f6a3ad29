"""Puts the reaper on a timer: of systemd where it runs, else in the user's crontab.

DigitalOcean's tokens are scoped by kind of resource, not by machine: one that lets a worker destroy itself lets it
destroy every machine of the account. So no worker gets a token; one whose head is gone is destroyed from elsewhere.

Source: DigitalOcean, "Scopes" of personal access tokens; `droplet:delete` names no machine.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from cluster.errors import ClusterConfigError
from cluster.token import TOKEN_FILE, read_token

EVERY_MIN = 15
LONGEST_S = 3_600.0
"""Of one run; on a disk that keeps no notes it waits a quarter of an hour for its second look."""
NAME = "inplay-reap"
MARK = "# inplay-reap"
SYSTEMD_RUNS = Path("/run/systemd/system")
Where = Literal["systemd", "crontab"]


def reap_command(program: str = "") -> list[str]:
    """The command that the timer runs: the `inplay` of this installation, by its full path."""
    found = program or shutil.which("inplay") or str(Path(sys.executable).with_name("inplay"))
    return [os.path.abspath(found), "cluster", "reap"]  # noqa: PTH100 - resolve() would leave the environment's own path


def install(
    command: Sequence[str], *, systemd: Path = SYSTEMD_RUNS, units: Path | None = None, token_file: str = TOKEN_FILE
) -> Where:
    """The reaper runs every quarter of an hour from now on; installing it again changes nothing.

    Args:
        command: what is run.
        systemd: is there where systemd runs.
        units: folder of units; that of the system for root, else the user's own.
        token_file: from which the reaper reads the token, since a timer has no environment.

    Raises:
        ClusterConfigError: without the token's file, or where there is neither systemd nor cron.
    """
    read_token({}, token_file)
    if systemd.is_dir() and shutil.which("systemctl"):
        folder = units or _units_folder()
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in unit_texts(command).items():
            (folder / name).write_text(text, encoding="utf-8")
        _run(["systemctl", *_scope(), "daemon-reload"])
        _run(["systemctl", *_scope(), "enable", "--now", f"{NAME}.timer"])
        return "systemd"
    _write_crontab([*_others(), cron_line(command)])
    return "crontab"


def remove(*, systemd: Path = SYSTEMD_RUNS, units: Path | None = None) -> Where:
    """The reaper runs no more by itself; removing it again changes nothing. Raises: ClusterConfigError."""
    if systemd.is_dir() and shutil.which("systemctl"):
        folder = units or _units_folder()
        if (folder / f"{NAME}.timer").exists():
            _run(["systemctl", *_scope(), "disable", "--now", f"{NAME}.timer"])
        for name in unit_texts([]):
            (folder / name).unlink(missing_ok=True)
        _run(["systemctl", *_scope(), "daemon-reload"])
        return "systemd"
    _write_crontab(_others())
    return "crontab"


def installed(*, systemd: Path = SYSTEMD_RUNS, units: Path | None = None) -> bool:
    """Whether the reaper runs by itself on this machine, as far as this user can see."""
    if systemd.is_dir() and ((units or _units_folder()) / f"{NAME}.timer").exists():
        return True
    if shutil.which("crontab") is None:
        return False
    listed = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=False)
    return any(line.endswith(MARK) for line in listed.stdout.splitlines())


def unit_texts(command: Sequence[str]) -> dict[str, str]:
    """The service and its timer; `Persistent` makes up for a time when the machine was off."""
    service = (
        "[Unit]\nDescription=Destroys machines of inplay that nobody needs\n"
        f"[Service]\nType=oneshot\nTimeoutStartSec={LONGEST_S:.0f}\n"
        f"Environment=HOME={Path.home()}\nExecStart={shlex.join(command)}\n"
    )
    timer = (
        f"[Unit]\nDescription=Runs {NAME} every {EVERY_MIN} minutes\n"
        f"[Timer]\nOnCalendar=*:0/{EVERY_MIN}\nPersistent=true\n[Install]\nWantedBy=timers.target\n"
    )
    return {f"{NAME}.service": service, f"{NAME}.timer": timer}


def cron_line(command: Sequence[str]) -> str:
    """The line of a crontab; a percent sign would end the command there."""
    return f"*/{EVERY_MIN} * * * * {shlex.join(command)} > /dev/null {MARK}".replace("%", "\\%")


def _others() -> list[str]:
    """The crontab's lines that aren't ours."""
    if shutil.which("crontab") is None:
        raise ClusterConfigError(
            "This machine has neither systemd nor cron. No timer was installed, and nothing was destroyed. Run "
            "`inplay cluster reap` every quarter of an hour from somewhere else."
        )
    # Without a crontab the command fails; that is no trouble, since an empty one is meant.
    listed = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=False)
    return [line for line in listed.stdout.splitlines() if not line.endswith(MARK)] if listed.returncode == 0 else []


def _write_crontab(lines: Sequence[str]) -> None:
    _run(["crontab", "-"], "".join(f"{line}\n" for line in lines))


def _units_folder() -> Path:
    return Path("/etc/systemd/system") if os.geteuid() == 0 else Path("~/.config/systemd/user").expanduser()


def _scope() -> list[str]:
    return [] if os.geteuid() == 0 else ["--user"]


def _run(command: Sequence[str], stdin: str | None = None) -> None:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ClusterConfigError(
            f"`{shlex.join(command)}` failed: {done.stderr.strip() or done.returncode}. The reaper may not run by "
            "itself; machines that run go on. Run `inplay cluster reap` from somewhere else until it does."
        )

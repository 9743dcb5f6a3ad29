"""`inplay import bars` as a process of its own, on a folder of made CSV files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from adapters.calendar import sessions_between

ROOT = Path(__file__).parents[2]
HEAD = "Date,Open,High,Low,Close,Volume\n"


def archive(folder: Path, *, symbols: int = 40, first: date = date(2018, 1, 2), last: date = date(2019, 12, 31)) -> int:
    """A file a symbol, one row a session; every 97th row has a price of zero. Returns the number of rows."""
    folder.mkdir(parents=True)
    days = sessions_between(first, last).tolist()
    count = 0
    for number in range(symbols):
        lines = [HEAD]
        for day in days:
            count += 1
            close = 0 if count % 97 == 0 else 10 + (day.toordinal() * 7 + number) % 11 / 100
            lines.append(f"{day},10,10.5,9.5,{close},{1000 + number + day.day}\n")
        (folder / f"S{number:04}.csv").write_text("".join(lines))
    return count


def command(*arguments: str) -> list[str]:
    """`inplay` with these arguments."""
    return [sys.executable, "-m", "cli.main", *arguments]


def environment(home: Path, url: str = "") -> dict[str, str]:
    """Of a process over the data folder; on the database of `url`, else the embedded one."""
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environ |= {"INPLAY_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return environ | ({"DATABASE_URL": url} if url else {})


def start(home: Path, path: Path, url: str = "") -> subprocess.Popen[str]:
    """The import, under way."""
    return subprocess.Popen(
        command("import", "bars", str(path), "--yes", "--json"), env=environment(home, url), cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str], timeout_s: float = 300.0) -> dict[str, Any]:
    """What the import told; it succeeded.

    Raises:
        AssertionError: when it failed, with what it said.
    """
    out, said = process.communicate(timeout=timeout_s)
    assert process.returncode == 0, f"{process.returncode}\n{out}\n{said}"
    told: dict[str, Any] = json.loads(out.splitlines()[-1])
    return told


def killed(process: subprocess.Popen[str], number: int = signal.SIGKILL) -> int:
    """The process alone gets the signal, as from outside; returns its exit code."""
    process.send_signal(number)
    process.communicate(timeout=60)
    return int(process.returncode)


def asked(home: Path, *arguments: str, url: str = "") -> subprocess.CompletedProcess[str]:
    """Another command over the same data folder, to its end."""
    return subprocess.run(
        command(*arguments), env=environment(home, url), cwd=ROOT, text=True, capture_output=True, timeout=300,
        check=False,
    )  # fmt: skip

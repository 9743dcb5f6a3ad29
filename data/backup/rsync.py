"""A folder on another machine, reached by rsync (over ssh): the trader's own computer, a NAS."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from adapters.bars.places import CHUNK_BYTES

TIMEOUT_S = 3_600
SILENCE_S = 60
"""rsync gives up when nothing comes for so long."""
NOT_THERE = 23
"""Exit code of rsync when some file could not be transferred, here the only one asked for."""
LISTED = re.compile(r"^-\S+\s+([\d.,]+)\s+\S+\s+\S+\s(.+)$")
REMOTE = re.compile(r"^[^/:]+:")


class RsyncPlace:
    """Files below `USER@HOST:PATH`; see `adapters.bars.places.Place`.

    ssh has to reach the host without asking (a key, a known host); `RSYNC_RSH` names another shell, as rsync has it.
    """

    remote = True

    def __init__(self, target: str) -> None:
        self.words = target.rstrip("/")

    def open(self, path: str) -> IO[bytes]:
        """See `Place`; the file is fetched whole, and gone from here when it is closed."""
        with tempfile.TemporaryDirectory(prefix="inplay-rsync-") as folder:
            copy = Path(folder) / "file"
            self._rsync(f"{self.words}/{path}", str(copy), missing=path)
            return copy.open("rb")  # the open file outlives its name

    def put(self, path: str, source: IO[bytes]) -> None:
        """See `Place`; rsync renames the file into place when it is whole."""
        with tempfile.TemporaryDirectory(prefix="inplay-rsync-") as folder:
            copy = Path(folder) / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            with copy.open("wb") as file:
                shutil.copyfileobj(source, file, CHUNK_BYTES)
            self._rsync("--recursive", f"{folder}/", f"{self.words}/")

    def delete(self, path: str) -> None:
        """See `Place`."""
        parents = [f"--include=/{parent}/" for parent in list(Path(path).parents)[:-1]]
        with tempfile.TemporaryDirectory(prefix="inplay-rsync-") as folder:
            (Path(folder) / path).parent.mkdir(parents=True)  # so that only the file is missing here, and goes there
            rules = [*parents, f"--include=/{path}", "--exclude=*"]
            self._rsync("--recursive", "--delete", *rules, f"{folder}/", f"{self.words}/")

    def sizes(self) -> dict[str, int]:
        """See `Place`; none where the folder doesn't exist yet."""
        try:
            listed = self._rsync("--recursive", "--list-only", "--no-human-readable", f"{self.words}/", missing="")
        except FileNotFoundError:
            return {}
        matches = [match for line in listed.splitlines() if (match := LISTED.match(line))]
        return {match[2]: int(match[1].replace(",", "").replace(".", "")) for match in matches}

    def sha256(self, path: str) -> str | None:  # noqa: ARG002 - the port's name
        """See `Place`: not told."""
        return None

    def _rsync(self, *arguments: str, missing: str | None = None) -> str:
        command = ["rsync", f"--timeout={SILENCE_S}", *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
                env={**os.environ, "LC_ALL": "C"},
            )  # fmt: skip
        except FileNotFoundError:
            raise OSError(0, "rsync is not installed here (on Debian or Ubuntu: apt-get install rsync)") from None
        except subprocess.TimeoutExpired:
            raise OSError(0, f"rsync was not done after {TIMEOUT_S // 60} minutes") from None
        if done.returncode == NOT_THERE and missing is not None:
            raise FileNotFoundError(2, "not there", f"{self.words}/{missing}")
        if done.returncode:
            said = " / ".join(done.stderr.strip().splitlines()[:2]) or "no word"
            raise OSError(0, f"rsync ended with {done.returncode}: {said}")
        return done.stdout


def is_rsync(where: str) -> bool:
    """Whether a setting names a folder on another machine: `HOST:PATH` or `USER@HOST:PATH`."""
    return "://" not in where and REMOTE.match(where) is not None

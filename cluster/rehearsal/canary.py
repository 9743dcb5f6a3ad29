"""Where a text stands that must stand nowhere: the rehearsal's token, in files and in the list of processes.

On droplets it may not be in a process's environment either; the user's own `ray up` has it there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

_BLOCK = 1 << 20


def files_with(text: str, folder: Path) -> list[str]:
    """The files below `folder` that hold the text, relative to it. Links and other file systems are left out."""
    needle = text.encode()
    return sorted(str(path.relative_to(folder)) for path in _files(folder) if _holds(path, needle))


def processes_with(text: str) -> list[str]:
    """The processes with the text on their command line or, elsewhere than here, in their environment.

    Elsewhere is another PID namespace, such as a droplet's. Of those, every one that this process can see is looked at.
    """
    found = []
    here = Path("/proc/self/ns/pid").readlink()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
                around = (entry / "environ").read_bytes() if (entry / "ns/pid").readlink() != here else b""
            except OSError:
                continue  # it has ended meanwhile
            told = line.replace(b"\0", b" ").decode(errors="replace").replace(text, "[token]")
            if text.encode() in line:
                found.append(told)
            if text.encode() in around:
                found.append(f"the environment of {told}")
    return found


class ProcessWatch:
    """Looks at the list of processes again and again, until left."""

    def __init__(self, text: str, every_s: float = 0.2) -> None:
        self._text, self._every_s = text, every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.seen: set[str] = set()
        self.looks = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(self._every_s):
            self.seen.update(processes_with(self._text))
            self.looks += 1


def _files(folder: Path) -> Iterator[Path]:
    device = folder.stat().st_dev
    for parent, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if (Path(parent) / each).lstat().st_dev == device]
        for name in names:
            path = Path(parent) / name
            if path.is_file() and not path.is_symlink():
                yield path


def _holds(path: Path, needle: bytes) -> bool:
    tail = b""
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                if needle in tail + block:
                    return True
                tail = block[-len(needle) :]
    except FileNotFoundError:
        return False  # it was removed meanwhile
    return False

"""The program's own code as one hash, so that a report can say which code made it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FIGURES = ("adapters", "data", "research", "trading")
"""Rooms whose code figures are made by."""
ROOT = Path(__file__).parents[2]


@cache
def code_sha256(rooms: Sequence[str] = FIGURES, root: Path = ROOT) -> str:
    """The hash of every Python and SQL file of these rooms, by path.

    Args:
        rooms: folders under `root`.
        root: of the installed program.
    """
    digest = hashlib.sha256()
    for room in rooms:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in {".py", ".sql"}:
                digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def code_version() -> str:
    """The version of the installed program."""
    try:
        return version("inplay")
    except PackageNotFoundError:
        return "not installed"

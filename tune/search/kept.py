"""What a search found out, kept on disk as it is found, so that one that was killed doesn't ask twice.

The file is named by a digest of everything that an answer depends on: rows, seed, members, code and libraries. Of other
ones it knows nothing. The bounds are not among them: a longer search goes on from a shorter one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from trading.errors import AlreadyRunningError, ModelError
from trading.views.members.member import Members
from tune.search.trials import FoldResult, told

ROOT = Path(__file__).resolve().parents[2]
OUR_CODE = ("trading", "tune")
LIBRARIES = ("numpy", "xgboost", "scikit-learn", "optuna")


def key_of(data_sha256: str, members: Members, *, seed: int, folds: int, device: str) -> str:
    """The digest that names the file of a search."""
    of_members = [{**asdict(one), "space": repr(dict(one.space))} for one in members]
    libraries = {name: version(name) for name in LIBRARIES}
    facts = [data_sha256, of_members, seed, folds, device, code_sha256(), libraries]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


@cache
def code_sha256() -> str:
    """A digest of the source of this program that trains."""
    digest = hashlib.sha256()
    for path in sorted(path for room in OUR_CODE for path in (ROOT / room).rglob("*.py")):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Kept:
    """The answers of one search; a line each, whole or not at all.

    Attributes:
        path: of the file.
        answers: by `Ask.key`.
    """

    path: Path
    answers: dict[str, FoldResult]

    def add(self, key: str, result: FoldResult) -> None:
        """The answer is on disk. Raises: ModelError when it can't be written."""
        self.answers[key] = result
        line = json.dumps([key, told(result)]) + "\n"
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ModelError(
                f"The search can't keep what it found: {self.path}: {error.strerror}. No model was replaced. Make room "
                "on the disk and train again: it goes on from here."
            ) from None


@contextmanager
def kept_in(folder: Path, key: str) -> Iterator[Kept]:
    """The answers of this search so far; the folder is ours meanwhile, and those of other searches are deleted.

    Raises:
        AlreadyRunningError: when another process searches in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "search.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(
                f"Another training searches in {folder}. Nothing was changed. Wait for it to end, or end it."
            ) from None
        path = folder / f"search-{key[:16]}.jsonl"
        for other in folder.glob("search-*.jsonl"):
            if other != path:
                other.unlink()
        yield Kept(path, _read(path))


def _read(path: Path) -> dict[str, FoldResult]:
    """What was written whole; a last line that a kill cut off is taken away."""
    if not path.is_file():
        return {}
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        os.truncate(path, len(whole))
    lines: Iterator[tuple[str, Mapping[str, Any]]] = (json.loads(line) for line in whole.splitlines())
    return {key: FoldResult.of(one) for key, one in lines}

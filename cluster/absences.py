"""Since when something is missing, as several looks have found it: kept in a file between the runs of the reaper.

One look proves nothing: a list may be old, and a head may be in the middle of being replaced. So what is missing is
noted, and counts only when it was missing in every look since, none of them too far from the last.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path

log = logging.getLogger(__name__)

LONGEST_GAP_S = 3_600.0
"""Between two looks; after a longer one nobody knows what was there meanwhile, and it is counted anew."""
Note = tuple[float, float]
"""When it was first and last found missing, in seconds since 1970."""


class Absences:
    """What is missing since when.

    Args:
        path: of the file; None keeps nothing between two processes.

    Attributes:
        kept: whether what was noted will be there for the next process.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._notes = _read(path)
        self.kept = False

    def note(self, missing: Iterable[str], now_s: float) -> dict[str, float]:
        """These are missing now, and nothing else is. Returns: for how many seconds each was in every look."""
        found: dict[str, Note] = {}
        for name in missing:
            first_s, last_s = self._notes.get(name, (now_s, now_s))
            close = 0 <= now_s - last_s <= LONGEST_GAP_S
            found[name] = (first_s if close else now_s, now_s)
        self._notes = found
        self._write()
        return {name: now_s - first_s for name, (first_s, _) in found.items()}

    def _write(self) -> None:
        """The file holds the notes. On a full disk it doesn't, and `kept` says so."""
        self.kept = False
        if self._path is None:
            return
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside.write_text(json.dumps(self._notes), encoding="utf-8")
            beside.replace(self._path)
            self.kept = True
        except OSError as error:
            log.warning("%s can't be written (%s); the second look follows at once", self._path, error.strerror)
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


def _read(path: Path | None) -> dict[str, Note]:
    """The notes; none where they can't be read, which only makes the next look the first."""
    try:
        read = json.loads(path.read_text(encoding="utf-8")) if path is not None and path.is_file() else {}
        return {str(name): (float(first), float(last)) for name, (first, last) in read.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}

"""The lines of the record of costs: written, read, and told from what is no line of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from cluster.names import Role

Event = Literal["started", "stopping", "stopped"]
"""`stopping` is booked before a machine is destroyed, `stopped` once it is gone."""
MOST = 1e12
"""More dollars or seconds than any entry has; NaN and infinity aren't below it."""


@dataclass(frozen=True)
class Entry:
    """A start, or a stop that was begun or is done. `at_s`: seconds since 1970."""

    event: Event
    at_s: float
    machine_id: int
    label: str
    role: Role
    size: str
    price_usd_per_h: float
    price_usd_per_month: float

    def key(self) -> tuple[int, Event]:
        """What is recorded once."""
        return self.machine_id, self.event


@dataclass(frozen=True)
class Piece:
    """Bytes of the file that can't be read: where they begin, which they are, and what may stand there instead."""

    offset: int
    unreadable: bytes
    instead: bytes


def write_entry(entry: Entry) -> bytes:
    """The entry as a line, with its end."""
    return json.dumps(asdict(entry)).encode() + b"\n"


def read_lines(content: bytes) -> tuple[list[Entry], list[Piece]]:
    """The entries of a file, in order, and what of it can't be read; blank lines mean nothing.

    A file that a power cut caught may end in half a line or in NUL bytes, which stand for lines that never came to
    the disk. An entry behind such bytes is read; the bytes count as unreadable.
    """
    entries: list[Entry] = []
    pieces: list[Piece] = []
    offset = 0
    for line in content.split(b"\n"):
        if line.strip():
            entry = _entry(line.replace(b"\0", b" "))
            if entry is not None:
                entries.append(entry)
            if entry is None or b"\0" in line:
                instead = b" " * len(line) if entry is None else line.replace(b"\0", b" ")
                pieces.append(Piece(offset, line, instead))
        offset += len(line) + 1
    return entries, pieces


def _entry(line: bytes) -> Entry | None:
    """The entry, or None when a field is missing or can't be what it says, as in a line of another version."""
    try:
        read: Mapping[str, Any] = json.loads(line)
        entry = Entry(**{name: read[name] for name in Entry.__dataclass_fields__})
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    fits = (
        entry.event in get_args(Event)
        and entry.role in get_args(Role)
        and type(entry.machine_id) is int
        and all(isinstance(text, str) for text in (entry.label, entry.size))
        and all(map(_is_amount, (entry.at_s, entry.price_usd_per_h, entry.price_usd_per_month)))
    )
    return entry if fits else None


def _is_amount(value: object) -> bool:
    """Whether it is a number that money or time can be reckoned with; JSON knows NaN, and `true` is no number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < MOST

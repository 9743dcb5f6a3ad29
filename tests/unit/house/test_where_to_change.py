"""The page "Where do I change …" of ARCHITECTURE.md leads where it says, to at most two files and one registry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
MOST_LINES, MOST_CHARACTERS = 150, 120


@dataclass(frozen=True)
class Change:
    """A row of the table.

    Attributes:
        files: that change, or the folder of a new one.
        registry: its file and the name that a line is added to; None where there is none.
    """

    what: str
    files: list[str]
    registry: tuple[str, str] | None


def _changes() -> list[Change]:
    table = PAGE.split("## Where do I change …")[1]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    changes = []
    for what, files, registry in rows:
        named = re.search(r"`(\S+): (\w+)`", registry)
        changes.append(Change(what, re.findall(r"`(\S+)`", files), (named[1], named[2]) if named else None))
    return changes


def test_the_sixteen_changes_are_there() -> None:
    """Those of the review of the structure."""
    assert len(_changes()) == 16


@pytest.mark.parametrize("change", _changes(), ids=lambda change: change.what)
def test_a_change_leads_to_at_most_two_files_and_one_registry(change: Change) -> None:
    """Each of them is there, and the registry is assigned in its file."""
    assert len(change.files) + (change.registry is not None) > 0
    assert len(change.files) <= 2
    for name in change.files:
        assert (ROOT / name).exists(), name
    if change.registry is not None:
        file, name = change.registry
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^(?:export const )?{name}\b.* = ", text, re.MULTILINE), f"{file} has no {name}"


def test_the_page_can_be_read_at_once() -> None:
    """At most 150 lines of at most 120 characters."""
    lines = PAGE.splitlines()
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= MOST_CHARACTERS

"""The structure of the house: no circle of files, tests where their subjects are."""

from __future__ import annotations

import tomllib
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[3]
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]


def circles(imports: dict[str, set[str]]) -> list[set[str]]:
    """The strongly connected groups of more than one module (Tarjan 1972), by repeated removal of ends."""
    left = {name: set(known) for name, known in imports.items()}
    while ends := {name for name, known in left.items() if not known & left.keys()}:
        left = {name: known - ends for name, known in left.items() if name not in ends}
    while ends := left.keys() - {name for known in left.values() for name in known}:
        left = {name: known for name, known in left.items() if name not in ends}
    found: list[set[str]] = []
    while left:
        start = next(iter(left))
        forward, backward = _reached(start, left), _reached(start, _turned(left))
        circle = forward & backward
        if len(circle) > 1:
            found.append(circle)
        left = {name: known for name, known in left.items() if name not in circle}
    return found


def _turned(imports: dict[str, set[str]]) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {name: set() for name in imports}
    for name, known in imports.items():
        for other in known & imports.keys():
            turned[other].add(name)
    return turned


def _reached(start: str, imports: dict[str, set[str]]) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        new = (imports[waiting.pop()] & imports.keys()) - seen
        seen |= new
        waiting.extend(new)
    return seen


def test_a_planted_circle_is_found() -> None:
    """Also one that hangs between two straight chains; a chain alone is none."""
    imports = {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"b", "e"}, "e": set()}
    assert circles(imports) == [{"b", "c", "d"}]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Every import of ours, those for types only included."""
    return grimp.build_graph(*LINTER["root_packages"], cache_dir=None)


def test_no_files_import_each_other_in_a_circle(graph: grimp.ImportGraph) -> None:
    """Not even for types: who reads one of them would have to read them all."""
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert circles(imports) == []


def test_unit_tests_lie_in_the_room_of_their_subject() -> None:
    """A folder of unit tests has the name of a folder of source."""
    folders = {path.parent for path in (ROOT / "tests" / "unit").rglob("test_*.py")}
    names = {folder.relative_to(ROOT / "tests" / "unit") for folder in folders} - {Path("docs"), Path("house")}
    assert {str(name) for name in names if not (ROOT / name).is_dir()} == set()

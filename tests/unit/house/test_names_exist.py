"""What documents and docstrings name is there: files, modules, classes and functions of ours."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = (
    "actors", "adapters", "benchmarks", "cli", "cluster", "data", "execution", "research", "serve", "tests", "trading",
    "tune",
)  # fmt: skip
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EARLIER = {ROOT / "CHANGELOG.md"}
"""It tells of what was."""
DOTTED = re.compile(rf"`((?:{'|'.join(set(ROOMS) - {'data'})})(?:\.\w+)+)(?:\(|`)")
"""But for `data.…`, which is what many a variable is called."""
FILE = re.compile(rf"(?<![\w/.])((?:{'|'.join(ROOMS)})/[\w/.-]+\.(?:py|sql|json|js|html|md|yaml|sh|env))(?!\w)")


@cache
def _defined(module: Path) -> frozenset[str]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {a.asname or a.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for a in node.names}
    return frozenset(names)


def exists(dotted: str) -> bool:
    """Whether the name is a module, or something in one."""
    *parts, last = dotted.split(".")
    for count in range(len(parts) + 1, 0, -1):
        there = ROOT.joinpath(*[*parts, last][:count])
        rest = [*parts, last][count:]
        if there.is_dir() and not rest:
            return True
        module = there.with_suffix(".py") if there.with_suffix(".py").is_file() else there / "__init__.py"
        if module.is_file():
            return not rest or rest[0] in _defined(module)
    return False


def _missing(text: str) -> list[str]:
    files = {name for name in FILE.findall(text) if not (ROOT / name).is_file()}
    return sorted({name for name in DOTTED.findall(text) if not exists(name)} | files)


def test_a_name_that_is_gone_is_found() -> None:
    """Planted: an old module, a function that moved, a file."""
    text = "`trading.history.as_of`, `trading.bars.history.as_of`, `trading.bars`, adapters/bars.py, adapters/pace.py"
    assert _missing(text) == ["adapters/bars.py", "trading.history.as_of"]


@pytest.mark.parametrize("document", [one for one in DOCUMENTS if one not in EARLIER], ids=lambda one: one.name)
def test_what_a_document_names_is_there(document: Path) -> None:
    """A reader who opens it finds it."""
    assert _missing(document.read_text(encoding="utf-8")) == []


def test_what_sources_name_is_there() -> None:
    """In docstrings and comments; tests that plant names that aren't there name no module of ours."""
    skipped = {Path(__file__), ROOT / "tests" / "unit" / "house" / "test_structure.py"}
    missing = {path: _missing(path.read_text(encoding="utf-8")) for path in SOURCES if path not in skipped}
    assert {str(path.relative_to(ROOT)): names for path, names in missing.items() if names} == {}

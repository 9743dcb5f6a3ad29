"""What the programs of the house start."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
ROOMS = ("actors", "adapters", "cli", "cluster", "data", "execution", "research", "serve", "trading", "tune")
SAFE = {"-P", "-I"}
"""Python doesn't look into the working folder for modules. Source: https://docs.python.org/3/using/cmdline.html#cmdoption-P"""


def started(tree: ast.AST) -> Iterator[tuple[int, list[object]]]:
    """Command lines that begin with this Python: where, and the words that are written out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple) and node.elts and ast.unparse(node.elts[0]) == "sys.executable":
            yield node.lineno, [each.value for each in node.elts if isinstance(each, ast.Constant)]


def test_a_child_takes_no_module_from_the_working_folder() -> None:
    """The user's trading.py or cluster.py, in the folder where a command is called, is never run in place of ours."""
    found = [
        (path.relative_to(ROOT), line, SAFE.isdisjoint(words))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for line, words in started(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert len(found) >= 5, "nothing is looked at any more"
    assert not [each for each in found if each[2]]

"""In code that handles money and orders, more than five values travel by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
ROOMS = (
    "trading",
    "execution",
    "adapters/alpaca",
    "adapters/postgres",
    "research/backtest",
    "actors",
    "cli/trading.py",
)
MOST = 5
ALLOWED = {
    ("trading/engine/entries.py", "zip"): "columns of one table; each row is taken apart by name right beside it",
    ("adapters/postgres/bars_record.py", "attrgetter"): "the names themselves",
}


def crowded_calls(source: str) -> Iterator[tuple[int, str]]:
    """Line and callee of each call that hands on more than `MOST` values by position."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and sum(not isinstance(arg, ast.Starred) for arg in node.args) > MOST:
            yield node.lineno, ast.unparse(node.func)


def sources() -> Iterator[Path]:
    """Every file of the rooms."""
    for room in ROOMS:
        path = ROOT / room
        found = [path] if path.is_file() else sorted(path.rglob("*.py"))
        assert found, f"{room} is no room any more; correct ROOMS"
        yield from found


def test_no_call_hands_on_more_than_five_values_by_position() -> None:
    """Two integers that change places would be accepted by every type checker, and sell the wrong number of shares."""
    crowded, used = [], set()
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        for line, callee in crowded_calls(path.read_text()):
            used.add((name, callee))
            if (name, callee) not in ALLOWED:
                crowded.append(f"{name}:{line} {callee}")
    assert not crowded
    assert used == set(ALLOWED), "an exception that nothing needs any more"


def test_a_planted_call_is_found() -> None:
    """Six by position are too many; five, names and unpacked rows aren't."""
    planted = [
        "order('id', 1, 2, 3, 4, 5)",
        "order('id', 1, 2, 3, 4, stop=5)",
        "Ordered(*row)",
        "shop.sell(1, 2, 3, 4, 5, 6, why='')",
    ]
    assert list(crowded_calls("\n".join(planted))) == [(1, "order"), (4, "shop.sell")]

"""Warnings about stocks in play."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tests.unit.trading.made_bars import closes, weekdays
from trading.bars.panel import Panel
from trading.gates import Break, Split
from trading.scanner.flags import UNKNOWN, flags
from trading.scanner.ranking import InPlay

DAYS = [day.item() for day in weekdays(30)]


def _flags(*tables: pa.Table, jumps: tuple[Split | Break, ...] = (), **more: object) -> dict[str, tuple[str, ...]]:
    """The flags of every symbol, each in play at its last bar."""
    panel = Panel.from_arrow(pa.concat_tables(tables))
    in_play = [
        InPlay(str(symbol), 0.5, {}, 1, "", int(row))
        for symbol, row in zip(panel.symbols, panel.offsets[1:] - 1, strict=True)
    ]
    return flags(panel, in_play, jumps, more.get("events", {}))  # type: ignore[arg-type]


def test_a_name_without_anything_odd_has_no_flag() -> None:
    """10 USD and a million shares are 10 million USD traded."""
    assert _flags(closes("A", [10.0] * 30)) == {"A": ()}


def test_penny_and_illiquid_names_are_flagged() -> None:
    """4.99 USD is below the SEC's 5 USD; 4.99 times 100,000 shares is 499,000 USD."""
    found = _flags(closes("A", [4.99] * 30, [100_000] * 30), closes("B", [5.0] * 30))
    assert found["A"] == ("penny: 4.99 USD is below 5", "illiquid: 499,000 USD traded, below 1,000,000")
    assert found["B"] == ()


def test_a_split_is_flagged_for_twenty_sessions() -> None:
    """The 30th session is 20 after the 10th and 21 after the 9th; later ones aren't known, and the latest counts."""
    names = [closes(symbol, [10.0] * 30) for symbol in "ABCD"]
    jumps = (
        Split("A", DAYS[9], 2, 1), Split("B", DAYS[8], 2, 1), Split("C", np.datetime64("2011-01-03").item(), 2, 1),
        Split("D", DAYS[12], 2, 1), Break("D", DAYS[28], "x"),
    )  # fmt: skip
    found = _flags(*names, jumps=jumps)
    assert found == {"A": ("split 20 sessions ago",), "B": (), "C": (), "D": ("break in its prices 1 session ago",)}


def test_a_report_since_the_close_is_flagged() -> None:
    """Its day is named, and that its hour isn't known."""
    (said,) = _flags(closes("A", [10.0] * 30), events={"A": DAYS[29]})["A"]
    assert said.startswith(f"earnings dated {DAYS[29]}")
    assert "hour isn't known" in said


def test_nobody_in_play_has_no_flags() -> None:
    """No list, no flags; what nobody can know is said all the same."""
    panel = Panel.from_arrow(closes("A", [10.0]))
    assert flags(panel, [], [], {}) == {}
    assert {"halted", "earnings tonight", "sector at the time"} == set(UNKNOWN)

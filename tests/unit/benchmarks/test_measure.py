"""How benchmarks measure and what they print."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.measure import Table, Timing, same, timed

MIB = 1024**2


def test_the_median_lies_between_the_fastest_and_the_slowest_of_the_repeats() -> None:
    """The call is made once untimed, then as often as asked for."""
    calls: list[int] = []
    timing = timed(lambda: calls.append(1), repeats=5)
    assert (len(calls), timing.repeats) == (6, 5)
    assert 0 < timing.low_s <= timing.median_s <= timing.high_s


def test_memory_that_a_call_takes_and_gives_back_is_seen() -> None:
    """An array of 64 MiB that lives only during the call is in its peak, and not in that of the next call."""
    large = timed(lambda: np.ones(64 * MIB // 8).sum(), repeats=2)
    small = timed(lambda: None, repeats=2)
    assert 60 < large.peak_mb < 80
    assert small.peak_mb < 10


def test_contenders_that_differ_are_not_compared() -> None:
    """A benchmark whose contenders found different things stops."""
    same(3, 3, "what they found")
    with pytest.raises(AssertionError, match="nothing can be compared"):
        same(3, 4, "what they found")


def test_the_table_says_the_same_to_readers_and_to_programs() -> None:
    """Every row and note is in both forms, and the JSON is one line."""
    table = Table("copying", "a thing")
    table.add("ours", Timing(1.5, 1.0, 2.0, 3, 7.0), ratio=2.0)
    table.notes.append("checked")
    told = json.loads(table.json())
    assert "\n" not in table.json()
    assert told["rows"] == [
        {"work": "ours", "median_s": 1.5, "low_s": 1.0, "high_s": 2.0, "repeats": 3, "peak_mb": 7.0, "ratio": 2.0}
    ]
    assert [table.text().splitlines()[i] for i in (0, -1)] == ["copying: a thing", "- checked"]
    assert "1.5" in table.text()

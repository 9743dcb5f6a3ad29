"""A row weighs the less, the more outcomes of its symbol it shares sessions with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading.arrays import Floats
from tune.sets.uniqueness import average_uniqueness

DAYS = np.array([f"2024-01-{day:02d}" for day in (2, 3, 4, 5, 8, 9, 10, 11, 12)], dtype="datetime64[D]")
"""The first nine sessions of 2024 on the New York Stock Exchange."""


def weights(*spans: tuple[int, int, int]) -> list[float]:
    """Of rows of (symbol, number of the decision's session, of the one that made the outcome known)."""
    symbol, decided, known = (np.array(part) for part in zip(*spans, strict=True))
    return average_uniqueness(symbol, DAYS[decided], DAYS[known]).tolist()


def test_rows_that_share_nothing_weigh_one() -> None:
    """One after the other, and at the same time in other symbols: the entry is after the decision."""
    assert weights((0, 0, 2), (0, 2, 4), (1, 0, 4), (2, 1, 3)) == [1.0] * 4


def test_overlap_is_counted_session_by_session() -> None:
    """Spans of sessions 1-2, 2-3-4 and 4 of one symbol: (1 + 1/2) / 2, (1/2 + 1 + 1/2) / 3, 1/2."""
    unique = [(1 + 1 / 2) / 2, (1 / 2 + 1 + 1 / 2) / 3, 1 / 2]
    mean = sum(unique) / 3
    assert weights((0, 0, 2), (0, 1, 4), (0, 3, 4)) == pytest.approx([one / mean for one in unique])


def test_long_and_short_of_one_bar_share_their_outcome() -> None:
    """Two rows of one bar are worth as much as one of another symbol: 1/2, 1/2, 1 over a mean of 2/3."""
    assert weights((0, 0, 3), (0, 0, 3), (1, 0, 3)) == pytest.approx([0.75, 0.75, 1.5])


def test_no_rows_have_no_weights() -> None:
    """And one has weight one, whatever its symbol's number."""
    nothing = np.zeros(0, dtype="datetime64[D]")
    assert average_uniqueness(np.zeros(0, dtype=np.int32), nothing, nothing).tolist() == []
    assert weights((7, 0, 5)) == [1.0]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 7), st.integers(1, 8)), min_size=1, max_size=30).map(
        lambda rows: [(s, min(a, 7), min(max(a + 1, b), 8)) for s, a, b in rows]
    )
)
def test_it_is_the_definition(spans: list[tuple[int, int, int]]) -> None:
    """Counted row by row and session by session as in the book, on the sessions that something begins or ends on."""
    used = sorted({day for _, a, b in spans for day in (a, b)})

    def unique(symbol: int, decided: int, known: int) -> float:
        span = [day for day in used if decided < day <= known]
        return float(np.mean([1 / sum(s == symbol and a < day <= b for s, a, b in spans) for day in span]))

    expected: Floats = np.array([unique(*span) for span in spans])
    assert weights(*spans) == pytest.approx((expected / expected.mean()).tolist())

"""No training set holds an outcome of a sealed span, whoever makes it."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.planted import planted
from trading.bars.panel import as_date
from trading.trials.sealing import Span
from tune.sets.sealed import spared, without_sealed

ROOT = Path(__file__).parents[4]
ALLOWED = {
    ROOT / "tune" / "sets" / "from_market.py",  # makes them, of what it is given
    ROOT / "benchmarks" / "scoring.py",  # a market of its own, no record
    ROOT / "benchmarks" / "random_candles.py",  # likewise
}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), at=st.integers(0, 55), length=st.integers(0, 25))
def test_what_is_left_has_no_session_in_common_with_the_span(seed: int, at: int, length: int) -> None:
    """Neither the decision nor the day it became known nor anything between; everything else stays, in order."""
    data = planted(seed, sessions=60, per_session=5)
    sessions = np.unique(data.session)
    first, last = sessions[at], sessions[min(at + length, 59)]
    span = Span(as_date(first), as_date(last))
    left = without_sealed(data, [span])
    assert ((left.known_session < first) | (left.session > last)).all()
    cut = (data.session <= last) & (data.known_session >= first)
    assert len(left) == len(data) - cut.sum()
    assert left.net_return.tolist() == data.net_return[~cut].tolist()
    assert left.undecided == {f"sealed {span}": int(cut.sum())}
    assert spared(left) == [str(span)]


def test_an_outcome_that_ran_across_the_span_is_cut_too() -> None:
    """Decided before a span of one session and known after it."""
    data = planted(1, sessions=60, per_session=5)
    day = np.unique(data.session)[30]
    left = without_sealed(data, [Span(as_date(day), as_date(day))])
    assert not ((left.session < day) & (left.known_session > day)).any()
    assert ((data.session < day) & (data.known_session > day)).any(), "nothing ran across it"


def test_nothing_sealed_changes_nothing_and_two_spans_are_both_cut() -> None:
    """The same set, hash and all; of two spans each is counted."""
    data = planted(2, sessions=60, per_session=5)
    assert without_sealed(data, ()) is data
    days = [as_date(day) for day in np.unique(data.session)]
    left = without_sealed(data, [Span(days[5], days[9]), Span(days[40], days[44])])
    assert len(spared(left)) == 2
    assert len(data) - len(left) == sum(left.undecided.values())


def test_every_program_that_makes_a_training_set_leaves_out_what_is_sealed() -> None:
    """A file that calls a maker of sets calls `without_sealed`; in `from_record` it is within."""
    rooms = ("actors", "benchmarks", "cli", "data", "execution", "research", "serve", "tune")
    makers = []
    for path in sorted(file for room in rooms for file in (ROOT / room).rglob("*.py")):
        called = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        if "sealed_too=True" in path.read_text(encoding="utf-8"):
            assert path == ROOT / "cli" / "judging" / "seals.py", f"{path} reads what is sealed; only the look may"
        if called & {"from_market", "from_histories"} and path not in ALLOWED:
            makers.append(path)
            assert "without_sealed" in called, f"{path} makes a training set of what is sealed"
    assert makers
    assert "without_sealed" in (ROOT / "tune" / "sets" / "recorded_rows.py").read_text(encoding="utf-8")

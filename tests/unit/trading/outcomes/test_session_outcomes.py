"""What became of trades within a session: every exit by hand, mirrored, and cut off at the close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.made_minutes import Minute, hours, minutes, random_minutes
from trading.bars.intraday import IntradayPanel
from trading.bars.session_hours import REGULAR
from trading.evidence.session_log import OTHER_ENTRIES, session_pattern_log
from trading.outcomes.in_session import SessionOutcomes, label_in_session
from trading.patterns.chart.registry import detect_in_sessions

Bar = tuple[float, float, float, float]
FLAT: Bar = (100.0, 100.0, 100.0, 100.0)


def _session(bars: Sequence[Bar], after: Sequence[Bar] = ()) -> IntradayPanel:
    """A trigger at 100, then these minutes up to the close, then bars after hours."""
    rows: list[Minute] = [("A", 0, 300 + number, *bar, 100) for number, bar in enumerate([FLAT, *bars])]
    rows += [("A", 0, 395 + number, *bar, 100) for number, bar in enumerate(after)]
    return minutes(rows)


def _trade(panel: IntradayPanel, *, stop: float = 98.0, target: float = 104.0, cost_bp: float = 0.0) -> SessionOutcomes:
    return label_in_session(
        panel, np.array([0]), np.array([1], dtype=np.int8),
        stop_usd=np.array([stop]), target_usd=np.array([target]), cost_bp_per_side=cost_bp,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bars", "kind", "exit_usd", "gain", "loss"),
    [
        # entered at 100 in every case but the gaps; gain and loss are fractions of the entry
        ([FLAT, (100.0, 101.0, 97.5, 99.0)], "stop", 98.0, 0.0, -0.02),
        ([FLAT, (97.0, 97.5, 96.0, 97.0)], "stop", 97.0, 0.0, -0.03),  # a gap beyond the stop fills at the open
        ([FLAT, (100.0, 104.5, 100.0, 104.0)], "target", 104.0, 0.04, 0.0),
        ([FLAT, (105.0, 106.0, 105.0, 106.0)], "target", 105.0, 0.05, 0.0),
        ([FLAT, (100.0, 104.0, 99.0, 103.0)], "close", 103.0, 0.04, -0.01),  # touched and not traded through
        ([FLAT, (100.0, 105.0, 97.0, 100.0)], "stop", 98.0, 0.0, -0.02),  # both in one bar
        ([(100.0, 103.0, 99.0, 102.0), (102.0, 103.5, 101.0, 101.5)], "close", 101.5, 0.035, -0.01),
        ([(100.0, 100.0, 97.0, 97.0)], "stop", 98.0, 0.0, -0.02),  # in the bar of the entry
    ],
)
def test_each_exit(bars: Sequence[Bar], kind: str, exit_usd: float, gain: float, loss: float) -> None:
    """A trade leaves at its stop, its target or the last regular bar, with the excursions that are certain."""
    found = _trade(_session(bars, after=[(50.0, 200.0, 50.0, 60.0)]))
    assert found.exit_kind.tolist() == [kind]
    np.testing.assert_allclose(found.net_return, exit_usd / 100.0 - 1.0)
    np.testing.assert_allclose((found.max_gain[0], found.max_loss[0]), (gain, loss), atol=1e-12)


@pytest.mark.parametrize("bars", [[], [(98.0, 99.0, 97.0, 99.0)], [(104.0, 105.0, 103.0, 104.0)]])
def test_no_entry(bars: Sequence[Bar]) -> None:
    """Nobody enters when the session is over, or the next bar opens at or beyond the stop or the target."""
    found = _trade(_session(bars))
    assert found.exit_kind.tolist() == ["no_entry"]
    assert np.isnan([found.net_return[0], found.max_gain[0], found.max_loss[0]]).all()
    assert np.isnat(found.exit_at[0])


def test_costs_are_paid_on_both_sides() -> None:
    """Ten basis points a side take a fifth of a percent."""
    panel = _session([FLAT, FLAT])
    assert _trade(panel, cost_bp=10.0).net_return[0] == pytest.approx(-0.002)


def test_the_exit_is_known_when_its_bar_is_over() -> None:
    """A stop in the third minute after the trigger is known at that minute's end."""
    panel = _session([FLAT, FLAT, (97.0, 97.0, 97.0, 97.0), FLAT])
    assert _trade(panel).exit_at[0] == panel.closes_at[3]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_shorts_are_longs_in_a_mirror(seed: int) -> None:
    """Reflected prices with the other direction give the same kind of exit and the same money a share."""
    panel = random_minutes(seed, symbols=2, sessions=2)
    rows = np.flatnonzero(panel.phase == REGULAR)[::17]
    price, ones = panel.close[rows], np.ones(len(rows), dtype=np.int8)
    mirror = replace(panel, open=400 - panel.open, high=400 - panel.low, low=400 - panel.high, close=400 - panel.close)
    long = label_in_session(
        panel, rows, ones, stop_usd=price - 0.3, target_usd=price + 0.4, cost_bp_per_side=0.0
    )  # fmt: skip
    short = label_in_session(
        mirror, rows, -ones, stop_usd=400 - price + 0.3, target_usd=400 - price - 0.4, cost_bp_per_side=0.0
    )
    assert long.exit_kind.tolist() == short.exit_kind.tolist()
    with np.errstate(invalid="ignore"):
        entry = panel.open[np.minimum(rows + 1, len(panel) - 1)]
    np.testing.assert_allclose(long.net_return * entry, short.net_return * (400 - entry), atol=1e-9)


def test_the_log_holds_each_trigger_of_the_session_alone() -> None:
    """Patterns of the session before are not logged again, and every one of this session is."""
    panel, calendar = random_minutes(5, symbols=6, sessions=2, holes=0.05), hours(2)
    found = detect_in_sessions(panel, calendar)
    today = panel.sessions[found.row] == calendar.sessions[1]
    table = session_pattern_log(panel, calendar, calendar.sessions[1], cost_bp_per_side=10.0)
    assert 0 < table.num_rows == int(today.sum()) < len(found.row)
    assert (
        table["triggered_at"].to_numpy().astype("datetime64[s]").tolist() == panel.closes_at[found.row[today]].tolist()
    )


def test_the_comparison_looks_at_the_session_before_at_that_time_of_day() -> None:
    """When prices of the day before fall without end, the same long trade fails there at every moment."""
    rows: list[Minute] = [
        ("A", 0, m, 100 - m / 20, 100 - m / 20, 99.9 - m / 20, 99.95 - m / 20, 100) for m in range(390)
    ]
    rows += [("A", 1, m, 100.0, 100.25, 99.75, 100.0, 100) for m in range(6)]
    rows += [("A", 1, 6 + m, 101.0 + m, 102.0 + m, 101.0 + m, 101.9 + m, 100) for m in range(10)]
    table = session_pattern_log(minutes(rows), hours(), hours().sessions[1], cost_bp_per_side=0.0)
    kept = table.filter(np.array(table["pattern_type"].to_pylist()) == "opening_range_breakout")
    assert kept.num_rows == 1
    assert kept["other_entries"].to_pylist() == [OTHER_ENTRIES]
    assert kept["other_success"].to_pylist() == [0.0]
    assert kept["net_return"].to_pylist()[0] > 0


def test_without_a_session_before_there_is_no_comparison() -> None:
    """The first session on record is logged; what it would be compared with stays unknown."""
    panel, calendar = random_minutes(5, symbols=6, sessions=1, holes=0.05), hours(1)
    table = session_pattern_log(panel, calendar, calendar.sessions[0], cost_bp_per_side=10.0)
    assert table.num_rows > 0
    assert set(table["other_entries"].to_pylist()) == {0}
    assert np.isnan(table["other_success"].to_numpy()).all()

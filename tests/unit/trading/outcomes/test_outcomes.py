"""What became of a decision, against arithmetic and against a loop over trades."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.made_bars import random_panel, table, weekdays
from trading.bars.ended import Endings
from trading.bars.panel import Panel
from trading.errors import BadDataError, ConfigurationError
from trading.outcomes.barriers import OutcomeRules, Outcomes, label

RULES = OutcomeRules(stop_atr=1.0, target_atr=2.0, horizon_sessions=3, cost_bp_per_side=10)
QUIET = (100.0, 101.0, 99.0, 100.0)


def _trade(bars: list[tuple[float, float, float, float]], direction: int = 1, atr: float = 5.0) -> Outcomes:
    """The outcome of a decision at a quiet first bar that is followed by `bars` (open, high, low, close)."""
    rows = [("A", day, *bar, 1000) for day, bar in zip(weekdays(len(bars) + 1), [QUIET, *bars], strict=True)]
    panel = Panel.from_arrow(table(rows))
    return label(panel, np.array([0]), np.array([direction], dtype=np.int8), np.array([atr]), RULES)


@pytest.mark.parametrize(
    ("bars", "direction", "kind", "gross", "bar"),
    [
        ([(100, 101, 95, 96)], 1, "stop", -0.05, 1),  # touched on the entry bar
        ([QUIET, (94, 96, 93, 95)], 1, "stop", -0.06, 2),  # opened beyond the stop
        ([(100, 110, 99, 109), (109, 109, 104, 105), QUIET], 1, "open", None, 0),  # the target was touched only
        ([(100, 110.01, 99, 109)], 1, "target", 0.10, 1),  # traded through
        ([QUIET, (112, 113, 111, 112)], 1, "target", 0.12, 2),  # opened beyond the target
        ([(100, 115, 94, 110)], 1, "stop", -0.05, 1),  # both in one bar: the stop counts
        ([QUIET, QUIET, QUIET, (103, 104, 90, 91)], 1, "horizon", 0.03, 4),  # open of the bar after three
        ([(100, 105, 99, 104)], -1, "stop", -0.05, 1),
        ([(100, 101, 89.99, 91)], -1, "target", 0.10, 1),
        ([QUIET, QUIET, QUIET, (97, 98, 96, 97)], -1, "horizon", 0.03, 4),
        ([QUIET, QUIET, QUIET], 1, "open", None, 0),  # the bar of the exit isn't there yet
        ([], 1, "open", None, 0),
    ],
)
def test_each_way_a_trade_ends(bars: list[Any], direction: int, kind: str, gross: float | None, bar: int) -> None:
    """Entry 100, stop 5 away, target 10 away, three bars, 0.2 % for both sides: exits and returns by hand."""
    got = _trade(bars, direction)
    assert got.exit_kind.tolist() == [kind]
    if gross is None:
        assert np.isnan([got.net_return[0], got.success[0], got.max_gain[0], got.max_loss[0]]).all()
        assert np.isnat(got.known_session[0])
    else:
        np.testing.assert_allclose(got.net_return, gross - 0.002, rtol=0, atol=1e-12)
        assert got.success.tolist() == [float(gross > 0.002)]
        assert got.known_session[0] == weekdays(6)[bar]
    assert np.isnat(got.entry_session[0]) if not bars else got.entry_session[0] == weekdays(2)[1]


@pytest.mark.parametrize(
    ("bars", "direction", "both"),
    [
        ([(100, 115, 94, 110)], 1, True),  # the entry bar holds both
        ([QUIET, (101, 110.01, 95, 96)], 1, True),  # a later one does
        ([(100, 106, 85, 90)], -1, True),  # a short's barriers are 105 and 90
        ([QUIET, (94, 115, 93, 100)], 1, False),  # opened beyond the stop: that came first
        ([(100, 110, 95, 96)], 1, False),  # the target was touched, not traded through
        ([(100, 104, 95, 96), (100, 115, 99, 110)], 1, False),  # the target came after the stop
        ([(100, 115, 99, 110), (100, 115, 94, 95)], 1, False),  # both in one bar, but after the exit
        ([QUIET, QUIET, QUIET, (100, 115, 94, 95)], 1, False),  # both in the bar whose open is the exit
        ([], 1, False),
    ],
)
def test_labels_that_bars_cannot_decide_are_marked(bars: list[Any], direction: int, *, both: bool) -> None:
    """Entry 100, stop 5 away, target 10 away: the bar of the exit opened between them and held both."""
    assert _trade(bars, direction).both_barriers.tolist() == [both]


def test_a_win_smaller_than_its_costs_is_no_success() -> None:
    """0.1 % gross less 0.2 % costs is a loss."""
    got = _trade([QUIET, QUIET, QUIET, (100.1, 101, 99, 100)])
    np.testing.assert_allclose(got.net_return, -0.001, atol=1e-12)
    assert got.success.tolist() == [0.0]


def test_excursions_count_what_surely_came_before_the_exit() -> None:
    """The high of a stopped bar may have come after the stop, so only earlier bars, its open and its exit count."""
    got = _trade([(100, 104, 97, 101), (101, 108, 95, 96)])
    np.testing.assert_allclose(got.max_gain, 0.04)
    np.testing.assert_allclose(got.max_loss, -0.05)


def test_the_best_close_is_known_with_the_whole_horizon_only() -> None:
    """The second of three closes is the best; with two bars it isn't known yet, though the stop may be."""
    bars = [(100.0, 102.0, 99.0, 101.0), (101.0, 104.0, 100.0, 103.0), (103.0, 103.0, 101.0, 102.0)]
    whole, part = _trade(bars), _trade(bars[:2])
    assert whole.optimal_hold_sessions.tolist() == [2.0]
    assert whole.hold_known_session[0] == weekdays(4)[3]
    assert np.isnan(part.optimal_hold_sessions[0])
    assert np.isnat(part.hold_known_session[0])


def test_without_a_range_there_is_no_outcome() -> None:
    """An average true range that is NaN or 0 gives no stop, so nothing is claimed."""
    for atr in (np.nan, 0.0):
        got = _trade([(100, 120, 80, 100)] * 4, atr=atr)
        assert got.exit_kind.tolist() == ["unknown"]
        assert np.isnan(got.net_return[0])


def test_a_trade_never_runs_into_another_symbol() -> None:
    """The last bar of a symbol has no next bar, whatever follows it in the panel."""
    days = weekdays(6)
    rows = [("A", days[0], *QUIET, 1)] + [("B", day, 50.0, 90.0, 10.0, 50.0, 1) for day in days]
    got = label(Panel.from_arrow(table(rows)), np.array([0]), np.array([1], dtype=np.int8), np.array([1.0]))
    assert got.exit_kind.tolist() == ["open"]


def _cut_off(after_usd: float, bars: list[Any], direction: int, *, explained: bool = False) -> Outcomes:
    """The same trade, where a break ends the bars at the session after `bars`."""
    days = weekdays(len(bars) + 2)
    panel = Panel.from_arrow(table([("A", day, *bar, 1000) for day, bar in zip(days, [QUIET, *bars], strict=False)]))
    before = panel.close[-1:]
    ends = Endings(days[-1:], before, np.array([after_usd]), np.array([explained]))
    ways = np.array([direction], dtype=np.int8)
    return label(panel, np.array([0]), ways, np.array([5.0]), RULES, endings=ends)


@pytest.mark.parametrize(
    ("after", "explained", "direction", "gross"),
    [
        (40.0, False, 1, -0.6),  # entry 100, the first price after the fall 40: the loss is the outcome
        (40.0, False, -1, 0.0),  # a short gets no profit that nobody explains
        (250.0, False, 1, 0.0),
        (250.0, False, -1, -1.5),
        (40.0, True, 1, 0.0),  # a spin-off: worth the last close, 100
        (40.0, True, -1, 0.0),
    ],
)
def test_a_break_settles_what_it_cuts_off(after: float, explained: bool, direction: int, gross: float) -> None:  # noqa: FBT001
    """Held through two quiet bars of three: the outcome is that of an account, known at the break."""
    got = _cut_off(after, [QUIET, QUIET], direction, explained=explained)
    assert got.exit_kind.tolist() == ["break"]
    np.testing.assert_allclose(got.net_return, gross - 0.002, atol=1e-12)
    assert got.known_session[0] == weekdays(4)[3] == got.hold_known_session[0]
    np.testing.assert_allclose(got.max_loss, min(-0.01, gross))  # the quiet bars range 1 % around 100
    assert got.optimal_hold_sessions.tolist() == [1.0]


def test_what_ended_before_a_break_ended_as_it_did() -> None:
    """A stop on the last bar before the break stays one, and the break says when the best close is known."""
    got = _cut_off(40.0, [QUIET, (100.0, 101.0, 94.0, 95.0)], 1)
    assert got.exit_kind.tolist() == ["stop"]
    np.testing.assert_allclose(got.net_return, -0.052, atol=1e-12)
    assert (got.known_session[0], got.hold_known_session[0]) == (weekdays(3)[2], weekdays(4)[3])


def test_the_time_limit_at_the_open_of_a_break_settles_by_the_break() -> None:
    """After three bars the exit would be the open of the break itself: 40, or the last close where it is explained."""
    for explained, gross in ((False, -0.6), (True, 0.0)):
        got = _cut_off(40.0, [QUIET] * 3, 1, explained=explained)
        assert got.exit_kind.tolist() == ["break"]
        np.testing.assert_allclose(got.net_return, gross - 0.002, atol=1e-12)


def test_a_break_before_the_entry_cancels_the_order() -> None:
    """Nothing was bought, so there is no return, and it is known that there won't be one."""
    got = _cut_off(40.0, [], 1)
    assert got.exit_kind.tolist() == ["no_entry"]
    assert np.isnan([got.net_return[0], got.success[0]]).all()
    assert got.known_session[0] == weekdays(2)[1]


def test_a_break_far_behind_the_horizon_changes_nothing() -> None:
    """Four bars after the decision the time limit has passed; the break comes at the sixth."""
    whole = [QUIET, QUIET, QUIET, (103.0, 104.0, 102.0, 103.0), QUIET]
    assert _cut_off(1.0, whole, 1).net_return == _trade(whole).net_return


def test_arrays_of_different_length_are_refused() -> None:
    """A full-length range array instead of one per decision is an error, not a wrong answer."""
    panel = random_panel(30)
    with pytest.raises(BadDataError, match="one per decision"):
        label(panel, np.array([0]), np.array([1], dtype=np.int8), np.ones(len(panel)))
    with pytest.raises(ConfigurationError):
        OutcomeRules(stop_atr=0)


def _one_by_one(panel: Panel, row: int, sign: int, atr: float, rules: OutcomeRules) -> tuple[str, float, float, float]:
    """Kind, net return, gain and loss of one trade, bar after bar, as a trader would live it."""
    end = panel.offsets[1:][panel.symbol_index[row]]
    if not atr > 0:
        return "unknown", np.nan, np.nan, np.nan
    if row + 1 >= end:
        return "open", np.nan, np.nan, np.nan
    entry = panel.open[row + 1]
    stop, target = entry - sign * rules.stop_atr * atr, entry + sign * rules.target_atr * atr
    seen = [entry]
    for held in range(1, rules.horizon_sessions + 2):
        bar = row + held
        if bar >= end:
            return "open", np.nan, np.nan, np.nan
        open_, high, low = panel.open[bar], panel.high[bar], panel.low[bar]
        worst, best = (low, high) if sign > 0 else (high, low)
        kind = ""
        if held > rules.horizon_sessions:
            kind, price = "horizon", open_
        elif sign * worst <= sign * stop:
            kind, price = "stop", open_ if sign * open_ <= sign * stop else stop
        elif sign * best > sign * target:
            kind, price = "target", open_ if sign * open_ > sign * target else target
        if kind:
            moves = [sign * (value - entry) / entry for value in [*seen, open_, price]]
            return kind, sign * (price - entry) / entry - 2 * rules.cost_bp_per_side / 1e4, max(moves), min(moves)
        seen += [high, low]
    raise AssertionError("a trade ends at its horizon at the latest")


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    stop=st.sampled_from([0.5, 1.0, 1.5]),
    target=st.sampled_from([0.5, 1.0, 2.5]),
    horizon=st.integers(1, 8),
)
def test_all_at_once_equals_one_by_one(seed: int, stop: float, target: float, horizon: int) -> None:
    """The vectorised outcomes equal those of a loop over trades and bars."""
    panel, rng = random_panel(seed, (60, 40, 3, 1)), np.random.default_rng(seed)
    rules = OutcomeRules(stop, target, horizon, 10)
    rows = rng.integers(0, len(panel), 80)
    sign = rng.choice(np.array([-1, 1], dtype=np.int8), 80)
    atr = np.where(rng.uniform(size=80) < 0.05, np.nan, panel.close[rows] * rng.uniform(0.005, 0.04, 80))
    got = label(panel, rows, sign, atr, rules)
    for at in range(80):
        kind, net, gain, loss = _one_by_one(panel, int(rows[at]), int(sign[at]), float(atr[at]), rules)
        assert got.exit_kind[at] == kind, (seed, at)
        np.testing.assert_allclose(
            [got.net_return[at], got.max_gain[at], got.max_loss[at]],
            [net, gain, loss],
            atol=1e-12,
            err_msg=f"{seed} {at}",
        )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(20, 115))
def test_an_outcome_is_known_at_the_session_it_names_and_not_before(seed: int, cut: int) -> None:
    """On a panel cut at a session, exactly the outcomes with `known_session` up to it are known, with equal values."""
    panel = random_panel(seed, (120, 60))
    last = weekdays(120)[cut]
    early = panel.take(np.flatnonzero(panel.sessions <= last))
    rows = np.flatnonzero(panel.sessions <= last)
    sign = np.where(np.arange(len(rows)) % 2, 1, -1).astype(np.int8)
    whole = label(panel, rows, sign, panel.close[rows] * 0.02)
    part = label(early, np.arange(len(rows)), sign, early.close * 0.02)
    known = whole.known_session <= last
    np.testing.assert_array_equal(np.isfinite(part.net_return), known, err_msg=str(seed))
    np.testing.assert_array_equal(part.net_return[known], whole.net_return[known], err_msg=str(seed))
    np.testing.assert_array_equal(np.isfinite(part.optimal_hold_sessions), whole.hold_known_session <= last)

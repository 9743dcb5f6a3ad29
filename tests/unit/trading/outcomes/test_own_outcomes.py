"""What became of a chart pattern's own stop and target, on bars written down by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.trading.made_bars import table, weekdays
from trading.bars.ended import Endings
from trading.bars.panel import Panel
from trading.errors import ConfigurationError
from trading.outcomes.barriers import OutcomeRules
from trading.outcomes.own import OwnOutcomes, label_own

Bar = tuple[float, float, float, float]
RULES = OutcomeRules(own_horizon_sessions=3, cost_bp_per_side=10.0)
CALM: Bar = (100.0, 101.0, 99.0, 100.0)
DAYS = weekdays(8)
COSTS = 2 * 10.0 / 10_000


def _followed(*after: Bar, direction: int = 1, stop: float = 95.0, target: float = 110.0) -> OwnOutcomes:
    """A pattern that triggers at 100 on the first bar, and the bars after it."""
    rows = [("A", day, *bar, 1000) for day, bar in zip(DAYS, (CALM, *after), strict=False)]
    return label_own(
        Panel.from_arrow(table(rows)), np.array([0]), np.array([direction], dtype=np.int8),
        stop_usd=np.array([stop]), target_usd=np.array([target]), rules=RULES,
    )  # fmt: skip


def _said(outcome: OwnOutcomes) -> tuple[str, float, np.datetime64]:
    return str(outcome.exit_kind[0]), float(outcome.net_return[0]), outcome.known_session[0]


def test_the_target_is_reached() -> None:
    """In at the next open, 102; out at the target, 110, on the second bar after, less the costs of both sides."""
    kind, net, known = _said(_followed((102.0, 103.0, 101.0, 102.0), (102.0, 111.0, 101.0, 110.0)))
    assert (kind, known) == ("target", DAYS[2])
    assert net == pytest.approx(8 / 102 - COSTS)


def test_the_stop_is_touched_and_counts_before_the_target() -> None:
    """A bar that holds both ends at the stop, 95."""
    kind, net, known = _said(_followed((100.0, 112.0, 95.0, 104.0)))
    assert (kind, known) == ("stop", DAYS[1])
    assert net == pytest.approx(-5 / 100 - COSTS)


def test_a_short_is_the_mirror_image() -> None:
    """In at 98, target 90 reached by a low of 89."""
    kind, net, _ = _said(_followed((98.0, 99.0, 89.0, 92.0), direction=-1, stop=105.0, target=90.0))
    assert kind == "target"
    assert net == pytest.approx(8 / 98 - COSTS)


def test_time_runs_out() -> None:
    """After three bars the exit is the next open, 101, known on that session."""
    kind, net, known = _said(_followed(CALM, CALM, CALM, (101.0, 120.0, 80.0, 101.0)))
    assert (kind, known) == ("horizon", DAYS[4])
    assert net == pytest.approx(1 / 100 - COSTS)


@pytest.mark.parametrize("opened", [110.0, 115.0, 95.0, 90.0])
def test_nobody_enters_at_or_beyond_stop_or_target(opened: float) -> None:
    """The next open leaves nothing to trade: no return, and known at once."""
    bar = (opened, opened + 1, opened - 1, opened)
    kind, net, known = _said(_followed(bar, CALM, CALM, CALM))
    assert (kind, known) == ("no_entry", DAYS[1])
    assert np.isnan(net)


@pytest.mark.parametrize("after", [0, 1, 3])
def test_an_outcome_stays_open_until_it_is_known(after: int) -> None:
    """Without bars, and up to the last bar of the horizon, nothing is claimed."""
    kind, net, known = _said(_followed(*[CALM] * after))
    assert kind == "open"
    assert np.isnan(net)
    assert np.isnat(known)


def test_a_target_that_is_unknown_is_never_reached() -> None:
    """A fall that would have to end below zero leaves stop and time."""
    fall = (50.0, 51.0, 1.0, 2.0)
    kind, _, _ = _said(_followed((99.0, 100.0, 60.0, 60.0), fall, fall, fall, direction=-1, stop=105.0, target=np.nan))
    assert kind == "horizon"


def test_a_horizon_of_nothing_is_refused() -> None:
    """A pattern needs a bar at least."""
    with pytest.raises(ConfigurationError, match="horizons must be above zero"):
        OutcomeRules(own_horizon_sessions=0)


@pytest.mark.parametrize(
    ("explained", "after", "kind", "gross"),
    [(False, 30.0, "break", -0.7), (True, 30.0, "break", 0.0), (False, 300.0, "break", 0.0)],
)
def test_a_break_settles_what_is_held(explained: bool, after: float, kind: str, gross: float) -> None:  # noqa: FBT001
    """Entry 100, last close 100: the worse of it and the first price after, or the last close where explained."""
    rows = [("A", day, *CALM, 1000) for day in DAYS[:3]]
    ends = Endings(DAYS[3:4], np.array([100.0]), np.array([after]), np.array([explained]))
    got = label_own(
        Panel.from_arrow(table(rows)), np.array([0, 2]), np.array([1, 1], dtype=np.int8),
        stop_usd=np.array([95.0, 95.0]), target_usd=np.array([110.0, 110.0]), rules=RULES, endings=ends,
    )  # fmt: skip
    assert got.exit_kind.tolist() == [kind, "no_entry"], "the second would have been entered at the break"
    assert got.net_return[0] == pytest.approx(gross - COSTS)
    assert got.known_session.tolist() == [DAYS[3].item()] * 2

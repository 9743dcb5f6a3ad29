"""Stretches of bars in another unit: what is one, what is a crash, and what a source explains."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.unit.trading.made_bars import table, weekdays
from trading.gates.factors import FactorChange, Statements
from trading.gates.findings import Screened
from trading.gates.screening import screen
from trading.gates.unit_runs import LONGEST_AT_A_FACTOR, LONGEST_IN_A_UNIT

WAVE = (1.0, 1.01, 0.99, 1.02, 0.985)


def screened(
    factor: float, count: int, *, back: float = 1.0, shares: float = 1.0, stated: Sequence[FactorChange] = ()
) -> Screened:
    """Twenty bars around 40 USD, `count` at `factor` times that on `shares` times the shares, then ten at `back`."""
    days = weekdays(30 + count)
    scale = [1.0] * 20 + [factor] * count + [back] * 10
    volume = [1_000_000] * 20 + [int(1_000_000 * shares)] * count + [1_000_000] * 10
    rows = []
    for at, (day, times, traded) in enumerate(zip(days, scale, volume, strict=True)):
        price = 40.0 * times * WAVE[at % len(WAVE)]
        rows.append(("A", day, price, price * 1.01, price * 0.99, price, traded))
    return screen(table(rows), expected_sessions=weekdays(80), stated=Statements(tuple(stated)))


@pytest.mark.parametrize(
    ("factor", "count", "shares"),
    [
        (100.0, 3, 1.0),  # three days in cents
        (0.01, 3, 1.0),  # in pounds
        (0.01, 2, 100.0),  # the source keeps the dollars
        (1000.0, 5, 1.0),
        (0.1, 4, 1.0),
        (10.0, LONGEST_IN_A_UNIT, 1.0),
        (2.9, 3, 0.6),  # some currency; the shares a little fewer than usual
        (0.35, LONGEST_AT_A_FACTOR, 1.0),
    ],
)
def test_a_stretch_in_another_unit_is_set_aside_and_nothing_else(factor: float, count: int, shares: float) -> None:
    """Neither split nor break nor a bar withheld besides."""
    got = screened(factor, count, shares=shares)
    assert got.quarantined.column("gate").to_pylist() == ["glitch"] * count
    assert "a guess" in got.quarantined.column("reason")[0].as_py()
    assert got.splits == got.breaks == ()
    assert got.bars.num_rows == 30
    assert sum(one.rows for one in got.findings if one.gate == "glitch") == count


@pytest.mark.parametrize(
    ("factor", "count", "back", "shares"),
    [
        (0.4, 4, 1.0, 8.0),  # a crash that recovers is traded
        (0.1, 4, 0.1, 10.0),  # a split stays
        (0.1, 4, 0.6, 1.0),  # half a recovery is none
        (0.4, LONGEST_AT_A_FACTOR + 1, 1.0, 1.0),  # a company may halve and recover in longer
        (0.01, LONGEST_IN_A_UNIT + 1, 1.0, 1.0),
        (0.1, 3, 1.0, 60.0),  # on sixty times the shares, and six times the dollars, somebody bought
        (1.5, 3, 1.0, 1.0),  # a step that news make
    ],
)
def test_what_was_traded_stays_or_lasts_is_no_glitch(factor: float, count: int, back: float, shares: float) -> None:
    """The bars are kept; whether they are a split, news or a break is for other gates."""
    assert screened(factor, count, back=back, shares=shares).quarantined.num_rows == 0


def test_what_the_source_names_is_no_glitch() -> None:
    """A 10-for-1 split and a 1-for-10 one four sessions later, both named."""
    days = [day.item() for day in weekdays(40)]
    named = [FactorChange("A", days[20], 0.1), FactorChange("A", days[24], 10.0)]
    got = screened(0.1, 4, shares=10.0, stated=named)
    assert got.quarantined.num_rows == 0
    assert [split.factor for split in got.splits] == [10.0, 0.1]


def test_a_single_day_in_cents_with_its_own_shares_is_a_glitch_too() -> None:
    """A hundredfold price on the same shares is a hundredfold of dollars, and no news."""
    got = screened(100.0, 1)
    assert got.quarantined.column("gate").to_pylist() == ["glitch"]
    assert got.splits == got.breaks == ()

"""Buy and hold in equal weights, by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tests.unit.trading.made_bars import random_panel, table, weekdays
from trading.bars.actions import Break, Split
from trading.bars.panel import Panel, as_date
from trading.market.benchmark import equal_weight

DAYS = [as_date(day) for day in weekdays(5)]


def panel(prices: dict[str, list[float | None]]) -> Panel:
    """Bars that open at half the close on the first day and at the close later; None = no bar."""
    rows = [
        (symbol, DAYS[at], price / 2 if at == 0 else price, price, price / 2, price, 100)
        for symbol, values in prices.items()
        for at, price in enumerate(values)
        if price is not None
    ]
    return Panel.from_arrow(table(rows))


def curve(bars: Panel, splits: list[Split] | None = None, breaks: list[Break] | None = None) -> list[float]:
    """Equity from 1,000."""
    return equal_weight(bars, splits or [], breaks or [], DAYS, 1000.0)


def test_equal_amounts_are_bought_at_the_first_open_and_held() -> None:
    """A doubles its open and goes to 4 x, B doubles and stays: (2+2)/2, then (4+2)/2 times the start."""
    got = curve(panel({"A": [10, 20, 20, 20, 20], "B": [50, 50, 50, 50, 50]}))
    assert got == pytest.approx([2000, 3000, 3000, 3000, 3000])


def test_a_split_is_no_loss() -> None:
    """Two shares at half the price are worth the same."""
    bars = panel({"A": [10, 10, 5, 5, 10]})
    assert curve(bars, [Split("A", DAYS[2], 2, 1)]) == pytest.approx([2000, 2000, 2000, 2000, 4000])


def test_a_break_holds_the_last_close_before_it() -> None:
    """What follows is another thing; a break on the first day or before changes nothing."""
    bars = panel({"A": [10, 20, 1, 1, 90], "B": [10, 10, 10, 10, 10]})
    explained = [Break("A", DAYS[2], "spin-off", explained=True)]
    assert curve(bars, breaks=explained) == pytest.approx([2000, 3000, 3000, 3000, 3000])
    assert curve(bars, breaks=[Break("A", DAYS[0], "old"), Break("X", DAYS[2], "other")]) == curve(bars)


def test_an_unexplained_break_is_worth_the_worse_of_the_prices_around_it() -> None:
    """A fall that nobody explains is a loss, and a rise is none."""
    fallen = panel({"A": [10, 20, 1, 1, 90], "B": [10, 10, 10, 10, 10]})
    opens = [fallen.open[fallen.sessions == np.datetime64(DAYS[2])][0]]
    got = curve(fallen, breaks=[Break("A", DAYS[2], "a jump")])
    assert got == pytest.approx([2000, 3000, *[1000 * (opens[0] / 5 + 2) / 2] * 3])
    risen = panel({"A": [10, 20, 400, 1, 90], "B": [10, 10, 10, 10, 10]})
    assert curve(risen, breaks=[Break("A", DAYS[2], "a jump")]) == pytest.approx([2000, 3000, 3000, 3000, 3000])


def test_a_missing_bar_holds_the_last_close() -> None:
    """For one day, or for good."""
    got = curve(panel({"A": [10, None, 20, None, None], "B": [10, 10, 10, 10, 10]}))
    assert got == pytest.approx([2000, 2000, 3000, 3000, 3000])


def test_who_has_no_bar_on_the_first_day_takes_no_part() -> None:
    """It couldn't have been bought."""
    assert curve(panel({"A": [10] * 5, "B": [None, 10, 100, 1000, 9]})) == pytest.approx([2000] * 5)


def test_later_bars_change_nothing() -> None:
    """The curve up to a session is the same with bars and splits after it."""
    bars = random_panel(4)
    days = [as_date(day) for day in np.unique(bars.sessions)[100:]]
    split = Split("S0", days[-1], 2, 1)
    whole = equal_weight(bars, [split], [], days, 1.0)
    part = equal_weight(bars, [split], [], days[:10], 1.0)
    assert part == pytest.approx(whole[:10], rel=1e-12)
    assert days[-1] > date(2010, 1, 1)

"""The stretches of bars that breaks ended, and what a share was worth at their end."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from tests.unit.trading.made_bars import closes, table, weekdays
from trading.bars.actions import Break, Split
from trading.bars.ended import Endings, ended_panels
from trading.bars.panel import Panel, as_date

DAYS = [as_date(day) for day in weekdays(8)]


def stock(prices: list[float]) -> Panel:
    """A symbol A whose bars are flat at the given prices, beside a quiet one."""
    rows = [("A", day, price, price, price, price, 1_000) for day, price in zip(DAYS, prices, strict=True)]
    return Panel.from_arrow(pa.concat_tables([table(rows), closes("Q", [50.0] * len(prices))]))


def stretch(panel: Panel) -> list[float]:
    """The closes of A."""
    return panel.close[panel.symbol_index == panel.symbols.tolist().index("A")].tolist()


def test_each_stretch_stands_once_beside_the_whole_market() -> None:
    """Three stretches: the last is the history itself, the other two are answered, the latest first."""
    bars = stock([10, 10, 4, 4, 4, 1, 1, 1])
    cuts = [Break("A", DAYS[2], "?"), Break("A", DAYS[5], "spin-off", explained=True)]
    (late, late_end), (early, early_end) = ended_panels(bars, (), cuts, DAYS[-1])
    assert (stretch(late), stretch(early)) == ([4, 4, 4], [10, 10])
    assert (late_end.before_usd[0], late_end.after_usd[0], late_end.explained[0]) == (4, 1, True)
    assert (early_end.before_usd[0], early_end.after_usd[0], early_end.explained[0]) == (10, 4, False)
    for panel, end in ((late, late_end), (early, early_end)):
        assert end.ended.tolist() == [True, False]
        assert (panel.symbol_index == 1).sum() == len(DAYS), "the market is whole"


def test_nothing_is_known_of_a_break_before_its_session() -> None:
    """At the close before, there is no ended history; at its own close, there is."""
    bars, cuts = stock([10, 10, 4, 4, 4, 4, 4, 4]), [Break("A", DAYS[2], "?")]
    assert not list(ended_panels(bars, (), cuts, DAYS[1]))
    assert len(list(ended_panels(bars, (), cuts, DAYS[2]))) == 1


def test_prices_on_both_sides_are_in_the_shares_of_the_break() -> None:
    """A 2-for-1 before the break and one on it restate; a later one doesn't."""
    bars = stock([40, 40, 20, 20, 2, 2, 1, 1])
    splits = [Split("A", DAYS[2], 2, 1), Split("A", DAYS[4], 2, 1), Split("A", DAYS[6], 2, 1)]
    ((panel, end),) = ended_panels(bars, splits, [Break("A", DAYS[4], "?")], DAYS[-1])
    assert stretch(panel) == [10, 10, 10, 10]
    assert (end.before_usd[0], end.after_usd[0]) == (10, 2)


@pytest.mark.parametrize("cut", [Break("A", DAYS[0], "?"), Break("Z", DAYS[3], "?")])
def test_a_break_without_bars_on_both_sides_ends_nothing(cut: Break) -> None:
    """At the first bar, or of a symbol without bars."""
    assert not list(ended_panels(stock([10.0] * 8), (), [cut], DAYS[-1]))


def test_of_two_words_on_one_break_the_unexplained_one_counts() -> None:
    """Whoever knows no reason must assume the loss."""
    cuts = [Break("A", DAYS[2], "spin-off", explained=True), Break("A", DAYS[2], "?")]
    ((_, end),) = ended_panels(stock([10, 10, 4, 4, 4, 4, 4, 4]), (), cuts, DAYS[-1])
    assert end.explained.tolist() == [False, False]


@pytest.mark.parametrize(
    ("after", "explained", "sign", "settled"),
    [
        (4.0, False, 1, 4.0),  # an unexplained fall is the loss of a long
        (4.0, False, -1, -10.0),  # and no profit of a short
        (25.0, False, 1, 10.0),  # a rise that nothing explains is no profit
        (25.0, False, -1, -25.0),  # and the loss of a short
        (4.0, True, 1, 10.0),  # what was distributed made up for the fall
        (25.0, True, -1, -10.0),
    ],
)
def test_a_break_settles_as_accounts_do(after: float, explained: bool, sign: int, settled: float) -> None:  # noqa: FBT001
    """Close before 10: worth the worse price unless the source explains the break."""
    day = np.array([np.datetime64(DAYS[2])])
    end = Endings(day, np.array([10.0]), np.array([after]), np.array([explained]))
    assert end.settled(np.array([0]), np.array([float(sign)])).tolist() == [settled]

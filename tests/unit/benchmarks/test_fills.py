"""The comparison of fills finds what differs, names a cause only where it accounts for every cent, and fails else."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.crossing import FAST, SLOW
from benchmarks.fills import SETTLED, TIE, Fill, FillsTable, Traded, compared, difference, peers, ties_of
from trading.bars.panel import Panel
from trading.engine.run import BarHistory

BUY = Fill("2015-02-12", "buy", 100, 859_100, "entry")
SOLD = Fill("2015-03-30", "sell", 100, 850_000, "exit")


def traded(*fills: Fill, last_usd_e4: int = 0) -> Traded:
    """What the fills come to, with 100 shares a fill and the rest at its last price."""
    held = sum(100 if fill.side == "buy" else -100 for fill in fills)
    return Traded(fills, sum(fill.cash_cents for fill in fills) + held * last_usd_e4 // 100)


def test_the_same_fills_are_no_difference() -> None:
    """A word for the reason is no part of a fill."""
    assert difference("DHR", traded(BUY, SOLD), traded(BUY, Fill("2015-03-30", "sell", 100, 850_000))) is None


@pytest.mark.parametrize(
    "other",
    [
        Fill("2015-03-30", "sell", 100, 850_001),
        Fill("2015-03-31", "sell", 100, 850_000),
        Fill("2015-03-30", "sell", 99, 850_000),
    ],
    ids=["a hundredth of a cent", "a day", "a share"],
)
def test_another_price_day_or_size_is_unexplained(other: Fill) -> None:
    """Nothing is near enough to pass."""
    found = difference("DHR", traded(BUY, SOLD), traded(BUY, other))
    assert found is not None
    assert found.cause == ""


def test_other_profit_of_the_same_fills_is_unexplained() -> None:
    """A cent that no fill accounts for stays unexplained."""
    found = difference("DHR", Traded((BUY, SOLD), -9_100), Traded((BUY, SOLD), -9_099))
    assert found is not None
    assert (found.profit_cents, found.cause) == (-1, "")


def test_a_position_settled_in_silence_is_named_with_what_it_came_to() -> None:
    """Sold at 85.22 rather than 85.00 USD, 100 shares: 22 USD, and not a cent more may be put down to it."""
    settled = Fill("2015-03-13", "sell", 100, 852_200, "settled")
    found = difference("DHR", traded(BUY, settled), traded(BUY, SOLD))
    assert found is not None
    assert (found.profit_cents, found.cause) == (2_200, SETTLED)
    more = difference("DHR", Traded((BUY, settled), -6_899), traded(BUY, SOLD))
    assert more is not None
    assert more.cause == ""


def test_a_tie_explains_the_fills_after_it_and_no_others() -> None:
    """The peer buys a day early at 85.80 rather than 85.91 USD: the tie is the cause only if both days follow one."""
    late, early = Fill("2015-02-12", "buy", 100, 859_100), Fill("2015-02-11", "buy", 100, 858_000)
    ours, theirs = traded(late, last_usd_e4=900_000), traded(early, last_usd_e4=900_000)
    found = difference("DHR", ours, theirs, frozenset({late.session, early.session}))
    assert found is not None
    assert (found.profit_cents, found.cause) == (-1_100, TIE)
    half = difference("DHR", ours, theirs, frozenset({early.session}))
    assert half is not None
    assert half.cause == ""


def test_ties_are_where_both_averages_are_equal() -> None:
    """Constant closes tie from the 30th bar on; what follows may fill one or two bars later."""
    count = SLOW + 3
    sessions = np.datetime64("2015-01-05", "D") + np.arange(count)
    close, rising = np.full(count, 10.0), 10.0 + np.arange(count)
    both = np.concatenate([close, rising])
    panel = Panel(
        np.array(["FLAT", "RISE"]), np.array([0, count, 2 * count]), np.tile(sessions, 2), both, both, both, both,
        np.full(2 * count, 100.0),
    )  # fmt: skip
    assert FAST < SLOW
    found = ties_of(BarHistory.of_panel(panel))
    assert found == {"FLAT": {str(day) for day in sessions[SLOW:]}, "RISE": frozenset()}


def test_the_table_counts_what_is_unexplained() -> None:
    """Of two symbols one is equal and one a cent apart; another universe is refused."""
    told = {"symbols": [{"symbol": "DHR", "fills": [("2015-02-12", "buy", 100, 85.91)], "final_usd": -91.01}]}
    theirs = peers(told)
    assert theirs["DHR"].fills == (BUY,)
    left = {"DHR": Traded((BUY,), -9_100), "ES": Traded((), 0)}
    table = FillsTable("fills", "")
    compared(table, "peer", left, {**theirs, "ES": Traded((), 0)}, {})
    assert (table.unexplained_cents, table.rows[0]["fills_equal"], table.rows[0]["symbols_equal"]) == (1, 1, 1)
    with pytest.raises(AssertionError, match="different symbols"):
        compared(table, "peer", left, theirs, {})

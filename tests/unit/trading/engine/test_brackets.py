"""Brackets by hand: 100 shares at 20.00, stop 1 USD away, target 2 USD away, no costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.one_account import CASH, MARGIN, START, Bar, OneAccount, bracket, fills, quiet, reasons
from trading.broker.orders import Bracket, Side
from trading.engine.bars import CorporateAction
from trading.engine.bookkeeper import deposit
from trading.engine.fold import fold
from trading.engine.instruments import Instruments
from trading.money import usd_e4


@pytest.mark.parametrize(
    ("bars", "reason", "price"),
    [
        ([(20, 20.5, 18.99, 19.5)], "stop", 19.0),  # on the entry bar, at the stop
        ([quiet(20), (18, 18.5, 17.5, 18.2)], "stop", 18.0),  # a gap: at the open, not at the stop
        ([(20, 22.5, 19.0, 22.0)], "stop", 19.0),  # both in one bar: the stop; its price touched is enough
        ([(20, 22.0, 19.5, 22.0)], None, None),  # the target was touched, not traded through
        ([(20, 22.01, 19.5, 22.0)], "target", 22.0),
        ([quiet(20), (23, 23.5, 22.8, 23)], "target", 23.0),  # a gap beyond the target: at the open
        ([quiet(20), quiet(20), quiet(20), (20.3, 25, 10, 20.1)], "time", 20.3),  # the open after three bars
        ([quiet(20), quiet(20), None, quiet(20)], None, None),  # a silent session is no bar held
        ([quiet(20), quiet(20), None, quiet(20), quiet(21)], "time", 21.0),
        ([quiet(20), (20, 30, 10, 20, 0)], None, None),  # a bar without volume fills nothing
    ],
)
def test_each_way_a_position_is_left(bars: list[Bar | None], reason: str | None, price: float | None) -> None:
    """Entry at the open, three bars held at most; one leg fills and the others are gone with it."""
    account = OneAccount()
    account.bar(None)
    account.last[0] = 200_000
    account.order("o", "buy", 100, "on_open", bracket=bracket(1, 2, hold=3))
    entries = [account.bar(bar) for bar in bars]
    assert fills(entries[0])[0] == ("entry", 100, 20.0)
    exits = [fill for drafts in entries for fill in fills(drafts) if fill[0] != "entry"]
    assert exits == ([] if reason is None else [(reason, 100, price)])
    if price is not None:
        assert account.engine.account.trades == [round((price - 20) * 100 * 100)]
        assert account.cash_cents == 10_000_000 + account.engine.account.trades[0]
        assert account.bar(quiet(price)) == []


@pytest.mark.parametrize(
    ("bar", "expected"),
    [
        ((20, 20.1, 18.9, 19.2), [("entry", 100, 19.5)]),  # the way down goes on, but not to the stop of 18.50
        ((20, 20.1, 18.4, 19.2), [("entry", 100, 19.5), ("stop", 100, 18.5)]),
        ((20, 25.0, 19.0, 24.0), [("entry", 100, 19.5)]),  # the high may have come before the entry
        ((19, 22.0, 18.6, 21.5), [("entry", 100, 19.0), ("target", 100, 21.0)]),  # filled at the open: 21 came after it
    ],
)
def test_the_bar_of_a_limit_entry(bar: Bar, expected: list[tuple[str, int, float]]) -> None:
    """A limit of 19.50 within the bar: the stop may follow, the target only if the open was the entry."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("o", "buy", 100, "limit", limit=19.5, bracket=bracket(1, 2))
    assert fills(account.bar(bar)) == expected


def test_a_short_position_is_the_mirror_image() -> None:
    """Sold at 20: the stop stands at 21, the target at 18; 200 USD are gained at the target."""
    account = OneAccount(MARGIN)
    account.bar(quiet(20))
    account.order("o", "sell_short", 100, bracket=bracket(1, 2))
    account.bar(quiet(20))
    assert account.held() == (-100, -200_000)
    assert fills(account.bar((19, 20.9, 17.99, 18))) == [("target", 100, 18.0)]
    assert account.engine.account.trades == [20_000]


def test_legs_at_given_prices() -> None:
    """Stop and target as prices instead of distances."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("o", "buy", 100, bracket=Bracket(stop_usd_e4=185_000, target_usd_e4=210_000))
    account.bar(quiet(20.4))
    assert fills(account.bar((20, 21.01, 19, 20))) == [("target", 100, 21.0)]


def test_legs_follow_partial_fills_of_their_entry() -> None:
    """A tenth of 1,000 shares of volume each: 100 at 20, then 100 at 21; the legs stand around the average of 20.50."""
    rules = replace(CASH, fills=replace(CASH.fills, volume_share_bp=1_000))
    account = OneAccount(rules)
    account.bar(quiet(20))
    account.order("o", "buy", 250, in_force="gtc", bracket=bracket(1, 2))
    assert fills(account.bar((20, 20.1, 19.9, 20, 1000))) == [("entry", 100, 20.0)]
    assert fills(account.bar((21, 21.1, 20.9, 21, 1000))) == [("entry", 100, 21.0)]
    account.engine.cancel(["o"], account.now)
    # 20.50 - 1 = 19.50 is touched; 100 of 200 shares fit into the volume, the rest leaves at the next open
    assert fills(account.bar((20.5, 20.6, 19.4, 19.6, 1000))) == [("stop", 100, 19.5)]
    assert fills(account.bar((19.2, 19.3, 19.1, 19.2, 1000))) == [("stop", 100, 19.2)]
    assert account.held() == (0, 0)
    assert sum(account.engine.account.trades) == 195_000 + 192_000 - 200_000 - 210_000


@pytest.mark.parametrize(
    ("side", "second", "stop", "average"),
    [
        ("buy", 20.0001, 19.0000, 20.0000),  # 20.00005 is 20.0000 for a long position, and the stop 1 USD below
        ("sell_short", 20.0001, 21.0001, 20.0001),  # and 20.0001 for a short one, and the stop 1 USD above
        ("buy", 20.0002, 19.0001, 20.0001),  # 20.0001 has nothing to round
        ("sell_short", 20.0002, 21.0001, 20.0001),
    ],
)
def test_the_average_fill_of_a_short_position_is_rounded_as_in_a_mirror(
    side: Side, second: float, stop: float, average: float
) -> None:
    """100 shares at 20.0000 and 100 a little above; what half of 1/10,000 USD is rounded to lies on the far side."""
    rules = replace(MARGIN, fills=replace(MARGIN.fills, volume_share_bp=1_000))
    account = OneAccount(rules)
    account.bar(quiet(20))
    account.order("o", side, 200, in_force="gtc", bracket=bracket(1, 2))
    for price in (20, second):
        account.bar((price, price + 0.1, price - 0.1, price, 1000))
    way = 1 if side == "buy" else -1
    held = account.engine.account.bracket_of(0)
    assert held["stop_usd_e4"] == usd_e4(stop)
    assert held["target_usd_e4"] == usd_e4(average) + way * usd_e4(2)


def test_legs_end_with_a_position_that_was_sold_otherwise() -> None:
    """The stop must not sell shares that are gone."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("o", "buy", 100, bracket=bracket(1, 2))
    account.bar(quiet(20))
    account.order("s", "sell", 100)
    assert fills(account.bar(quiet(20))) == [("exit", 100, 20.0)]
    assert account.bar((20, 25, 10, 20)) == []


def test_a_split_leaves_the_value_and_moves_the_bracket() -> None:
    """2 for 1: 100 shares at 20 become 200 at 10, the stop stands at 9.50 and the cost stays."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("o", "buy", 100, bracket=bracket(1, 2))
    account.bar(quiet(20))
    (split,) = account.bar(quiet(10), actions=(CorporateAction("AA", "split", 2, 1),))
    assert (split.payload["shares_after"], split.payload["cost_change_cents"]) == (200, 0)
    assert account.held() == (200, 200_000)
    assert fills(account.bar((10, 10, 9.5, 9.6))) == [("stop", 200, 9.5)]
    assert account.engine.account.trades == [190_000 - 200_000]


def test_a_leg_may_be_cancelled() -> None:
    """Without its stop the position falls on."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("o", "buy", 100, bracket=bracket(1, 2))
    account.bar(quiet(20))
    assert account.engine.cancel(["o:stop"], account.now, "no stop") == {}
    assert reasons(account.engine.log.drafts(), "cancel") == ["no stop"]
    assert fills(account.bar((20, 20, 15, 15))) == []


def test_two_brackets_stopped_in_one_bar_leave_a_journal_that_can_be_restored() -> None:
    """Of 150 shares 100 were sold by hand: the first stop sells the rest, and the second has ended with the position.

    Found by the ledger's state machine: the second was cancelled once more, and no account could be folded from that.
    """
    account = OneAccount()
    account.bar(quiet(20))
    journal = [deposit("rule", START, 10_000_000)]
    for name, shares in (("a", 100), ("b", 50)):
        account.order(name, "buy", shares, bracket=bracket(1, 5))
    for hand, bar in ((0, quiet(20)), (100, quiet(20)), (0, (19.5, 19.6, 18.0, 18.2))):
        if hand:
            account.order("hand", "sell", hand)
        journal += account.engine.log.drafts()
        last = account.bar(bar)
    journal += account.engine.log.drafts()
    assert fills(last) == [("stop", 50, 19.0)]
    assert reasons(last, "cancel") == []
    assert fold("rule", journal, Instruments(("AA", "BB"))).snapshot() == account.engine.account.snapshot()

"""Each kind of order against bars, by hand: 100 shares, no costs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.one_account import MARGIN, Bar, OneAccount, fills, minute, quiet, reasons
from trading.broker.orders import Replacement

HUNDRED = 100


@pytest.mark.parametrize(
    ("kind", "terms", "bar", "price"),
    [
        ("market", {}, (20.3, 21, 20, 20.5), 20.3),
        ("on_open", {}, (20.3, 21, 20, 20.5), 20.3),
        ("on_close", {}, (20.3, 21, 20, 20.5), 20.5),
        ("limit", {"limit": 19.5}, (20, 20.5, 19.49, 20), 19.5),
        ("limit", {"limit": 19.5}, (20, 20.5, 19.5, 20), None),  # touched, not traded through
        ("limit", {"limit": 19.5}, (19, 19.8, 18.9, 19), 19.0),  # a gap in our favour: the open
        ("stop", {"stop": 20.5}, (20, 20.5, 19.9, 20.2), 20.5),  # touched is enough
        ("stop", {"stop": 20.5}, (20, 20.49, 19.9, 20.2), None),
        ("stop", {"stop": 20.5}, (21, 21.5, 20.8, 21), 21.0),  # a gap: the open and not the stop
        ("stop_limit", {"stop": 20.5, "limit": 20.6}, (20, 20.8, 19.9, 20.7), 20.5),
        ("stop_limit", {"stop": 20.5, "limit": 20.6}, (21, 21.5, 20.8, 21), None),  # beyond the limit: it waits
        ("stop_limit", {"stop": 20.5, "limit": 20.6}, (20.55, 21, 20.4, 21), 20.55),
    ],
)
def test_a_purchase_in_one_bar(kind: Any, terms: dict[str, float], bar: Bar, price: float | None) -> None:
    """What 100 shares cost in the bar after the order, or that they aren't bought."""
    account = OneAccount()
    account.bar(quiet(20))
    assert account.order("o", "buy", HUNDRED, kind, in_force="gtc", **terms) == ""
    assert fills(account.bar(bar)) == ([] if price is None else [("entry", HUNDRED, price)])
    assert account.held() == ((0, 0) if price is None else (HUNDRED, round(price * HUNDRED * 100)))


@pytest.mark.parametrize(
    ("kind", "terms", "bar", "price"),
    [
        ("market", {}, (20.3, 21, 20, 20.5), 20.3),
        ("limit", {"limit": 20.5}, (20, 20.51, 19.5, 20), 20.5),
        ("limit", {"limit": 20.5}, (20, 20.5, 19.5, 20), None),
        ("stop", {"stop": 19.5}, (20, 20.5, 19.5, 20), 19.5),
        ("stop", {"stop": 19.5}, (19, 19.2, 18.5, 19), 19.0),
        ("stop_limit", {"stop": 19.5, "limit": 19.4}, (19, 19.2, 18.5, 19), None),
        ("stop_limit", {"stop": 19.5, "limit": 19.4}, (20, 20.2, 18.5, 19), 19.5),
    ],
)
def test_a_sale_in_one_bar(kind: Any, terms: dict[str, float], bar: Bar, price: float | None) -> None:
    """The mirror image: 100 shares bought at 20.00, and the gain is the difference."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("b", "buy", HUNDRED)
    account.bar(quiet(20))
    assert account.order("s", "sell", HUNDRED, kind, in_force="gtc", **terms) == ""
    assert fills(account.bar(bar)) == ([] if price is None else [("exit", HUNDRED, price)])
    if price is not None:
        assert account.held() == (0, 0)
        assert account.engine.account.trades == [round((price - 20) * HUNDRED * 100)]
        assert account.cash_cents == 10_000_000 + round((price - 20) * HUNDRED * 100)


def test_a_stop_limit_that_was_touched_becomes_a_limit_order() -> None:
    """Touched at 21 above its limit of 20.60, it is on record as triggered and fills when the price comes back."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("o", "buy", HUNDRED, "stop_limit", stop=20.5, limit=20.6, in_force="gtc")
    (trigger,) = account.bar((21, 21.5, 20.8, 21))
    assert (trigger.kind, trigger.payload["order_id"]) == ("trigger", "o")
    assert fills(account.bar((21, 21.2, 20.6, 21))) == []  # touched, not traded through
    assert fills(account.bar((20.9, 21, 20.2, 20.4))) == [("entry", HUNDRED, 20.6)]


def test_a_trailing_stop_follows_the_high_of_earlier_bars() -> None:
    """1 USD behind: from the close of 20 at 19; after a high of 22 at 21, though that bar's own low lay below 21."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("b", "buy", HUNDRED)
    account.bar(quiet(20))
    account.order("t", "sell", HUNDRED, "trailing_stop", trail=1, in_force="gtc")
    assert fills(account.bar((20, 22, 19.5, 21.5))) == []
    assert fills(account.bar((21.5, 21.6, 21.01, 21.2))) == []
    assert fills(account.bar((21.2, 21.3, 20.5, 20.6))) == [("exit", HUNDRED, 21.0)]


def test_a_trailing_stop_by_percent_on_a_short_position() -> None:
    """5 % above 20 is 21; after a low of 18 it stands at 18.90."""
    account = OneAccount(MARGIN)
    account.bar(quiet(20))
    account.order("s", "sell_short", HUNDRED)
    account.bar(quiet(20))
    account.order("t", "buy_to_cover", HUNDRED, "trailing_stop", trail_bp=500, in_force="gtc")
    account.bar((19, 19.5, 18, 18.2))
    assert fills(account.bar((18.2, 19.5, 18.1, 19))) == [("exit", HUNDRED, 18.9)]
    assert account.engine.account.trades == [11_000]  # (20.00 - 18.90) x 100 shares


def test_nothing_fills_in_the_bar_that_the_order_was_made_from() -> None:
    """The order comes after the bar; the next one is the first that it meets, whatever this one did."""
    account = OneAccount()
    account.bar((20, 30, 10, 20))
    account.order("o", "buy", HUNDRED, "limit", limit=15, in_force="gtc")
    assert account.held() == (0, 0)
    assert fills(account.bar((20, 21, 19, 20))) == []


@pytest.mark.parametrize(
    ("in_force", "sessions"), [("ioc", 1), ("day", 1), ("gtd", 3), ("gtc", None)], ids=["ioc", "day", "gtd", "gtc"]
)
def test_time_in_force(in_force: Any, sessions: int | None) -> None:
    """An order that doesn't fill ends after its time: one bar, the session, the session of 2010-01-07, or never."""
    account = OneAccount()
    account.bar(quiet(20))
    last = account.now.session.replace(day=7)
    account.order("o", "buy", HUNDRED, "limit", limit=10, in_force=in_force, good_till=last)
    ended = [reasons(account.bar(quiet(20)), "cancel") for _ in range(5)]
    expected: list[list[str]] = [[] for _ in range(5)]
    if sessions is not None:
        expected[sessions - 1] = ["it did not fill in its time"]
    assert ended == expected


def test_within_a_session_of_minutes() -> None:
    """On the open fills in the first bar only, on the close in the last, a day order lives to the last, ioc one bar."""
    account = OneAccount()
    account.bar(quiet(20))
    for name, kind, in_force in (("open", "on_open", "day"), ("close", "on_close", "day"), ("day", "limit", "day")):
        account.order(name, "buy", 10, kind, in_force=in_force, **({"limit": 19.0} if kind == "limit" else {}))  # type: ignore[arg-type]
    assert fills(account.minute(minute(0, 4, day=1), quiet(20))) == [("entry", 10, 20.0)]
    account.order("now", "buy", 10, "limit", limit=19, in_force="ioc")
    (gone,) = account.minute(minute(1, 4, day=1), quiet(20.2))
    assert (gone.kind, gone.payload["order_id"], gone.payload["expired"]) == ("cancel", "now", True)
    account.order("late", "buy", HUNDRED, "on_open")
    assert account.minute(minute(2, 4, day=1), quiet(20.2)) == []
    end = account.minute(minute(3, 4, day=1), (20, 20.1, 19.5, 20.1))
    assert fills(end) == [("entry", 10, 20.1)]
    assert [draft.payload["order_id"] for draft in end if draft.kind == "cancel"] == ["day"]
    assert fills(account.minute(minute(0, 4, day=2), quiet(20.4))) == [("entry", HUNDRED, 20.4)]


@pytest.mark.parametrize(
    ("bar", "halted"), [(None, ()), ((20, 21, 19, 20, 0), ()), (quiet(20), ("AA",))], ids=["none", "no volume", "halt"]
)
def test_no_fill_without_a_market(bar: Bar | None, halted: tuple[str, ...]) -> None:
    """No bar, a bar without volume or a halt: the order waits."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("o", "buy", HUNDRED, in_force="gtc")
    assert account.bar(bar, halted=halted) == []
    assert fills(account.bar(quiet(21))) == [("entry", HUNDRED, 21.0)]


def test_cancel_and_replace() -> None:
    """Smaller and at another limit it fills so; what is cancelled doesn't; both leave an entry."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("o", "buy", HUNDRED, "limit", limit=15, in_force="gtc")
    account.order("p", "buy", HUNDRED, "limit", limit=19.5, in_force="gtc")
    assert account.engine.replace([Replacement("c", "o", shares=40, limit_usd_e4=196_000)], account.now) == {}
    assert account.engine.cancel(["p", "x"], account.now) == {"x": "the order is not open"}
    assert fills(account.bar((20, 20, 19, 19.5))) == [("entry", 40, 19.6)]
    assert account.engine.replace([Replacement("d", "o", shares=50)], account.now) == {"o": "the order is not open"}


def test_an_order_cannot_grow() -> None:
    """A larger one would escape the check of its cost."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("o", "buy", HUNDRED, "limit", limit=15, in_force="gtc")
    answer = account.engine.replace([Replacement("c", "o", shares=101)], account.now)
    assert answer == {"o": "an order can't grow; place another one"}

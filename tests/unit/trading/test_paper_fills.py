"""Fills of the simulated broker, each number by hand. Prices in 1/10,000 USD, money in cents."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.book import Book, deposit
from trading.errors import LedgerError
from trading.ledger import Draft, Posting
from trading.orders import FillModel, Order, Quote, cents, usd_e4
from trading.paper import CorporateAction, PaperRules, PaperSession

DAYS = [date(2010, 1, 4) + timedelta(days=n) for n in range(12)]
FREE = PaperRules(FillModel(slippage_bp=0, commission_usd_e4_per_share=0, commission_min_cents=0, commission_max_bp=0))
ORDER = Order("o", "AA", "buy", 100, 10_000, 20_000, 3, "test")  # stop 1 USD below the entry, target 2 USD above


def quote(open_: float, high: float, low: float, close: float, volume: int = 1000) -> Quote:
    """A bar in USD."""
    return Quote(usd_e4(open_), usd_e4(high), usd_e4(low), usd_e4(close), volume)


def quiet(price: float) -> Quote:
    """A bar that hardly moves."""
    return quote(price, price + 0.01, price - 0.01, price)


class Account:
    """A paper account that is walked through sessions."""

    def __init__(self, cash_usd: int = 100_000, rules: PaperRules = FREE, order: Order = ORDER) -> None:
        self.book = Book("rule")
        self.book.apply(deposit("rule", DAYS[0], cash_usd * 100))
        self.rules = rules
        self.at = 0
        PaperSession(self.book, DAYS[0], {}, rules).place([order])

    def session(self, bar: Quote | None, *actions: CorporateAction) -> list[Draft]:
        """The next session's entries, the mark left out."""
        self.at += 1
        step = PaperSession(self.book, DAYS[self.at], {"AA": bar} if bar else {}, self.rules)
        step.run(actions)
        return [draft for draft in step.drafts if draft.kind != "mark"]


def facts(draft: Draft, *names: str) -> tuple[Any, ...]:
    """Some facts of an entry."""
    return tuple(draft.payload[name] for name in names)


@pytest.mark.parametrize(
    ("bars", "reason", "price"),
    [
        ([quote(20, 20.5, 18.99, 19.5)], "stop", 19.0),  # on the entry bar, at the stop
        ([quiet(20), quote(18, 18.5, 17.5, 18.2)], "stop", 18.0),  # a gap: at the open, not at the stop
        ([quote(20, 22.5, 19.0, 22.0)], "stop", 19.0),  # both in one bar: the stop; its price touched is enough
        ([quote(20, 22.0, 19.5, 22.0)], None, None),  # the target was touched, not traded through
        ([quote(20, 22.01, 19.5, 22.0)], "target", 22.0),
        ([quiet(20), quote(23, 23.5, 22.8, 23)], "target", 23.0),  # a gap beyond the target: at the open
        ([quiet(20), quiet(20), quiet(20), quote(20.3, 25, 10, 20.1)], "time", 20.3),  # the open after three bars
        ([quiet(20), quiet(20), None, quiet(20)], None, None),  # a silent session is no bar held
        ([quiet(20), quiet(20), None, quiet(20), quiet(21)], "time", 21.0),
        ([quiet(20), quote(20, 30, 10, 20, volume=0)], None, None),  # a bar without volume fills nothing
    ],
)
def test_each_way_a_position_is_left(bars: list[Quote | None], reason: str | None, price: float | None) -> None:
    """Entry at 20.00, stop at 19.00, target at 22.00, three bars; no costs."""
    account = Account()
    entries = [account.session(bar) for bar in bars]
    assert facts(entries[0][0], "reason", "price_usd_e4", "shares") == ("entry", 200_000, 100)
    exits = [
        draft for drafts in entries for draft in drafts if draft.kind == "fill" and draft.payload["side"] == "sell"
    ]
    if reason is None or price is None:
        assert exits == []
        assert account.book.positions["AA"].shares == 100
        return
    assert [facts(draft, "reason", "price_usd_e4") for draft in exits] == [(reason, usd_e4(price))]
    assert exits[0].session == DAYS[len(bars)]
    assert account.book.trades == [round((price - 20) * 100 * 100)]
    assert account.book.cash_cents == 10_000_000 + account.book.trades[0]


def test_an_order_fills_at_the_next_open_and_not_before() -> None:
    """Nothing happens in the session it was made in; the next one's open plus 5 bp is what it pays."""
    account = Account(rules=PaperRules())
    assert (account.book.positions, account.book.cash_cents) == ({}, 10_000_000)
    (entry,) = account.session(quote(20.01, 20.5, 19.8, 20.2))
    slip = 101  # 200,100 x 5 / 10,000 = 100.05, rounded against the buyer
    assert facts(entry, "price_usd_e4", "slippage_usd_e4", "commission_cents") == (200_201, slip, 100)
    assert account.book.cash_cents == 10_000_000 - 200_201 - 100  # 100 shares: 200,201 cents, and 1 USD
    assert account.book.positions["AA"].stop_usd_e4 == 200_201 - 10_000
    assert account.book.equity_cents[DAYS[1]] == account.book.cash_cents + 202_000


def test_a_sale_pays_slippage_and_both_commissions_reduce_the_profit() -> None:
    """Bought 100 at 20.01 (20.00 and 5 bp), stopped at 19.01 less 5 bp."""
    account = Account(rules=PaperRules())
    account.session(quiet(20))
    (stop,) = account.session(quote(19.5, 19.6, 18, 18.5))
    sold = 190_100 - 96  # 190,100 x 5 / 10,000 = 95.05, rounded against the seller
    assert facts(stop, "reason", "price_usd_e4", "slippage_usd_e4") == ("stop", sold, 96)
    assert facts(stop, "profit_cents") == (sold - 200_100 - 100 - 100,)
    assert account.book.trades == [sold - 200_100 - 200]


def test_a_target_is_a_limit_order_and_pays_no_slippage() -> None:
    """It fills at its own price."""
    account = Account(rules=PaperRules())
    account.session(quiet(20))
    (target,) = account.session(quote(21, 22.02, 20.9, 22))
    assert facts(target, "price_usd_e4", "slippage_usd_e4") == (220_100, 0)


@pytest.mark.parametrize(
    ("price_usd", "shares", "commission"),
    [
        (20.0, 100, 100),  # 50 cents by share: the minimum of 1 USD
        (20.0, 200, 100),
        (20.0, 201, 101),  # 100.5 cents, rounded up
        (20.0, 1_000, 500),
        (0.30, 1_000, 300),  # 5.00 USD by share, but 1 % of 300 USD is the most
        (50.0, 1, 50),  # 1 % of 50 USD is below the minimum
        (0.50, 1, 1),  # 1 % of 50 cents is half a cent; a cent is the least
        (0.0001, 1, 0),  # worth nothing, costs nothing
    ],
)
def test_commissions_follow_the_published_prices(price_usd: float, shares: int, commission: int) -> None:
    """Interactive Brokers, fixed: 0.005 USD a share, at least 1 USD, at most 1 % of the trade."""
    assert FillModel().commission_cents(usd_e4(price_usd), shares) == commission


def test_values_are_rounded_half_up_to_cents() -> None:
    """0.3350 x 1 is 34 cents (33.5), 0.3349 x 1 is 33."""
    assert (cents(3350, 1), cents(3349, 1), cents(200_100, 100)) == (34, 33, 200_100)


@given(
    cash_cents=st.integers(0, 30_000_000),
    price=st.integers(100, 5_000_000),
    wanted=st.sampled_from([1, 50, 1_000, 10**9]),
)
def test_a_purchase_takes_as_many_shares_as_the_cash_pays_for_and_no_fewer(
    cash_cents: int, price: int, wanted: int
) -> None:
    """What is bought is paid for; one share more would not be, or was not ordered."""
    book, rules = Book("rule"), PaperRules()
    book.apply(deposit("rule", DAYS[0], cash_cents))
    PaperSession(book, DAYS[0], {}, rules).place([replace(ORDER, shares=wanted)])
    PaperSession(book, DAYS[1], {"AA": Quote(price, price, price, price, 10**9)}, replace(rules)).run([])
    bought = book.positions["AA"].shares if "AA" in book.positions else 0
    model, paid = rules.fills, rules.fills.market_price(price, "buy")
    assert book.cash_cents >= 0
    assert bought == wanted or cents(paid, bought + 1) + model.commission_cents(paid, bought + 1) > cash_cents


@pytest.mark.parametrize(
    ("bar", "cash_usd", "why"),
    [
        (None, 100_000, "no trade in the session that the order waited for"),
        (quote(20, 21, 19, 20, volume=0), 100_000, "no trade in the session that the order waited for"),
        (quiet(20), 10, "the cash does not pay for one share at the open"),
    ],
)
def test_an_order_that_cannot_fill_is_cancelled_with_the_reason(bar: Quote | None, cash_usd: int, why: str) -> None:
    """It doesn't wait any longer."""
    account = Account(cash_usd)
    assert [(draft.kind, draft.payload["reason"]) for draft in account.session(bar)] == [("cancel", why)]
    assert (account.book.pending, account.book.positions) == ({}, {})


def test_a_second_order_for_a_held_symbol_is_cancelled() -> None:
    """It would take the place of the position, and with it its shares."""
    account = Account()
    account.session(quiet(20))
    PaperSession(account.book, DAYS[1], {}, FREE).place([replace(ORDER, order_id="second")])
    assert [facts(d, "order_id", "reason") for d in account.session(quiet(20))] == [
        ("second", "the symbol is held already")
    ]
    assert account.book.positions["AA"].shares == 100


@pytest.mark.parametrize("kind", ["split", "break"])
def test_a_corporate_action_cancels_a_waiting_order(kind: str) -> None:
    """Its shares and distances are those of the old price."""
    (cancel,) = Account().session(quiet(10), CorporateAction("AA", kind, 2, 1, "why"))
    assert facts(cancel, "reason") == (f"{kind} of AA before the open: why",)


def test_a_split_leaves_the_value_and_moves_the_bracket() -> None:
    """2 for 1: 100 shares at 20 become 200 at 10, the stop 9.50, the target 11, the cost stays."""
    account = Account()
    account.session(quiet(20))
    (split,) = account.session(quiet(10), CorporateAction("AA", "split", 2, 1))
    held = account.book.positions["AA"]
    assert (held.shares, held.cost_cents, held.stop_usd_e4, held.target_usd_e4) == (200, 200_000, 95_000, 110_000)
    assert split.postings == (Posting("rule:position:AA", 0, 100), Posting("rule:cash", 0))
    assert account.book.equity_cents[DAYS[2]] == account.book.equity_cents[DAYS[1]] == 10_000_000
    (stop,) = account.session(quote(10, 10, 9.5, 9.6))
    assert facts(stop, "price_usd_e4", "shares", "profit_cents") == (95_000, 200, 190_000 - 200_000)


def test_a_fraction_of_a_share_is_paid_out() -> None:
    """1 for 10: 107 shares at 20 become 10 at 200; 7 old shares, 140 USD, come in cash and off the cost."""
    account = Account(order=replace(ORDER, shares=107))
    account.session(quiet(20))
    cash = account.book.cash_cents
    account.session(quiet(200), CorporateAction("AA", "split", 1, 10))
    held = account.book.positions["AA"]
    assert (held.shares, held.cost_cents) == (10, 214_000 - 14_000)
    assert account.book.cash_cents == cash + 14_000
    assert account.book.equity_cents[DAYS[2]] == 10_000_000


def test_less_than_one_new_share_is_sold() -> None:
    """1 for 10 of 7 shares leaves none: they are settled at the last close, 20 USD."""
    account = Account(order=replace(ORDER, shares=7))
    account.session(quiet(20))
    (settled,) = account.session(quiet(200), CorporateAction("AA", "split", 1, 10))
    assert facts(settled, "reason", "price_usd_e4", "shares", "profit_cents") == ("settled", 200_000, 7, 0)
    assert (account.book.positions, account.book.cash_cents) == ({}, 10_000_000)


def test_a_break_settles_at_the_last_close_before_it() -> None:
    """The prices after it belong to something else."""
    account = Account()
    account.session(quote(20, 20.6, 19.9, 20.5))
    (settled,) = account.session(quiet(7), CorporateAction("AA", "break"))
    assert facts(settled, "reason", "price_usd_e4", "profit_cents") == ("settled", 205_000, 5_000)


def test_a_symbol_that_stays_silent_is_settled_in_the_fifth_session() -> None:
    """Four silent sessions change nothing; one bar in between starts the count anew."""
    account = Account(order=replace(ORDER, hold_sessions=99))
    account.session(quiet(20))
    assert [account.session(None) for _ in range(4)] == [[]] * 4
    assert account.session(quiet(20.5)) == []
    assert [account.session(None) for _ in range(3)] == [[]] * 3
    assert account.session(quote(25, 26, 24, 25, volume=0)) == []  # no volume: silent, too, and marks nothing
    (settled,) = account.session(None)
    assert facts(settled, "reason", "price_usd_e4") == ("settled", 205_000)
    assert set(account.book.equity_cents.values()) == {10_000_000, 10_005_000}


@pytest.mark.parametrize(
    "draft",
    [
        Draft("x", DAYS[1], "fill", {"book": "rule", "side": "sell", "symbol": "AA", "shares": 1, "profit_cents": 0}),
        Draft("x", DAYS[1], "dividend", {"book": "rule"}),
        Draft("x", DAYS[1], "mark", {"book": "rule", "closes_usd_e4": {}, "equity_cents": 1}),
    ],
    ids=["sells what isn't held", "unknown kind", "wrong equity"],
)
def test_an_entry_that_contradicts_the_account_is_refused(draft: Draft) -> None:
    """A fold that goes on after that would report money that isn't there."""
    with pytest.raises(LedgerError):
        Account().book.apply(draft)


def test_entries_of_another_book_change_nothing() -> None:
    """Both accounts live in one journal."""
    account = Account()
    before = repr(account.book)
    account.book.apply(deposit("ensemble", DAYS[1], 5))
    assert repr(account.book) == before

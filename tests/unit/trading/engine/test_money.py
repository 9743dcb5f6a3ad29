"""What an account may do with its money, and what that costs: by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.one_account import CASH, MARGIN, NO_COSTS, OneAccount, bracket, fills, quiet, reasons
from trading.broker.orders import OrderKind, OrderRequest, Side
from trading.engine.bars import REGULAR_S, Bars, CorporateAction, Step
from trading.engine.fees import ALPACA, INTERACTIVE_BROKERS_FIXED
from trading.engine.fills import PAPER_FILLS, FillModel
from trading.engine.requests import OrderRequests
from trading.engine.rules import PAPER_RULES, AccountRules, EngineRules


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"shares": 5_001}, "insufficient buying power: needs 10002000 cents, 10000000 are free"),
        ({"shares": -5}, "-5 shares can't be traded; the quantity must be positive"),
        ({"shares": 0}, "0 shares can't be traded; the quantity must be positive"),
        ({"shares": 200_000_000}, "more than 100,000,000 shares in one order"),
        ({"symbol": "NOPE"}, "nobody knows the symbol NOPE"),
        ({"symbol": "BB"}, "no price of the symbol is known, so its cost isn't either"),
        ({"kind": "limit"}, "the order needs a limit"),
        ({"kind": "stop"}, "the order needs a stop"),
        ({"kind": "trailing_stop"}, "the trailing stop needs a distance"),
        ({"kind": "limit", "limit": -1}, "a price, a distance or a number of sessions is negative"),
        ({"side": "sell"}, "sells more shares than are held and not for sale"),
        ({"side": "buy_to_cover"}, "covers more shares than are held short"),
        ({"side": "sell_short"}, "a cash account can't sell short"),
        ({"in_force": "gtd"}, "the order needs a last day"),
    ],
)
def test_an_order_that_cannot_be_is_refused_with_the_reason(terms: dict[str, object], reason: str) -> None:
    """It is on record as refused, it never fills, and a repeat is answered the same without another entry."""
    account = OneAccount()
    account.bar(quiet(20))
    given = {"side": "buy", "shares": 100, **terms}
    account.engine.log.clear()
    assert account.order("o", **given) == reason  # type: ignore[arg-type]
    assert reasons(account.engine.log.drafts(), "refuse") == [reason]
    assert account.order("o", **given) == reason  # type: ignore[arg-type]
    assert len(account.engine.log) == 1
    assert account.bar(quiet(20), quiet(20)) == []


def test_orders_share_the_money_in_their_order() -> None:
    """3,000 and 2,000 shares at 20 USD take all of 100,000 USD; a hundred more are refused."""
    account = OneAccount()
    account.bar(quiet(20))
    assert account.order("a", "buy", 3_000) == ""
    assert account.order("b", "buy", 2_000) == ""
    assert account.order("c", "buy", 100) == "insufficient buying power: needs 200000 cents, 0 are free"


def test_money_that_is_gone_at_the_fill_cancels_the_order() -> None:
    """5,000 shares cost 100,000 USD at the close and 100,050 at the next open."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("a", "buy", 5_000)
    assert reasons(account.bar(quiet(20.01)), "cancel") == [
        "insufficient buying power at the fill: 10000000 cents are free"
    ]
    assert account.held() == (0, 0)


def test_or_fills_for_what_the_money_pays() -> None:
    """`reduce`: of 5,000 shares at 20.01 the money pays 4,997 (99,989.97 USD); the rest ends with the day."""
    rules = replace(CASH, account=AccountRules(when_short="reduce"))
    account = OneAccount(rules)
    account.bar(quiet(20))
    account.order("a", "buy", 5_000)
    drafts = account.bar(quiet(20.01))
    assert fills(drafts) == [("entry", 4_997, 20.01)]
    assert reasons(drafts, "cancel") == ["it did not fill in its time"]
    assert account.cash_cents == 10_000_000 - 9_998_997


def test_a_margin_account_buys_twice_its_equity_and_no_more() -> None:
    """Regulation T: half of each position must be equity, so 100,000 USD carry 200,000 USD, long or short."""
    for side in ("buy", "sell_short"):
        account = OneAccount(MARGIN)
        account.bar(quiet(20))
        assert account.order("a", side, 10_001) == "insufficient buying power: needs 10001000 cents, 10000000 are free"  # type: ignore[arg-type]
        assert account.order("b", side, 10_000) == ""  # type: ignore[arg-type]
        assert len(fills(account.bar(quiet(20)))) == 1


def test_equity_below_maintenance_is_warned_of() -> None:
    """10,000 shares at 20 on 100,000 USD: at 13.33 the equity is 33,300 of 133,300 USD."""
    account = OneAccount(MARGIN)
    account.bar(quiet(20))
    account.order("a", "buy", 10_000)
    account.bar(quiet(20))
    assert [d for d in account.bar(quiet(13.34)) if d.kind == "warning"] == []  # 33,400 of 133,400 is 25.04 %
    (warning,) = [draft for draft in account.bar(quiet(13.33)) if draft.kind == "warning"]  # 24.98 %
    assert warning.payload["what"] == "equity is below the maintenance margin"


def test_a_short_position_pays_for_its_shares() -> None:
    """1,000 shares short at 20: 360 bp a year on 20,000 USD are 2 USD a day; over a weekend three days."""
    rules = replace(MARGIN, account=AccountRules("margin", borrow_bp_per_year=360))
    account = OneAccount(rules)
    account.bar(quiet(20))
    account.order("a", "sell_short", 1_000)
    (_, fee) = account.bar(quiet(20))
    assert (fee.kind, fee.payload["amount_cents"], fee.payload["days"]) == ("borrow", 200, 1)
    account.at += 2
    (fee,) = account.bar(quiet(20))
    assert (fee.payload["amount_cents"], fee.payload["days"]) == (600, 3)
    assert account.cash_cents == 10_000_000 + 2_000_000 - 800


def test_borrowed_cash_bears_interest_where_it_is_asked_for() -> None:
    """10,000 shares at 20 on 100,000 USD borrow 100,000 USD; 720 bp a year are 20 USD a day."""
    rules = replace(MARGIN, account=AccountRules("margin", debit_interest_bp_per_year=720))
    account = OneAccount(rules)
    account.bar(quiet(20))
    account.order("a", "buy", 10_000)
    (_, interest) = account.bar(quiet(20))
    assert (interest.kind, interest.payload["amount_cents"]) == ("interest", 2_000)


def test_four_day_trades_in_five_sessions_are_warned_of() -> None:
    """A position opened and stopped out within its bar, four sessions running, on 20,000 USD."""
    account = OneAccount(MARGIN, cash_usd=20_000)
    account.bar(quiet(20))
    warned = []
    for number in range(4):
        account.order(str(number), "buy", 10, bracket=bracket(1))
        drafts = account.bar((20, 20.1, 18, 20))
        warned.append([draft.payload["day_trades"] for draft in drafts if draft.kind == "warning"])
    assert warned == [[], [], [], [4]]


def test_a_dividend_is_paid_to_a_long_and_by_a_short_position() -> None:
    """0.25 USD on 100 shares: 25 USD; an open purchase limit goes down by it."""
    for side, cents in (("buy", 2_500), ("sell_short", -2_500)):
        account = OneAccount(MARGIN)
        account.bar(quiet(20))
        account.order("a", side, 100)  # type: ignore[arg-type]
        account.bar(quiet(20))
        before = account.cash_cents
        account.bar(quiet(19.75), actions=(CorporateAction("AA", "dividend", amount_usd_e4=2_500),))
        assert account.cash_cents - before == cents
    account = OneAccount()
    account.bar(quiet(20))
    account.order("l", "buy", 100, "limit", limit=19, in_force="gtc")
    account.bar(quiet(20), actions=(CorporateAction("AA", "dividend", amount_usd_e4=2_500),))
    assert fills(account.bar((19, 19, 18.8, 19))) == []  # 18.75 now
    assert fills(account.bar((19, 19, 18.7, 19))) == [("entry", 100, 18.75)]


def test_a_fraction_of_a_share_is_paid_out_and_less_than_one_is_sold() -> None:
    """1 for 10: 107 shares at 20 become 10, and 7 old ones come in cash, 140 USD; 7 shares become none."""
    action = (CorporateAction("AA", "split", 1, 10),)
    for shares, held, cents in ((107, (10, 200_000), 14_000), (7, (0, 0), 14_000)):
        account = OneAccount()
        account.bar(quiet(20))
        account.order("o", "buy", shares)
        account.bar((20, 20.01, 19.99, 20))
        before = account.cash_cents
        account.bar(quiet(200), actions=action)
        assert account.held() == held
        assert account.cash_cents - before == cents


def test_a_forward_split_restates_open_orders_and_a_reverse_one_cancels_them() -> None:
    """A limit for 100 at 19 becomes one for 200 at 9.50; a reverse split cancels it (FINRA Rule 5330)."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("o", "buy", 100, "limit", limit=19, in_force="gtc")
    assert fills(account.bar((10, 10, 9.4, 9.6), actions=(CorporateAction("AA", "split", 2, 1),))) == [
        ("entry", 200, 9.5)
    ]
    account.order("p", "buy", 100, "limit", limit=9, in_force="gtc")
    drafts = account.bar(quiet(100), actions=(CorporateAction("AA", "split", 1, 10),))
    assert reasons(drafts, "cancel") == ["reverse split of AA before the open"]


def test_a_symbol_that_stays_silent_is_settled_in_the_fifth_session() -> None:
    """Four silent sessions change nothing; one bar in between starts the count anew."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("o", "buy", 100)
    account.bar(quiet(20))
    assert [account.bar(None) for _ in range(4)] == [[]] * 4
    assert account.bar(quiet(20.5)) == []
    assert [account.bar(None) for _ in range(3)] == [[]] * 3
    assert account.bar((25, 26, 24, 25, 0)) == []  # no volume: silent, too, and marks nothing
    assert fills(account.bar(None)) == [("settled", 100, 20.5)]
    assert account.held() == (0, 0)


@pytest.mark.parametrize(
    ("side", "opens", "explained", "settled"),
    [
        ("buy", 7, True, 20.5),  # the source says what was distributed
        ("buy", 7, False, 7.0),  # a loss that nobody explains is a loss
        ("buy", 200, False, 20.5),  # a gain that nobody explains is none
        ("sell_short", 7, False, 20.5),
        ("sell_short", 40, False, 40.0),
        ("sell_short", 40, True, 20.5),
    ],
)
def test_a_break_settles_at_the_worse_price_unless_it_is_explained(
    side: Side, opens: float, *, explained: bool, settled: float
) -> None:
    """Of the last close before and the first price after; both are on record, and open orders are cancelled."""
    account = OneAccount(MARGIN)
    account.bar(quiet(20))
    account.order("o", side, 100)
    account.bar((20, 20.6, 19.9, 20.5))
    account.order("p", "buy" if side == "buy" else "buy_to_cover", 100, "limit", limit=5, in_force="gtc")
    action = CorporateAction("AA", "break", reason="spin-off", explained=explained)
    drafts = account.bar(quiet(opens), actions=(action,))
    assert fills(drafts) == [("settled", 100, settled)]
    (told,) = [draft.payload for draft in drafts if draft.kind == "warning"]
    assert (told["close_before_usd_e4"], told["open_after_usd_e4"]) == (205_000, round(opens * 10_000))
    assert told["settled_usd_e4"] == round(settled * 10_000)
    assert reasons(drafts, "cancel") == ["break of AA before the open: spin-off"]


def test_a_price_jump_of_a_hundred_times_is_no_price() -> None:
    """A held stock at 20 that opens at 2,000: nothing fills, nothing is marked, and a warning says so."""
    account = OneAccount()
    account.bar(quiet(20))
    account.order("o", "buy", 100)
    account.bar(quiet(20))
    account.order("s", "sell", 100, in_force="gtc")
    (warning,) = account.bar(quiet(2_000))
    assert (warning.payload["what"], warning.payload["open_usd_e4"]) == ("price jump of AA", 20_000_000)
    assert account.engine.account.equity_cents[account.now.session] == 10_000_000
    assert fills(account.bar(quiet(20))) == [("exit", 100, 20.0)]


@pytest.mark.parametrize(("kind", "opens"), [("market", 2_000), ("on_open", 2_000), ("market", 0.5)])
def test_a_price_jump_fills_no_purchase_that_waits_at_the_market(kind: OrderKind, opens: float) -> None:
    """Ordered at 20, the stock opens a hundred times higher or forty times lower: that is no price to buy at."""
    account = OneAccount(PAPER_RULES)
    account.bar(quiet(20))
    account.order("o", "buy", 100, kind)
    warning, ended = account.bar(quiet(opens))
    assert (warning.payload["what"], ended.payload["reason"]) == ("price jump of AA", "it did not fill in its time")
    assert account.held("AA") == (0, 0)


def one(value: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """A column of one."""
    return np.array([value], np.int64)


def test_the_paper_accounts_pay_what_they_always_paid() -> None:
    """5 bp of 20.01 USD are 1.0005 cents, rounded against us to 0.0101 USD; commission USD 1 for 100 shares."""
    account = OneAccount(PAPER_RULES)
    account.bar(quiet(20))
    account.order("o", "buy", 100, "on_open")
    (entry,) = account.bar((20.01, 20.5, 19.8, 20.2))
    told = entry.payload
    assert (told["price_usd_e4"], told["slippage_usd_e4"], told["commission_cents"]) == (200_201, 101, 100)
    assert account.cash_cents == 10_000_000 - 200_201 - 100


@pytest.mark.parametrize(
    ("price_usd_e4", "shares", "commission"),
    [(200_000, 100, 100), (200_000, 1_000, 500), (10_000, 10, 10), (100, 1, 1), (40, 1, 0)],
)
def test_interactive_brokers_fixed_price(price_usd_e4: int, shares: int, commission: int) -> None:
    """Half a cent a share, at least USD 1, at most 1 % of the value but a cent, never more than the value."""
    value = (price_usd_e4 * shares + 50) // 100
    assert INTERACTIVE_BROKERS_FIXED.commission_cents(one(value), one(shares)).tolist() == [commission]


def test_a_commission_is_of_the_order_and_not_of_each_fill() -> None:
    """100 shares in two fills of 50 pay the minimum of USD 1 once."""
    rules = EngineRules(AccountRules(), replace(NO_COSTS, volume_share_bp=1_000, fees=INTERACTIVE_BROKERS_FIXED))
    account = OneAccount(rules)
    account.bar(quiet(20))
    account.order("o", "buy", 100, in_force="gtc")
    paid = [draft.payload["commission_cents"] for _ in range(2) for draft in account.bar((20, 20, 19, 20, 500))]
    assert paid == [100, 0]


def test_alpaca_takes_no_commission_and_the_regulators_their_fees() -> None:
    """Sold 1,000: TAF 16.6 cents, rounded up 17, CAT 4.6, rounded up 5; bought: CAT only; TAF at most 8.30 USD."""
    sold, bought = np.array([True]), np.array([False])
    assert ALPACA.commission_cents(one(2_000_000), one(1_000)).tolist() == [0]
    assert ALPACA.regulatory_cents(one(2_000_000), one(1_000), sold).tolist() == [22]
    assert ALPACA.regulatory_cents(one(2_000_000), one(1_000), bought).tolist() == [5]
    assert ALPACA.regulatory_cents(one(2_000_000_000), one(100_000), sold).tolist() == [830 + 460]
    dear = replace(ALPACA, sec_usd_e2_per_million=2_780, taf_usd_e9_per_share=0, cat_usd_e9_per_share=0)
    assert dear.regulatory_cents(one(1_000_000), one(1), sold).tolist() == [28]  # 27.80 USD on a million, 27.8 cents


def test_spread_and_impact_grow_where_little_is_traded() -> None:
    """At 20 USD: 10,000 shares are 200,000 USD, 50 bp = 10 cents; 100 are 1 %: 0.1 x 0.01^2 is 0.1 bp."""
    model = FillModel()
    step = Step.daily(OneAccount().now.session)
    bars = Bars.none(step)
    slip = model.slippage_usd_e4(one(200_000), one(100), one(10_000), bars)
    assert slip.tolist() == [1_000 + 2]  # 200,000 x 0.00001 = 2
    early = Bars.none(replace(step, regular=False, duration_s=REGULAR_S))
    assert model.slippage_usd_e4(one(200_000), one(100), one(10_000), early).tolist() == [3_002]
    rich = model.slippage_usd_e4(one(200_000), one(100), one(100_000_000), bars)
    assert rich.tolist() == [50]  # 1 bp would be 20; half a tick of one cent is the least
    assert PAPER_FILLS.slippage_usd_e4(one(200_000), one(100), one(10_000), bars).tolist() == [100]


def test_a_command_of_many_orders_equals_many_commands() -> None:
    """Where money suffices, the order of the rows changes nothing but their order in the journal."""
    found = []
    for symbols in (("AA", "BB"), ("BB", "AA")):
        account = OneAccount()
        account.bar(quiet(20), quiet(30))
        requests = [OrderRequest(f"o:{symbol}", symbol, "buy", 100) for symbol in symbols]
        account.engine.submit(
            OrderRequests.of(requests, account.engine.account.instruments.numbers), account.now, account.last
        )
        account.bar(quiet(21), quiet(31))
        found.append((account.held("AA"), account.held("BB"), account.cash_cents))
    assert found[0] == found[1] == ((100, 210_000), (100, 310_000), 10_000_000 - 520_000)

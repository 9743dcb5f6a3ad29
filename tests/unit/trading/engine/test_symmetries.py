"""What must come out the same when the world is turned round or measured in other units."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from tests.fakes.engine_script import SYMBOLS, Moment, Prices, live, scripts
from tests.fakes.one_account import NO_COSTS
from trading.broker.orders import OrderRequest, Side
from trading.engine.account import Account
from trading.engine.engine import Engine
from trading.engine.instruments import Instruments
from trading.engine.rules import AccountRules, EngineRules
from trading.ledger.double_entry import GENESIS, Draft, chain, link

RULES = EngineRules(AccountRules("margin", borrow_bp_per_year=0), NO_COSTS)
PLENTY_CENTS = 10**16
MIRROR_USD_E4 = 200_000_000
"""A price p is mirrored into this less p; more than twice any price of the scripts without splits: six breaks and
twelve bars from 600 USD on give 600 x 1.3^6 x 1.06^12 = 5,830 USD at most, with an open and a high 10 % above."""
OTHER_SIDE: dict[Side, Side] = {
    "buy": "sell_short", "sell_short": "buy", "sell": "buy_to_cover", "buy_to_cover": "sell",
}  # fmt: skip


def lived(moments: list[Moment]) -> tuple[Account, list[Draft]]:
    """The account after the moments, and its fills."""
    engine = Engine(Account("rule", Instruments(SYMBOLS)), RULES)
    engine.deposit(moments[0].step, PLENTY_CENTS)
    for moment in moments:
        live(engine, moment)
    return engine.account, [draft for draft in engine.log.drafts() if draft.kind == "fill"]


def mirrored_bar(bar: Prices) -> Prices:
    """The bar of the mirrored world; its high is the other one's low."""
    open_, high, low, close, volume = bar
    return MIRROR_USD_E4 - open_, MIRROR_USD_E4 - low, MIRROR_USD_E4 - high, MIRROR_USD_E4 - close, volume


def simple(moment: Moment) -> Moment:
    """Without corporate actions and without orders whose distance is a percentage."""
    return replace(moment, actions=(), orders=tuple(o for o in moment.orders if o.kind != "trailing_stop"))


def in_dollars(moment: Moment) -> Moment:
    """Trailing stops follow by an amount and not by a percentage."""
    orders = (
        replace(order, trail_bp=0, trail_usd_e4=9_000) if order.kind == "trailing_stop" else order
        for order in moment.orders
    )
    return replace(moment, orders=tuple(orders))


def mirrored(order: OrderRequest) -> OrderRequest:
    """The order of the other side in the mirrored world."""
    prices = {
        name: MIRROR_USD_E4 - getattr(order, name)
        for name in ("limit_usd_e4", "stop_usd_e4") if getattr(order, name)
    }  # fmt: skip
    return replace(order, side=OTHER_SIDE[order.side], **prices)


@settings(max_examples=40, deadline=None)
@given(moments=scripts(6, 2, ("break", "lost")))
def test_a_short_position_in_a_mirrored_market_is_a_long_one(moments: list[Moment]) -> None:
    """Fill by fill: the same shares and reasons at mirrored prices, and the same profit.

    Splits and dividends are left out of the script and not only out of what the engine is told: to multiply a price is
    no mirror image, and a price that jumps without a reason is a fault of the data by its ratio, which has none either.
    """
    here = [in_dollars(moment) for moment in moments]
    there = [
        replace(
            moment,
            prices={symbol: mirrored_bar(bar) for symbol, bar in moment.prices.items()},
            orders=tuple(mirrored(order) for order in moment.orders),
        )
        for moment in here
    ]
    ours, theirs = lived(here)[1], lived(there)[1]
    assert [(f.command_id, f.payload["shares"], f.payload["reason"]) for f in ours] == [
        (f.command_id, f.payload["shares"], f.payload["reason"]) for f in theirs
    ]
    for one, other in zip(ours, theirs, strict=True):
        assert one.payload["price_usd_e4"] + other.payload["price_usd_e4"] == MIRROR_USD_E4
        # cents are rounded once a fill and side, so two closings of one position may differ by a cent or two
        assert abs(one.payload["profit_cents"] - other.payload["profit_cents"]) <= 2


@settings(max_examples=40, deadline=None)
@given(moments=scripts(6, 2))
def test_ten_times_the_price_is_a_tenth_of_the_shares(moments: list[Moment]) -> None:
    """With prices times ten in one world and shares times ten in the other, both have the same money at each close."""
    dear, many = [], []
    for moment in (simple(one) for one in moments):
        tape = {symbol: (*bar[:4], min(bar[4], 1) * 10**9) for symbol, bar in moment.prices.items()}
        moment = replace(moment, prices=tape, changes=())  # noqa: PLW2901
        dear.append(
            replace(
                moment,
                prices={symbol: (*(price * 10 for price in bar[:4]), bar[4]) for symbol, bar in tape.items()},
                orders=tuple(in_tenths(order) for order in moment.orders),
            )
        )
        many.append(replace(moment, orders=tuple(replace(order, shares=order.shares * 10) for order in moment.orders)))
    one, other = lived(dear)[0], lived(many)[0]
    assert one.equity_cents == other.equity_cents
    assert (one.cash_cents, one.trades) == (other.cash_cents, other.trades)


def in_tenths(order: OrderRequest) -> OrderRequest:
    """Every price of the order times ten."""
    legs = order.bracket and replace(
        order.bracket,
        stop_distance_usd_e4=order.bracket.stop_distance_usd_e4 * 10,
        target_distance_usd_e4=order.bracket.target_distance_usd_e4 * 10,
    )
    return replace(order, limit_usd_e4=order.limit_usd_e4 * 10, stop_usd_e4=order.stop_usd_e4 * 10, bracket=legs)


def test_what_the_mirror_needs_holds_of_every_script() -> None:
    """Six breaks upwards and twelve bars at their most: no mirrored price is nothing or a jump by its ratio."""
    highest = 600 * 1.3**6 * 1.06**12 * 1.06 * 1.04 * 10_000
    assert 2 * highest < MIRROR_USD_E4
    # breaks by 1.3, a bar's close and the next one's open by 1.06 each, after six silent sessions as after one
    assert RULES.fills.max_jump > 1.3**6 * 1.06**2


@settings(max_examples=20, deadline=None)
@given(moments=scripts(3, 2))
def test_texts_linked_fast_have_the_hashes_of_the_ledger(moments: list[Moment]) -> None:
    """The log's texts and their hashes are those that `chain` makes of the same entries as objects."""
    engine = Engine(Account("rule", Instruments(SYMBOLS)), RULES)
    engine.deposit(moments[0].step, PLENTY_CENTS)
    for moment in moments:
        live(engine, moment)
    entries = chain(engine.log.drafts())
    assert [entry.body for entry in entries] == list(engine.log.bodies(1))
    assert [entry.hash for entry in entries] == list(link(engine.log.bodies(1), GENESIS))

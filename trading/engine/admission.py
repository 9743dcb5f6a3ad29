"""Which orders an account takes: every refusal has a reason, none is an exception."""

from __future__ import annotations

import numpy as np

from trading.arrays import Flags, Ints
from trading.engine.account import Account
from trading.engine.requests import (
    BUY,
    BUY_TO_COVER,
    GTD,
    LIMIT,
    SELL,
    SELL_SHORT,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
    OrderRequests,
)
from trading.engine.rules import AccountRules

MAX_SHARES = 100_000_000
MAX_PRICE_USD_E4 = 10_000_000_000
"""A million dollars a share. Together they keep every product of a price and a quantity within 64 bits."""
LIMIT_AT, STOP_AT, TRAIL, TRAIL_BP, GOOD_TILL = range(5, 10)


def faults(account: Account, requests: OrderRequests, rules: AccountRules) -> tuple[Flags, list[str]]:
    """What is wrong with orders whatever the money: the first reason a row, empty for none; and where there is one."""
    terms = requests.columns
    instrument, side, kind, in_force, shares = terms[:5]
    known = (instrument >= 0) & (instrument < len(account.instruments))
    # The usual batch is in order; one look at all of it is cheaper than a reason for each row.
    simple = (
        known & (shares > 0) & (shares <= MAX_SHARES) & (side >= 0) & (side <= 1) & ((kind == 0) | (kind >= ON_BARS))
    )
    held = account.shares[np.where(known, instrument, 0)] if account.matrix.shape[1] else shares * 0
    simple &= np.where(side == SELL, shares <= held, held >= 0)
    simple &= (kind <= ON_BARS + 1) & (in_force >= 0) & (in_force <= IN_FORCES) & (in_force != GTD)
    if simple.all() and not terms[5:].any() and not account.orders.live().any():
        return np.zeros(len(requests), np.bool_), []
    closing = _open_closing(account)[np.where(known, instrument, 0)] if account.matrix.shape[1] else held
    negative: Flags = np.logical_or.reduce(terms[5:] < 0, axis=0)
    legged: Flags = np.logical_or.reduce(terms[10:] > 0, axis=0)
    checks: tuple[tuple[Flags, str], ...] = (
        (~known, "nobody knows the symbol {symbol}"),
        (shares <= 0, "{shares} shares can't be traded; the quantity must be positive"),
        (shares > MAX_SHARES, f"more than {MAX_SHARES:,} shares in one order"),
        ((side < 0) | (side > BUY_TO_COVER), "there is no such side of a trade"),
        ((kind < 0) | (kind > ON_BARS + 1) | (in_force < 0) | (in_force > IN_FORCES), "there is no such kind of order"),
        (negative, "a price, a distance or a number of sessions is negative"),
        ((terms[LIMIT_AT] > MAX_PRICE_USD_E4) | (terms[STOP_AT] > MAX_PRICE_USD_E4), "a price above USD 1,000,000"),
        (((kind == LIMIT) | (kind == STOP_LIMIT)) & (terms[LIMIT_AT] <= 0), "the order needs a limit"),
        (((kind == STOP) | (kind == STOP_LIMIT)) & (terms[STOP_AT] <= 0), "the order needs a stop"),
        ((kind == TRAILING_STOP) & (terms[TRAIL] <= 0) & (terms[TRAIL_BP] <= 0), "the trailing stop needs a distance"),
        ((in_force == GTD) & (terms[GOOD_TILL] <= 0), "the order needs a last day"),
        (((side == SELL) | (side == BUY_TO_COVER)) & legged, "only opening orders have brackets"),
        ((side == SELL_SHORT) & (rules.kind == "cash"), "a cash account can't sell short"),
        ((side == BUY) & (held < 0), "{symbol} is held short; buy to cover first"),
        ((side == SELL_SHORT) & (held > 0), "{symbol} is held; sell it first"),
        ((side == SELL) & (shares > np.maximum(held - closing, 0)), "sells more shares than are held and not for sale"),
        ((side == BUY_TO_COVER) & (shares > np.maximum(-held - closing, 0)), "covers more shares than are held short"),
    )
    wrong = np.zeros(len(requests), np.bool_)
    reasons = [""] * len(requests)
    for stands, words in checks:
        for row in np.flatnonzero(stands & ~wrong).tolist():
            symbol = _symbol(account, requests, row)
            reasons[row] = words.format(symbol=symbol, shares=int(shares[row]))
        wrong |= stands
    return wrong, reasons


ON_BARS, IN_FORCES = 5, 3


def _symbol(account: Account, requests: OrderRequests, row: int) -> str:
    number = int(requests.columns[0, row])
    if requests.symbols:
        return requests.symbols[row]
    return account.instruments.symbols[number] if 0 <= number < len(account.instruments) else f"number {number}"


def _open_closing(account: Account) -> Ints:
    """Shares in open closing orders by instrument, legs left out."""
    orders, out = account.orders, np.zeros(account.matrix.shape[1], np.int64)
    rows = orders.plain_rows()
    rows = rows[orders.opens[rows] == 0]
    np.add.at(out, orders.instrument[rows], orders.left[rows])
    return out


def reference_prices(requests: OrderRequests, last_close_usd_e4: Ints | None) -> Ints:
    """The price at which buying power is held: limit, else stop, else the last close; zero where none is known."""
    terms = requests.columns
    if last_close_usd_e4 is None or not len(last_close_usd_e4):
        last = np.zeros(len(requests), np.int64)
    else:
        last = last_close_usd_e4[np.clip(terms[0], 0, len(last_close_usd_e4) - 1)]
    if not terms[5:7].any():
        return last
    prices: Ints = np.where(terms[LIMIT_AT] > 0, terms[LIMIT_AT], np.where(terms[STOP_AT] > 0, terms[STOP_AT], last))
    return prices


def held_for_orders_cents(account: Account, rules: AccountRules) -> int:
    """Buying power that open orders hold."""
    orders = account.orders
    rows = orders.plain_rows()
    if not len(rows):
        return 0
    rows = rows[orders.opens[rows] == 1]
    value = (orders.left[rows] * orders.reference_usd_e4[rows] + 50) // 100
    return int(rules.needed_cents(value).sum())


def without_money(
    account: Account, requests: OrderRequests, reference_usd_e4: Ints, taken: Flags, rules: AccountRules
) -> tuple[Flags, list[str]]:
    """Where an opening order costs more than the account may still spend, in the order of the rows, and why."""
    terms = requests.columns
    opens = taken & ((terms[1] == BUY) | (terms[1] == SELL_SHORT))
    needed = np.where(opens, rules.needed_cents((terms[4] * reference_usd_e4 + 50) // 100), 0)
    free = rules.free_cents(account) - held_for_orders_cents(account, rules)
    unknown = opens & (reference_usd_e4 <= 0)
    if not unknown.any() and int(needed.sum()) <= free:
        return unknown, []
    refused, reasons = np.zeros(len(requests), np.bool_), [""] * len(requests)
    for row in np.flatnonzero(opens).tolist():
        if reference_usd_e4[row] <= 0:
            refused[row], reasons[row] = True, "no price of the symbol is known, so its cost isn't either"
        elif needed[row] > free:
            refused[row] = True
            reasons[row] = f"insufficient buying power: needs {int(needed[row])} cents, {max(free, 0)} are free"
        else:
            free -= int(needed[row])
    return refused, reasons


def open_by_instrument(account: Account) -> Ints:
    """Shares of open orders by instrument, buys less sales, legs left out."""
    orders, out = account.orders, np.zeros(len(account.instruments), np.int64)
    rows = orders.plain_rows()
    if len(rows):
        np.add.at(out, orders.instrument[rows], orders.sign[rows] * orders.left[rows])
    return out


def trailing_start(terms: Ints, last_close_usd_e4: Ints) -> Ints:
    """Where trailing stops stand at first: so far from the last close."""
    away = np.where(terms[TRAIL] > 0, terms[TRAIL], -(-last_close_usd_e4 * terms[TRAIL_BP] // 10_000))
    sells = (terms[1] == SELL) | (terms[1] == SELL_SHORT)
    start: Ints = np.maximum(np.where(sells, last_close_usd_e4 - away, last_close_usd_e4 + away), 1)
    return start

"""What follows the trades of a bar: orders whose time is up, settlements, fees, warnings, the mark."""

from __future__ import annotations

import numpy as np

from trading.arrays import Ints
from trading.engine.account import Account
from trading.engine.bars import Bars, Step
from trading.engine.bookkeeper import Bookkeeper
from trading.engine.requests import DAY, GTD, IOC, ON_CLOSE, ON_OPEN, day_number
from trading.engine.rules import YEAR_DAYS, AccountRules
from trading.money import E4


def close_bar(books: Bookkeeper, bars: Bars, rules: AccountRules) -> None:
    """The bar is over; with the last one of a session, so is the session."""
    step, account = bars.step, books.account
    _expire(books, step)
    if step.last:
        _settle_silent(books, bars, rules)
        _charge(books, step, rules)
    held = account.held()
    if step.last or len(held):
        printed = held[bars.printed[held]]
        books.mark(step, printed, bars.close_usd_e4[printed], _trails(account, bars))
    if step.last and rules.kind == "margin":
        _warn(books, step, rules)


def _expire(books: Bookkeeper, step: Step) -> None:
    """Orders on the open, on the close, for the day, till a day and immediate ones end where their names say."""
    orders = books.account.orders
    rows = orders.plain_rows()
    if not len(rows):
        return
    in_force, kind = orders.in_force[rows], orders.kind[rows]
    over = in_force == IOC
    if step.first:
        over |= kind == ON_OPEN
    if step.last:
        over |= ((in_force == DAY) & (kind != ON_OPEN)) | (kind == ON_CLOSE)
        over |= (in_force == GTD) & (orders.good_till_day[rows] <= day_number(step.session))
    if over.any():
        books.cancel(step, rows[over], "it did not fill in its time", expired=True)


def _settle_silent(books: Bookkeeper, bars: Bars, rules: AccountRules) -> None:
    account = books.account
    silent = (account.shares != 0) & (account.seen == 0) & ~bars.printed
    lost = np.flatnonzero(silent & (account.silent_sessions + 1 >= rules.settle_after_silent_sessions))
    if len(lost):
        for number in lost[np.argsort(books.account.instruments.rank[lost])].tolist():
            symbol = books.account.instruments.symbols[number]
            books.settle(
                bars.step, number, f"{symbol} printed no bar in {int(account.silent_sessions[number]) + 1} sessions"
            )


def _charge(books: Bookkeeper, step: Step, rules: AccountRules) -> None:
    """Borrow fee and interest for the days since the session before."""
    account = books.account
    short = account.shares < 0
    if not short.any() and (account.cash_cents >= 0 or not rules.debit_interest_bp_per_year):
        return
    before = next(reversed(account.equity_cents), step.session)
    days = (step.session - before).days
    shorted = -int(account.values_cents[short].sum())
    fee = -(-shorted * rules.borrow_bp_per_year * days // (E4 * YEAR_DAYS))
    if fee:
        books.charge(step, "borrow", fee, days=days, value_cents=shorted)
    debit = max(0, shorted - account.cash_cents)  # proceeds of short sales are collateral and not ours to spend
    interest = -(-debit * rules.debit_interest_bp_per_year * days // (E4 * YEAR_DAYS))
    if interest:
        books.charge(step, "interest", interest, days=days, debit_cents=debit)


def _trails(account: Account, bars: Bars) -> tuple[Ints, Ints]:
    """Trailing stops that follow this bar's extreme: known only after the bar, so they count from the next one."""
    orders = account.orders
    rows = orders.trailing_rows()
    if not len(rows):
        return rows, rows
    instrument = orders.instrument[rows]
    rows = rows[bars.printed[instrument]]
    instrument, sells = orders.instrument[rows], orders.sign[rows] < 0
    extreme = np.where(sells, bars.high_usd_e4[instrument], bars.low_usd_e4[instrument])
    away = np.where(orders.trail_usd_e4[rows] > 0, orders.trail_usd_e4[rows], -(-extreme * orders.trail_bp[rows] // E4))
    old = orders.stop_usd_e4[rows]
    new = np.where(sells, np.maximum(old, extreme - away), np.minimum(old, extreme + away))
    moved = new != old
    return rows[moved], new[moved]


def _warn(books: Bookkeeper, step: Step, rules: AccountRules) -> None:
    account = books.account
    day = day_number(step.session)
    equity = account.equity_cents[step.session]
    if rules.below_maintenance(account):
        books.warn(step, "equity is below the maintenance margin", equity_cents=equity)
    trades = account.late_day_trades(day)
    if account.day_trades.get(day) and trades >= rules.day_trades_warned and equity < rules.day_trade_equity_cents:
        books.warn(step, "pattern day trader", day_trades=trades, equity_cents=equity)

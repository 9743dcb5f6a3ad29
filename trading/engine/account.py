"""An account: a fold of its journal and nothing else. It changes only by the methods named `take_…`.

The engine hands them whole columns; `trading.engine.fold` hands them the entries of a journal one by one. Both give the
same state, so that a restart goes on as if nothing had been.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Never

import numpy as np

from trading.arrays import Ints
from trading.engine.instruments import Instruments
from trading.engine.open_orders import (
    BASE,
    BLOCK,
    FILLED_VALUE,
    INSTRUMENT,
    PLAIN,
    STOP_LEG,
    OpenOrders,
)
from trading.engine.requests import day_number
from trading.errors import LedgerError
from trading.money import cents

HELD_SHARES, COST, FEES, LAST, SILENT, SEEN, OPENED, ROUND_TRIP = range(8)
"""Rows of `Account.matrix`. Others name them: `account.shares`."""
DAY_TRADE_SESSIONS = 5


@dataclass(frozen=True)
class Fills:
    """Fills as columns, at most one an instrument.

    Attributes:
        rows: of the open orders; -1 for a settlement, which no order made.
        shares: signed: positive bought, negative sold.
        commission_cents: and `fees_cents`, none negative.
        cost_cents: change of the position's cost; negative when it shrinks, or a short grows.
        gain_cents: proceeds above cost of what was closed, before fees.
        profit_cents: the same net of the fees of both sides.
    """

    rows: Ints
    instrument: Ints
    shares: Ints
    price_usd_e4: Ints
    commission_cents: Ints
    fees_cents: Ints
    cost_cents: Ints
    gain_cents: Ints
    profit_cents: Ints

    @property
    def cash_cents(self) -> Ints:
        """Change of the cash, fill by fill."""
        return self.gain_cents - self.cost_cents - self.commission_cents - self.fees_cents


class _Row:
    """A row of the positions under its name, one value an instrument: a view, to be read and written in place."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __get__(self, account: Account, kind: type[Account]) -> Ints:
        found: Ints = account.matrix[self._number]
        return found

    def __set__(self, account: Account, values: Never) -> None:
        """Refused: it would hide the row instead of writing to it.

        Raises:
            TypeError: always.
        """
        raise TypeError("write to the row in place, as in account.seen[:] = 0")


@dataclass
class Account:
    """One account's state.

    Attributes:
        name: for example `rule`; the first part of its ledger accounts.
        instruments: the universe; accounts may share one.
        matrix: positions as columns, `(8, instruments)`; the names that follow are its rows.
        shares: held; negative when short.
        cost_cents: what they cost, negative when short, fees excluded.
        entry_fees_cents: of the entries of what is still held.
        last_usd_e4: the last price that the tape printed.
        silent_sessions: without a bar since.
        seen: 1 once the session under way printed.
        opened_day: of the last opening fill, as a day number.
        round_trip_day: of the last day trade counted, likewise.
        orders: open orders and legs.
        known: order ids ever seen; the reason for those that were refused, else empty.
        opened_by: by instrument, the order that last added to the position held.
        equity_cents: at each session's close, ascending.
        trades: profit of each closing fill in cents, net of the fees of both sides.
        day_trades: by day number, the round trips within one session; only of late.
    """

    name: str
    instruments: Instruments = field(default_factory=Instruments)
    cash_cents: int = 0
    deposits_cents: int = 0
    matrix: Ints = field(default_factory=lambda: np.zeros((8, 0), np.int64))
    orders: OpenOrders = field(default_factory=OpenOrders)
    known: dict[str, str] = field(default_factory=dict)
    opened_by: dict[int, str] = field(default_factory=dict)
    equity_cents: dict[date, int] = field(default_factory=dict)
    trades: list[int] = field(default_factory=list)
    day_trades: dict[int, int] = field(default_factory=dict)

    shares = _Row(HELD_SHARES)
    cost_cents = _Row(COST)
    entry_fees_cents = _Row(FEES)
    last_usd_e4 = _Row(LAST)
    silent_sessions = _Row(SILENT)
    seen = _Row(SEEN)
    opened_day = _Row(OPENED)
    round_trip_day = _Row(ROUND_TRIP)

    def widen(self) -> None:
        """Every instrument has a column."""
        missing = len(self.instruments) - self.matrix.shape[1]
        if missing > 0:
            self.matrix = np.concatenate([self.matrix, np.zeros((len(self.matrix), missing), np.int64)], axis=1)

    @property
    def values_cents(self) -> Ints:
        """Positions at their last prices, by instrument; negative when short."""
        shares = self.shares
        values: Ints = np.sign(shares) * cents(self.last_usd_e4, np.abs(shares))
        return values

    @property
    def positions_cents(self) -> int:
        """All positions at their last prices."""
        return int(self.values_cents.sum())

    def held(self) -> Ints:
        """Instruments with a position, by symbol."""
        numbers = np.flatnonzero(self.shares)
        return numbers[np.argsort(self.instruments.rank[numbers])]

    def engaged_symbols(self) -> frozenset[str]:
        """Symbols that are held or that an open order is for."""
        symbols = self.instruments.symbols
        ordered = self.orders.instrument[self.orders.live()]
        return frozenset(symbols[i] for i in (*self.held().tolist(), *ordered.tolist()))

    def take_deposit(self, amount_cents: int) -> None:
        """The cash is there."""
        self.cash_cents += amount_cents
        self.deposits_cents += amount_cents

    def take_orders(self, ids: Sequence[str], terms: Ints, reference_usd_e4: Ints) -> None:
        """The orders are open."""
        self.known.update(dict.fromkeys(ids, ""))
        self.orders.add(ids, terms, reference_usd_e4)

    def take_refusals(self, reasons: Mapping[str, str]) -> None:
        """The ids are known, so that a repeat is answered as the first time."""
        self.known.update(reasons)

    def take_cancels(self, rows: Ints) -> None:
        """What is left of the orders won't fill; brackets of what filled stay."""
        self.orders.left[rows] = 0

    def take_triggers(self, rows: Ints) -> None:
        """The stops were touched and nothing could fill yet."""
        self.orders.triggered[rows] = 1

    def take_replacement(
        self, change_id: str, row: int, *, shares: int, limit_usd_e4: int, stop_usd_e4: int
    ) -> None:  # fmt: skip
        """The order has new terms; `shares` is the new total."""
        self.known[change_id] = ""
        orders = self.orders
        orders.left[row] += shares - orders.shares[row]
        orders.shares[row], orders.limit_usd_e4[row], orders.stop_usd_e4[row] = shares, limit_usd_e4, stop_usd_e4

    def take_fills(self, fills: Fills, session: date) -> None:
        """Positions, cash, orders and legs after the fills.

        Raises:
            LedgerError: when one is for more shares than its order has left; nothing was changed.
        """
        mine, rows, size = fills.instrument, fills.rows, np.abs(fills.shares)
        ordered = rows >= 0
        if (size[ordered] > self.orders.left[rows[ordered]]).any():
            raise LedgerError(f"a fill of {session} is for more shares than its order has left; it came twice, perhaps")
        day = day_number(session)
        before = self.shares[mine]
        after = before + fills.shares
        opening = before * fills.shares >= 0
        if (before * after < 0).any():
            raise LedgerError(f"a fill of {session} would turn a position around; close it first, then open the other")
        self.cash_cents += int(fills.cash_cents.sum())
        self.shares[mine] = after
        self.cost_cents[mine] += fills.cost_cents
        costs = fills.commission_cents + fills.fees_cents
        self.entry_fees_cents[mine] += np.where(opening, costs, fills.profit_cents - fills.gain_cents + costs)
        self.last_usd_e4[mine] = np.where(before == 0, fills.price_usd_e4, self.last_usd_e4[mine])
        self.orders.fill(rows[ordered], size[ordered], fills.price_usd_e4[ordered], fills.commission_cents[ordered])
        if opening.any():
            self.opened_day[mine[opening]] = day
            ids = self.orders.ids
            self.opened_by.update(
                {i: ids[row] for i, row in zip(mine[opening].tolist(), rows[opening].tolist(), strict=True)}
            )
        if not opening.all():
            self._close(mine[~opening], after[~opening], fills.profit_cents[~opening], day)

    def _close(self, mine: Ints, after: Ints, profit_cents: Ints, day: int) -> None:
        self.trades.extend(profit_cents.tolist())
        same_day = (self.opened_day[mine] == day) & (self.round_trip_day[mine] != day)
        if same_day.any():
            self.round_trip_day[mine[same_day]] = day
            self.day_trades[day] = self.day_trades.get(day, 0) + int(same_day.sum())
        gone = mine[after == 0]
        if len(gone):
            self.matrix[COST : SEEN + 1, gone] = 0
            for number in gone.tolist():
                self.opened_by.pop(number, None)
            legs = np.flatnonzero((self.orders.role != PLAIN) & self.orders.live())
            if len(legs):
                flat = self.shares[self.orders.instrument[legs]] == 0
                self.orders.left[legs[flat]] = 0

    def take_mark(
        self, instrument: Ints, closes_usd_e4: Ints, trails: tuple[Ints, Ints], session: date, *, ends: bool
    ) -> None:
        """Positions at the closes, trailing stops moved; with `ends` the session is over.

        Args:
            instrument: those that printed.
            closes_usd_e4: their closes.
            trails: rows of trailing stops that moved, and where they stand.
            session: of the mark.
            ends: no bar of the session follows.
        """
        self.last_usd_e4[instrument] = closes_usd_e4
        self.seen[instrument] = 1
        if len(trails[0]):
            self.orders.stop_usd_e4[trails[0]] = trails[1]
        if not ends:
            return
        seen = self.seen > 0
        self.silent_sessions[:] = np.where(seen | (self.shares == 0), 0, self.silent_sessions + 1)
        bases = self.orders.bracket_rows()
        if len(bases):
            self.orders.held_sessions[bases] += seen[self.orders.instrument[bases]]
        self.seen[:] = 0
        self.equity_cents[session] = self.cash_cents + self.positions_cents
        for day in [day for day in self.day_trades if day < day_number(session) - 3 * DAY_TRADE_SESSIONS]:
            del self.day_trades[day]

    def take_split(self, number: int, numerator: int, denominator: int, *, cost_change_cents: int, shares: int) -> None:
        """The position in new shares, and its open orders in new prices.

        Args:
            number: of the instrument.
            numerator: new shares …
            denominator: … for so many old ones.
            cost_change_cents: what was paid out for a fraction of a share, taken off the cost.
            shares: held afterwards.
        """
        self.shares[number] = shares
        self.cost_cents[number] += cost_change_cents
        self.cash_cents -= cost_change_cents
        self.last_usd_e4[number] = scaled(self.last_usd_e4[number], denominator, numerator)
        orders = self.orders
        rows = np.flatnonzero(orders.instrument == number)
        for prices in (
            orders.limit_usd_e4, orders.stop_usd_e4, orders.trail_usd_e4, orders.leg_stop_usd_e4,
            orders.leg_target_usd_e4, orders.leg_stop_distance_usd_e4, orders.leg_target_distance_usd_e4,
            orders.reference_usd_e4,
        ):  # fmt: skip
            prices[rows] = scaled(prices[rows], denominator, numerator)
        filled = (orders.shares[rows] - orders.left[rows]) * numerator // denominator
        orders.left[rows] = orders.left[rows] * numerator // denominator
        orders.shares[rows] = orders.left[rows] + filled
        legs = rows[orders.role[rows] != PLAIN]
        orders.left[legs] = np.minimum(orders.left[legs], abs(shares))

    def restated_shares(self, number: int, numerator: int, denominator: int) -> dict[str, int]:
        """Shares of the instrument's open orders after a split, by id."""
        orders: OpenOrders = self.orders
        out = {}
        for row in np.flatnonzero((self.orders.instrument == number) & self.orders.live()).tolist():
            left = int(orders.left[row])
            filled = (int(orders.shares[row]) - left) * numerator // denominator
            if int(orders.role[row]) == PLAIN:
                out[self.orders.ids[row]] = left * numerator // denominator + filled
        return out

    def take_dividend(self, number: int, cash_cents: int, amount_usd_e4: int) -> None:
        """Paid, or owed by a short; open purchases below the market and stops above go down by the amount."""
        self.cash_cents += cash_cents
        orders = self.orders
        mine = (orders.instrument == number) & (orders.role <= STOP_LEG) & orders.live()
        rows = np.flatnonzero(mine)
        buys = orders.sign[rows] > 0
        for prices, lowered in ((orders.limit_usd_e4, rows[buys]), (orders.stop_usd_e4, rows[~buys])):
            priced = lowered[prices[lowered] > 0]
            prices[priced] = np.maximum(1, prices[priced] - amount_usd_e4)

    def take_cash(self, amount_cents: int) -> None:
        """Fees and interest: the cash changes."""
        self.cash_cents += amount_cents

    def late_day_trades(self, day: int) -> int:
        """Day trades of this session and the four before."""
        sessions = [day_number(session) for session in list(self.equity_cents)[-DAY_TRADE_SESSIONS:]]
        since = min([s for s in sessions if s != day][1 - DAY_TRADE_SESSIONS :], default=day)
        return sum(count for at, count in self.day_trades.items() if at >= since)

    def bracket_of(self, number: int) -> dict[str, int]:
        """Stop, target and sessions held of the position's latest bracket, for the reader; empty without one."""
        orders, size = self.orders, self.orders.size
        rows = [r for r in self.orders.bracket_rows().tolist() if orders.instrument[r] == number and r + BLOCK <= size]
        if not rows:
            return {}
        row = rows[-1]
        return {
            "stop_usd_e4": int(orders.stop_usd_e4[row + 1]),
            "target_usd_e4": int(orders.limit_usd_e4[row + 2]),
            "held_sessions": int(orders.held_sessions[row]),
            "hold_sessions": int(orders.hold_sessions[row]),
        }

    def snapshot(self) -> dict[str, Any]:
        """Everything that the future depends on, in an order that doesn't depend on numbers given to instruments."""
        table, symbols = self.orders.matrix, self.instruments.symbols
        rows = np.flatnonzero(self.orders.live()).tolist()
        forgotten = {INSTRUMENT, BASE, FILLED_VALUE}
        return {
            "cash_cents": self.cash_cents,
            "positions": {symbols[i]: self.matrix[:, i].tolist() for i in np.flatnonzero(self.matrix.any(axis=0))},
            "orders": [
                (self.orders.ids[r], symbols[table[INSTRUMENT, r]], self.orders.ids[table[BASE, r]],
                 [int(table[c, r]) for c in range(len(table)) if c not in forgotten])
                for r in rows
            ],
            "opened_by": {symbols[i]: order_id for i, order_id in self.opened_by.items()},
            "known": dict(self.known),
            "equity_cents": dict(self.equity_cents),
            "trades": list(self.trades),
            "day_trades": dict(self.day_trades),
        }  # fmt: skip


def scaled(price: Any, numerator: int, denominator: int) -> Any:
    """A price times a fraction, rounded half up."""
    return (2 * price * numerator + denominator) // (2 * denominator)

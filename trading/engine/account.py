"""An account: a fold of its journal and nothing else. It changes only by the methods named `take_…`.

The engine hands them whole columns; `trading.engine.fold` hands them the entries of a journal one by one. Both give the
same state, so that a restart goes on as if nothing had been.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from trading.engine.instruments import Instruments
from trading.engine.open_orders import (
    BASE,
    BLOCK,
    FILLED_VALUE,
    HELD,
    HOLD,
    INSTRUMENT,
    LEFT,
    LEG_STOP,
    LEG_STOP_DISTANCE,
    LEG_TARGET,
    LEG_TARGET_DISTANCE,
    LIMIT_AT,
    PLAIN,
    REFERENCE,
    ROLE,
    SHARES,
    SIGN,
    STOP_AT,
    STOP_LEG,
    TRAIL,
    TRIGGERED,
    OpenOrders,
)
from trading.engine.requests import Ints, day_number
from trading.errors import LedgerError
from trading.money import cents

HELD_SHARES, COST, FEES, LAST, SILENT, SEEN, OPENED, ROUND_TRIP = range(8)
"""Rows of `Account.matrix`. COST: what the shares cost, negative when short, fees excluded. FEES: of the entries of
what is still held. LAST: the last price that the tape printed. SILENT: sessions without a bar since. SEEN: 1 once the
session under way printed. OPENED, ROUND_TRIP: day of the last opening fill, and of the last day trade counted."""
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


@dataclass
class Account:
    """One account's state.

    Attributes:
        name: for example `rule`; the first part of its ledger accounts.
        instruments: the universe; accounts may share one.
        matrix: positions as columns, `(8, instruments)`, rows named in this module.
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

    def widen(self) -> None:
        """Every instrument has a column."""
        missing = len(self.instruments) - self.matrix.shape[1]
        if missing > 0:
            self.matrix = np.concatenate([self.matrix, np.zeros((len(self.matrix), missing), np.int64)], axis=1)

    @property
    def shares(self) -> Ints:
        """Held, by instrument; negative when short."""
        found: Ints = self.matrix[HELD_SHARES]
        return found

    @property
    def values_cents(self) -> Ints:
        """Positions at their last prices, by instrument; negative when short."""
        shares = self.matrix[HELD_SHARES]
        values: Ints = np.sign(shares) * cents(self.matrix[LAST], np.abs(shares))
        return values

    @property
    def positions_cents(self) -> int:
        """All positions at their last prices."""
        return int(self.values_cents.sum())

    def held(self) -> Ints:
        """Instruments with a position, by symbol."""
        numbers = np.flatnonzero(self.matrix[HELD_SHARES])
        return numbers[np.argsort(self.instruments.rank[numbers])]

    def engaged_symbols(self) -> frozenset[str]:
        """Symbols that are held or that an open order is for."""
        symbols = self.instruments.symbols
        ordered = self.orders.column(INSTRUMENT)[self.orders.live()]
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
        self.orders.matrix[LEFT, rows] = 0

    def take_triggers(self, rows: Ints) -> None:
        """The stops were touched and nothing could fill yet."""
        self.orders.matrix[TRIGGERED, rows] = 1

    def take_replacement(
        self, change_id: str, row: int, *, shares: int, limit_usd_e4: int, stop_usd_e4: int
    ) -> None:  # fmt: skip
        """The order has new terms; `shares` is the new total."""
        self.known[change_id] = ""
        matrix = self.orders.matrix
        matrix[LEFT, row] += shares - matrix[SHARES, row]
        matrix[SHARES, row], matrix[LIMIT_AT, row], matrix[STOP_AT, row] = shares, limit_usd_e4, stop_usd_e4

    def take_fills(self, fills: Fills, session: date) -> None:
        """Positions, cash, orders and legs after the fills.

        Raises:
            LedgerError: when one is for more shares than its order has left; nothing was changed.
        """
        mine, rows, size = fills.instrument, fills.rows, np.abs(fills.shares)
        ordered = rows >= 0
        if (size[ordered] > self.orders.matrix[LEFT, rows[ordered]]).any():
            raise LedgerError(f"a fill of {session} is for more shares than its order has left; it came twice, perhaps")
        matrix, day = self.matrix, day_number(session)
        before = matrix[HELD_SHARES, mine]
        after = before + fills.shares
        opening = before * fills.shares >= 0
        if (before * after < 0).any():
            raise LedgerError(f"a fill of {session} would turn a position around; close it first, then open the other")
        self.cash_cents += int(fills.cash_cents.sum())
        matrix[HELD_SHARES, mine] = after
        matrix[COST, mine] += fills.cost_cents
        costs = fills.commission_cents + fills.fees_cents
        matrix[FEES, mine] += np.where(opening, costs, fills.profit_cents - fills.gain_cents + costs)
        matrix[LAST, mine] = np.where(before == 0, fills.price_usd_e4, matrix[LAST, mine])
        self.orders.fill(rows[ordered], size[ordered], fills.price_usd_e4[ordered], fills.commission_cents[ordered])
        if opening.any():
            matrix[OPENED, mine[opening]] = day
            ids = self.orders.ids
            self.opened_by.update(
                {i: ids[row] for i, row in zip(mine[opening].tolist(), rows[opening].tolist(), strict=True)}
            )
        if not opening.all():
            self._close(mine[~opening], after[~opening], fills.profit_cents[~opening], day)

    def _close(self, mine: Ints, after: Ints, profit_cents: Ints, day: int) -> None:
        self.trades.extend(profit_cents.tolist())
        matrix = self.matrix
        same_day = (matrix[OPENED, mine] == day) & (matrix[ROUND_TRIP, mine] != day)
        if same_day.any():
            matrix[ROUND_TRIP, mine[same_day]] = day
            self.day_trades[day] = self.day_trades.get(day, 0) + int(same_day.sum())
        gone = mine[after == 0]
        if len(gone):
            matrix[COST : SEEN + 1, gone] = 0
            for number in gone.tolist():
                self.opened_by.pop(number, None)
            legs = np.flatnonzero((self.orders.column(ROLE) != PLAIN) & self.orders.live())
            if len(legs):
                flat = matrix[HELD_SHARES, self.orders.matrix[INSTRUMENT, legs]] == 0
                self.orders.matrix[LEFT, legs[flat]] = 0

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
        matrix = self.matrix
        matrix[LAST, instrument] = closes_usd_e4
        matrix[SEEN, instrument] = 1
        if len(trails[0]):
            self.orders.matrix[STOP_AT, trails[0]] = trails[1]
        if not ends:
            return
        seen = matrix[SEEN] > 0
        matrix[SILENT] = np.where(seen | (matrix[HELD_SHARES] == 0), 0, matrix[SILENT] + 1)
        bases = self.orders.bracket_rows()
        if len(bases):
            self.orders.matrix[HELD, bases] += seen[self.orders.matrix[INSTRUMENT, bases]]
        matrix[SEEN] = 0
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
        matrix = self.matrix
        matrix[HELD_SHARES, number] = shares
        matrix[COST, number] += cost_change_cents
        self.cash_cents -= cost_change_cents
        matrix[LAST, number] = scaled(matrix[LAST, number], denominator, numerator)
        orders = self.orders
        rows = np.flatnonzero(orders.column(INSTRUMENT) == number)
        table = orders.matrix
        for price in (
            LIMIT_AT, STOP_AT, TRAIL, LEG_STOP, LEG_TARGET, LEG_STOP_DISTANCE, LEG_TARGET_DISTANCE, REFERENCE,
        ):  # fmt: skip
            table[price, rows] = scaled(table[price, rows], denominator, numerator)
        filled = (table[SHARES, rows] - table[LEFT, rows]) * numerator // denominator
        table[LEFT, rows] = table[LEFT, rows] * numerator // denominator
        table[SHARES, rows] = table[LEFT, rows] + filled
        legs = rows[table[ROLE, rows] != PLAIN]
        table[LEFT, legs] = np.minimum(table[LEFT, legs], abs(shares))

    def restated_shares(self, number: int, numerator: int, denominator: int) -> dict[str, int]:
        """Shares of the instrument's open orders after a split, by id."""
        table, out = self.orders.matrix, {}
        for row in np.flatnonzero((self.orders.column(INSTRUMENT) == number) & self.orders.live()).tolist():
            left = int(table[LEFT, row])
            filled = (int(table[SHARES, row]) - left) * numerator // denominator
            if int(table[ROLE, row]) == PLAIN:
                out[self.orders.ids[row]] = left * numerator // denominator + filled
        return out

    def take_dividend(self, number: int, cash_cents: int, amount_usd_e4: int) -> None:
        """Paid, or owed by a short; open purchases below the market and stops above go down by the amount."""
        self.cash_cents += cash_cents
        orders = self.orders
        mine = (orders.column(INSTRUMENT) == number) & (orders.column(ROLE) <= STOP_LEG) & orders.live()
        rows = np.flatnonzero(mine)
        for row, price in self.reduced_by_dividend(rows, amount_usd_e4):
            orders.matrix[price, row] = max(1, int(orders.matrix[price, row]) - amount_usd_e4)

    def reduced_by_dividend(self, rows: Ints, amount_usd_e4: int) -> list[tuple[int, int]]:
        """Order rows and price columns that a dividend lowers: limits of purchases, stops of sales."""
        if not amount_usd_e4:
            return []
        table = self.orders.matrix
        out = []
        for row in rows.tolist():
            price = LIMIT_AT if table[SIGN, row] > 0 else STOP_AT
            if table[price, row] > 0:
                out.append((row, price))
        return out

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
        table, size = self.orders.matrix, self.orders.size
        rows = [r for r in self.orders.bracket_rows().tolist() if table[INSTRUMENT, r] == number and r + BLOCK <= size]
        if not rows:
            return {}
        row = rows[-1]
        return {
            "stop_usd_e4": int(table[STOP_AT, row + 1]),
            "target_usd_e4": int(table[LIMIT_AT, row + 2]),
            "held_sessions": int(table[HELD, row]),
            "hold_sessions": int(table[HOLD, row]),
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

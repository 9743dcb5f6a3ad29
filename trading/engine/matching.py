"""Orders and brackets against the bars of one time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trading.arrays import Flags, Ints
from trading.engine.bars import Bars
from trading.engine.bookkeeper import Bookkeeper
from trading.engine.fills import touch
from trading.engine.open_orders import (
    LEG_NAMES,
    STOP_LEG,
    TARGET_LEG,
    TIME_LEG,
)
from trading.engine.requests import LIMIT, ON_CLOSE, STOP, STOP_LIMIT
from trading.engine.rules import EngineRules
from trading.money import cents


@dataclass(frozen=True)
class _Trades:
    """Orders that trade in a bar, before volume, position and money have their say."""

    rows: Ints
    tape: Ints
    slips: Flags
    at_open: Flags

    def only(self, chosen: Flags | Ints) -> _Trades:
        return _Trades(self.rows[chosen], self.tape[chosen], self.slips[chosen], self.at_open[chosen])


@dataclass(frozen=True)
class _Ways:
    """Where each bracket's way through a bar begins.

    Attributes:
        opens: the bar's open, or the fill of an entry within the bar.
        fresh: the entry is of this bar.
        inside: and not of its open.
    """

    opens: Ints
    fresh: Flags
    inside: Flags


class Matcher:
    """Fills what a bar fills."""

    def __init__(self, books: Bookkeeper, rules: EngineRules) -> None:
        self._books = books
        self._account = books.account
        self._rules = rules
        self._used: Ints = np.zeros(0, np.int64)
        self._entered: dict[int, tuple[int, bool]] = {}

    def run(self, bars: Bars) -> None:
        """Orders as they were placed, then brackets, then orders on the close."""
        self._used = np.zeros(len(bars), np.int64)
        self._entered = {}
        orders = self._account.orders
        rows = orders.plain_rows()
        late = rows[:0]
        if len(rows) and bars.step.last:
            closing = orders.kind[rows] == ON_CLOSE
            if closing.any():
                rows, late = rows[~closing], rows[closing]
        if len(rows):
            self._orders(rows, bars)
        self._brackets(bars)
        if len(late):
            self._orders(late[orders.left[late] > 0], bars)

    def _orders(self, rows: Ints, bars: Bars) -> None:
        orders = self._account.orders
        instrument = orders.instrument[rows]
        tradable = bars.tradable[instrument]
        if not tradable.all():
            rows, instrument = rows[tradable], instrument[tradable]
        before = orders.triggered[rows] > 0
        met = touch(
            orders.kind[rows], orders.sign[rows], limit=orders.limit_usd_e4[rows], stop=orders.stop_usd_e4[rows],
            triggered=before, instrument=instrument, bars=bars, opens=bars.open_usd_e4[instrument],
        )  # fmt: skip
        trades = _Trades(rows, met.tape, met.slips, met.at_open)
        if not met.hit.all():
            trades = trades.only(met.hit)
        if len(trades.rows):
            reasons = np.where(orders.opens[trades.rows] == 1, "entry", "exit")
            self._execute(trades, reasons.tolist(), bars)
        touched = met.triggered & ~before
        if touched.any():
            new = rows[touched]
            self._books.trigger(bars.step, new[(orders.triggered[new] == 0) & (orders.left[new] > 0)])

    def _brackets(self, bars: Bars) -> None:
        """At most one leg a bracket: its time is up, else its stop, else its target.

        When a bar touches stop and target, the stop is taken, because a bar doesn't tell which came first. In the bar
        of the entry itself the way began at the entry's fill; the target counts there only if that was the open.
        """
        base = self._account.orders.bracket_rows()
        if not len(base):
            return
        orders = self._account.orders
        instrument = orders.instrument[base]
        base = base[bars.tradable[instrument]]
        instrument, sign = orders.instrument[base], -orders.sign[base]
        ways = self._ways(base, bars.open_usd_e4[instrument])
        nothing = np.zeros(len(base), np.int64)
        stop = touch(
            nothing + STOP, sign, limit=nothing, stop=orders.stop_usd_e4[base + 1],
            triggered=orders.triggered[base + 1] > 0, instrument=instrument, bars=bars, opens=ways.opens,
        )  # fmt: skip
        target = touch(
            nothing + LIMIT, sign, limit=orders.limit_usd_e4[base + 2], stop=nothing, triggered=nothing > 0,
            instrument=instrument, bars=bars, opens=ways.opens,
        )  # fmt: skip
        due = (orders.left[base + 3] > 0) & (orders.held_sessions[base] >= orders.hold_sessions[base]) & ~ways.fresh
        stopped = (orders.left[base + 1] > 0) & stop.hit
        reached = (orders.left[base + 2] > 0) & target.hit & ~ways.inside
        leg = np.where(due, TIME_LEG, np.where(stopped, STOP_LEG, np.where(reached, TARGET_LEG, 0)))
        tape = np.where(due, ways.opens, np.where(stopped, stop.tape, target.tape))
        trades = _Trades(base + leg, tape, leg != TARGET_LEG, np.ones(len(base), np.bool_)).only(leg > 0)
        if len(trades.rows):
            self._execute(trades, [LEG_NAMES[number] for number in leg[leg > 0].tolist()], bars)
        if stopped.any():
            stops = base[stopped & ~due] + 1
            self._books.trigger(bars.step, stops[(orders.triggered[stops] == 0) & (orders.left[stops] > 0)])

    def _ways(self, base: Ints, opens: Ints) -> _Ways:
        fresh, inside = np.zeros(len(base), np.bool_), np.zeros(len(base), np.bool_)
        if not self._entered:
            return _Ways(opens, fresh, inside)
        opens = opens.copy()
        for at, row in enumerate(base.tolist()):
            if row in self._entered:
                opens[at], at_open = self._entered[row]
                fresh[at], inside[at] = True, not at_open
        return _Ways(opens, fresh, inside)

    def _execute(self, trades: _Trades, reasons: Sequence[str], bars: Bars) -> None:
        """The trades happen as far as volume, position and money allow, in the order of the orders where they don't."""
        orders, rows = self._account.orders, trades.rows
        instrument, sign = orders.instrument[rows], orders.sign[rows]
        opens = orders.opens[rows] == 1
        if repeats(instrument):
            self._one_by_one(trades, reasons, bars)
            return
        held, volume = self._account.shares[instrument], bars.volume[instrument]
        wrong_way = np.where(opens, held * sign < 0, held * sign >= 0)
        if wrong_way.any():
            # A leg may have ended in this very bar, with the position that another bracket's leg closed.
            open_still = rows[wrong_way & (orders.left[rows] > 0)]
            self._books.cancel(bars.step, open_still, "the position that it was meant for is gone or turned")
        size = np.minimum(orders.left[rows], self._rules.fills.most_shares(volume) - self._used[instrument])
        size = np.maximum(np.where(opens, size, np.minimum(size, np.abs(held))), 0)
        slip = np.where(trades.slips, self._rules.fills.slippage_usd_e4(trades.tape, size, volume, bars), 0)
        price = trades.tape + sign * slip
        bounded = orders.kind[rows] == STOP_LIMIT
        if bounded.any():
            limit = orders.limit_usd_e4[rows]
            price = np.where(bounded, np.where(sign > 0, np.minimum(price, limit), np.maximum(price, limit)), price)
        price = np.maximum(price, 1)
        goes = (size > 0) & ~wrong_way
        if not goes.all():
            trades, rows, sign, opens = trades.only(goes), rows[goes], sign[goes], opens[goes]
            size, price, reasons = (
                size[goes],
                price[goes],
                [r for r, g in zip(reasons, goes.tolist(), strict=True) if g],
            )
        if not len(rows):
            return
        costs = self._books.costs(rows, size, price, sells=sign < 0)
        short = self._shortage(size, price, costs, opens)
        if short and len(rows) > 1:
            self._one_by_one(trades, reasons, bars)
            return
        if short:
            size = self._affordable(rows, price, size, bars)
            if not len(size):
                return
            costs = self._books.costs(rows, size, price, sells=sign < 0)
        self._fill(trades, bars, size=size, price=price, reasons=reasons, costs=costs)

    def _fill(
        self, trades: _Trades, bars: Bars, *, size: Ints, price: Ints, reasons: Sequence[str], costs: tuple[Ints, Ints]
    ) -> None:
        orders, rows = self._account.orders, trades.rows
        sign = orders.sign[rows]
        brackets = orders.bracketed(rows)
        if brackets.any():
            for row, tape, at_open in zip(
                rows[brackets].tolist(), trades.tape[brackets].tolist(), trades.at_open[brackets].tolist(), strict=True
            ):
                self._entered[row] = (tape, at_open)
        self._used[orders.instrument[rows]] += size
        self._books.fill(
            bars.step, rows, sign * size, price_usd_e4=price, slippage_usd_e4=(price - trades.tape) * sign,
            reasons=reasons, costs=costs,
        )  # fmt: skip

    def _one_by_one(self, trades: _Trades, reasons: Sequence[str], bars: Bars) -> None:
        for at in range(len(trades.rows)):
            self._execute(trades.only(np.array([at])), reasons[at : at + 1], bars)

    def _shortage(self, size: Ints, price: Ints, costs: tuple[Ints, Ints], opens: Flags) -> bool:
        """The money doesn't pay for all that opens."""
        if not opens.any():
            return False
        rules = self._rules.account
        needed = rules.needed_cents(cents(price, size)) + costs[0] + costs[1]
        return int(needed[opens].sum()) > rules.free_cents(self._account)

    def _affordable(self, rows: Ints, price: Ints, size: Ints, bars: Bars) -> Ints:
        """The shares of one order that the money pays for, fees included; the rest is cancelled. Empty for none."""
        rules, free = self._rules.account, self._rules.account.free_cents(self._account)
        pays = 0
        if rules.when_short == "reduce":
            pays, too_many = 0, int(size[0])
            while too_many - pays > 1:
                middle = np.array([(pays + too_many) // 2])
                commission, fees = self._books.costs(rows, middle, price, sells=middle < 0)
                needed = rules.needed_cents(cents(price, middle)) + commission + fees
                pays, too_many = (int(middle[0]), too_many) if int(needed[0]) <= free else (pays, int(middle[0]))
        if pays == 0:
            self._books.cancel(bars.step, rows, f"insufficient buying power at the fill: {max(free, 0)} cents are free")
            return size[:0]
        return np.array([pays])


def repeats(instrument: Ints) -> bool:
    """Some instrument comes more than once."""
    return len(instrument) > 1 and len(np.unique(instrument)) < len(instrument)

"""The open orders of an account as columns, in the order in which they were placed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Never

import numpy as np

from trading.arrays import Flags, Ints
from trading.engine.requests import BUY, BUY_TO_COVER, LIMIT, MARKET, SELL_SHORT, STOP, TRAILING_STOP

(
    INSTRUMENT, SIDE, KIND, IN_FORCE, SHARES, LIMIT_AT, STOP_AT, TRAIL, TRAIL_BP, GOOD_TILL,
    LEG_STOP, LEG_TARGET, LEG_STOP_DISTANCE, LEG_TARGET_DISTANCE, HOLD,
    LEFT, SIGN, OPENS, TRIGGERED, FILLS, FILLED_VALUE, PAID, REFERENCE, ROLE, BASE, HELD,
) = range(26)  # fmt: skip
"""Rows of `OpenOrders.matrix`; the first fifteen are those of `requests.FIELDS`. Others name them: `orders.left`."""
COLUMNS = 26
PLAIN, STOP_LEG, TARGET_LEG, TIME_LEG = range(4)
LEG_NAMES = ("", "stop", "target", "time")
BLOCK = 4
"""Rows of an order with a bracket: itself and its three legs."""


class _Column:
    """A column of all orders under its name: a view, to be read and written in place."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __get__(self, orders: OpenOrders, kind: type[OpenOrders]) -> Ints:
        found: Ints = orders.matrix[self._number, : orders.size]
        return found

    def __set__(self, orders: OpenOrders, values: Never) -> None:
        """Refused: it would hide the column instead of writing to it.

        Raises:
            TypeError: always.
        """
        raise TypeError("write to the column in place, as in orders.left[rows] = 0")


class OpenOrders:
    """A growing matrix of orders; rows that ended are dropped now and then, the others keep their order.

    Attributes:
        instrument: and the fourteen that follow: see `requests.FIELDS`.
        left: shares that may still fill; zero ends the order.
        sign: 1 buys, -1 sells.
        opens: 1 adds to a position.
        triggered: 1 once its stop was touched, or something of it filled.
        fills: how many it had.
        filled_value_e4: sum of price and shares of its fills.
        paid_cents: commission so far.
        reference_usd_e4: the price at which buying power is held for it.
        role: 0 an order, 1 a bracket's stop, 2 its target, 3 its time.
        base: row of the entry.
        held_sessions: sessions with a bar since the entry filled.
    """

    instrument = _Column(INSTRUMENT)
    side = _Column(SIDE)
    kind = _Column(KIND)
    in_force = _Column(IN_FORCE)
    shares = _Column(SHARES)
    limit_usd_e4 = _Column(LIMIT_AT)
    stop_usd_e4 = _Column(STOP_AT)
    trail_usd_e4 = _Column(TRAIL)
    trail_bp = _Column(TRAIL_BP)
    good_till_day = _Column(GOOD_TILL)
    leg_stop_usd_e4 = _Column(LEG_STOP)
    leg_target_usd_e4 = _Column(LEG_TARGET)
    leg_stop_distance_usd_e4 = _Column(LEG_STOP_DISTANCE)
    leg_target_distance_usd_e4 = _Column(LEG_TARGET_DISTANCE)
    hold_sessions = _Column(HOLD)
    left = _Column(LEFT)
    sign = _Column(SIGN)
    opens = _Column(OPENS)
    triggered = _Column(TRIGGERED)
    fills = _Column(FILLS)
    filled_value_e4 = _Column(FILLED_VALUE)
    paid_cents = _Column(PAID)
    reference_usd_e4 = _Column(REFERENCE)
    role = _Column(ROLE)
    base = _Column(BASE)
    held_sessions = _Column(HELD)

    def __init__(self) -> None:
        self.matrix: Ints = np.zeros((COLUMNS, 64), np.int64)
        self.size = 0
        self.ids: list[str] = []
        self.rows: dict[str, int] = {}

    def add(self, ids: Sequence[str], terms: Ints, reference: Ints) -> None:
        """The orders are open, in this order, each with waiting legs if it has a bracket.

        Args:
            ids: of the orders.
            terms: `(15, n)`, the columns of `requests.FIELDS`.
            reference: prices at which buying power is held.
        """
        legs: Flags = np.logical_or.reduce(terms[LEG_STOP : HOLD + 1], axis=0)
        if not legs.any():
            self._append(ids, terms, reference, self.size + np.arange(len(ids)))
            return
        for at, order_id in enumerate(ids):
            self._append([order_id], terms[:, at : at + 1], reference[at : at + 1], np.array([self.size]))
            if legs[at]:
                self._add_legs(order_id, self.size - 1)

    def _append(self, ids: Sequence[str], terms: Ints, reference: Ints, base: Ints) -> None:
        start, end = self.size, self.size + len(ids)
        if end > self.matrix.shape[1]:
            wider = np.zeros((COLUMNS, max(end, 2 * self.matrix.shape[1])), np.int64)
            wider[:, :start] = self.matrix[:, :start]
            self.matrix = wider
        side = terms[SIDE]
        new = self.matrix[:, start:end]
        new[HOLD + 1 :] = 0
        new[: HOLD + 1], new[LEFT], new[REFERENCE], new[BASE] = terms, terms[SHARES], reference, base
        new[SIGN] = np.where((side == BUY) | (side == BUY_TO_COVER), 1, -1)
        new[OPENS] = (side == BUY) | (side == SELL_SHORT)
        self.rows.update(zip(ids, range(start, end), strict=True))
        self.ids.extend(ids)
        self.size = end

    def _add_legs(self, order_id: str, base: int) -> None:
        """Three rows that wait for the entry's fills: they hold no shares yet."""
        entry = self.matrix[:, base]
        terms = np.zeros((HOLD + 1, BLOCK - 1), np.int64)
        terms[INSTRUMENT], terms[IN_FORCE] = entry[INSTRUMENT], 1
        terms[SIDE] = 1 if entry[SIGN] > 0 else BUY_TO_COVER
        terms[KIND] = (STOP, LIMIT, MARKET)
        ids = [f"{order_id}:{LEG_NAMES[role]}" for role in range(1, BLOCK)]
        self._append(ids, terms, np.zeros(BLOCK - 1, np.int64), np.full(BLOCK - 1, base))
        self.role[base + 1 : base + BLOCK] = (STOP_LEG, TARGET_LEG, TIME_LEG)

    def live(self) -> Flags:
        """Rows that may still fill."""
        found: Flags = self.left > 0
        return found

    def plain_rows(self) -> Ints:
        """Rows of orders, legs left out, that may still fill."""
        return np.flatnonzero(self.live() & (self.role == PLAIN))

    def bracket_rows(self) -> Ints:
        """Rows of entries whose legs are live."""
        if self.size < BLOCK:
            return np.zeros(0, np.int64)
        legs = self.live() & (self.role != PLAIN)
        return np.unique(self.base[legs]) if legs.any() else np.zeros(0, np.int64)

    def bracketed(self, rows: Ints) -> Flags:
        """Which of the rows came with a bracket."""
        found: Flags = np.logical_or.reduce(self.matrix[LEG_STOP : HOLD + 1, rows], axis=0)
        return found

    def row(self, order_id: str) -> int:
        """The row of an order or leg that may still fill; -1 if there is none."""
        row = self.rows.get(order_id, -1)
        return row if row >= 0 and self.left[row] > 0 else -1

    def fill(self, rows: Ints, shares: Ints, prices_usd_e4: Ints, paid_cents: Ints) -> None:
        """So many shares of each order have filled: legs come to life behind entries, and go with their siblings."""
        self.left[rows] -= shares
        self.fills[rows] += 1
        self.triggered[rows] = 1
        self.filled_value_e4[rows] += shares * prices_usd_e4
        self.paid_cents[rows] += paid_cents
        roles = self.role[rows]
        if roles.any():
            legs = roles != PLAIN
            self._reduce_siblings(rows[legs], shares[legs])
        entries = (roles == PLAIN) & self.bracketed(rows)
        if entries.any():
            self._wake_legs(rows[entries], shares[entries])

    def _reduce_siblings(self, rows: Ints, shares: Ints) -> None:
        base = self.base[rows]
        for step in range(1, BLOCK):
            others = base + step != rows
            at = (base + step)[others]
            gone = np.minimum(self.left[at], shares[others])
            self.left[at] -= gone
            self.shares[at] -= gone

    def _wake_legs(self, rows: Ints, shares: Ints) -> None:
        """The legs hold what has filled, their prices measured from the average fill, rounded away from the position.

        That is down for a long position and up for a short one: a short one is a long one in a mirror.
        """
        sign = self.sign[rows]
        average = sign * (sign * self.filled_value_e4[rows] // np.maximum(1, self.shares[rows] - self.left[rows]))
        for leg, given, distance, way, price_of in (
            (STOP_LEG, self.leg_stop_usd_e4[rows], self.leg_stop_distance_usd_e4[rows], -1, self.stop_usd_e4),
            (TARGET_LEG, self.leg_target_usd_e4[rows], self.leg_target_distance_usd_e4[rows], 1, self.limit_usd_e4),
        ):
            measured = np.where(distance > 0, average + way * sign * distance, 0)
            price = np.where(given > 0, given, np.maximum(measured, 0))
            price_of[rows + leg] = price
            more = np.where(((given > 0) | (distance > 0)) & (price > 0), shares, 0)
            self.left[rows + leg] += more
            self.shares[rows + leg] += more
        timed = np.where(self.hold_sessions[rows] > 0, shares, 0)
        self.left[rows + TIME_LEG] += timed
        self.shares[rows + TIME_LEG] += timed

    def drop_ended(self) -> None:
        """Rows whose whole block has ended are gone, once they are the larger part."""
        if not self.size:
            return
        live = self.live()
        if not live.any():
            self.size = 0
            self.ids.clear()
            self.rows.clear()
            return
        base = self.base
        kept = np.zeros(self.size, np.bool_)
        kept[base[live]] = True
        rows = np.flatnonzero(kept[base])
        if 2 * len(rows) > self.size:
            return
        place = np.cumsum(kept[base]) - 1
        self.matrix[:, : len(rows)] = self.matrix[:, rows]
        self.size = len(rows)
        self.base[:] = place[self.base]
        self.ids = [self.ids[row] for row in rows.tolist()]
        self.rows = {order_id: row for row, order_id in enumerate(self.ids)}

    def trailing_rows(self) -> Ints:
        """Rows of trailing stops that may still fill and were not touched yet."""
        kinds = self.kind
        return np.flatnonzero((kinds == TRAILING_STOP) & self.live() & (self.triggered == 0))

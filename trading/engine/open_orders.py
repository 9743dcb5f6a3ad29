"""The open orders of an account as columns, in the order in which they were placed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trading.engine.requests import BUY, BUY_TO_COVER, LIMIT, MARKET, SELL_SHORT, STOP, TRAILING_STOP, Flags, Ints

(
    INSTRUMENT, SIDE, KIND, IN_FORCE, SHARES, LIMIT_AT, STOP_AT, TRAIL, TRAIL_BP, GOOD_TILL,
    LEG_STOP, LEG_TARGET, LEG_STOP_DISTANCE, LEG_TARGET_DISTANCE, HOLD,
    LEFT, SIGN, OPENS, TRIGGERED, FILLS, FILLED_VALUE, PAID, REFERENCE, ROLE, BASE, HELD,
) = range(26)  # fmt: skip
"""Columns; the first fifteen are those of `requests.FIELDS`.

LEFT: shares that may still fill; zero ends the order. SIGN: 1 buys, -1 sells. OPENS: 1 adds to a position.
FILLED_VALUE: sum of price and shares of its fills. PAID: commission so far. REFERENCE: the price at which buying power
is held for it. ROLE: 0 an order, 1 a bracket's stop, 2 its target, 3 its time. BASE: row of the entry. HELD: sessions
with a bar since the entry filled."""
COLUMNS = 26
PLAIN, STOP_LEG, TARGET_LEG, TIME_LEG = range(4)
LEG_NAMES = ("", "stop", "target", "time")
BLOCK = 4
"""Rows of an order with a bracket: itself and its three legs."""


class OpenOrders:
    """A growing matrix of orders; rows that ended are dropped now and then, the others keep their order."""

    def __init__(self) -> None:
        self.matrix: Ints = np.zeros((COLUMNS, 64), np.int64)
        self.size = 0
        self.ids: list[str] = []
        self.rows: dict[str, int] = {}

    def column(self, number: int) -> Ints:
        """A column of all rows, to be read and written in place."""
        found: Ints = self.matrix[number, : self.size]
        return found

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
        self.matrix[ROLE, base + 1 : base + BLOCK] = (STOP_LEG, TARGET_LEG, TIME_LEG)

    def live(self) -> Flags:
        """Rows that may still fill."""
        found: Flags = self.column(LEFT) > 0
        return found

    def plain_rows(self) -> Ints:
        """Rows of orders, legs left out, that may still fill."""
        return np.flatnonzero(self.live() & (self.column(ROLE) == PLAIN))

    def bracket_rows(self) -> Ints:
        """Rows of entries whose legs are live."""
        if self.size < BLOCK:
            return np.zeros(0, np.int64)
        legs = self.live() & (self.column(ROLE) != PLAIN)
        return np.unique(self.column(BASE)[legs]) if legs.any() else np.zeros(0, np.int64)

    def row(self, order_id: str) -> int:
        """The row of an order or leg that may still fill; -1 if there is none."""
        row = self.rows.get(order_id, -1)
        return row if row >= 0 and self.matrix[LEFT, row] > 0 else -1

    def left(self, row: int) -> int:
        """Shares of an order that may still fill."""
        return int(self.matrix[LEFT, row])

    def fills(self, row: int) -> int:
        """How many fills an order had."""
        return int(self.matrix[FILLS, row])

    def fill(self, rows: Ints, shares: Ints, prices_usd_e4: Ints, paid_cents: Ints) -> None:
        """So many shares of each order have filled: legs come to life behind entries, and go with their siblings."""
        matrix = self.matrix
        matrix[LEFT, rows] -= shares
        matrix[FILLS, rows] += 1
        matrix[TRIGGERED, rows] = 1
        matrix[FILLED_VALUE, rows] += shares * prices_usd_e4
        matrix[PAID, rows] += paid_cents
        roles = matrix[ROLE, rows]
        if roles.any():
            legs = roles != PLAIN
            self._reduce_siblings(rows[legs], shares[legs])
        entries = (roles == PLAIN) & matrix[LEG_STOP : HOLD + 1, rows].any(axis=0)
        if entries.any():
            self._wake_legs(rows[entries], shares[entries])

    def _reduce_siblings(self, rows: Ints, shares: Ints) -> None:
        base = self.matrix[BASE, rows]
        for step in range(1, BLOCK):
            others = base + step != rows
            at = (base + step)[others]
            gone = np.minimum(self.matrix[LEFT, at], shares[others])
            self.matrix[LEFT, at] -= gone
            self.matrix[SHARES, at] -= gone

    def _wake_legs(self, rows: Ints, shares: Ints) -> None:
        """The legs hold what has filled, their prices measured from the average fill."""
        matrix = self.matrix
        sign = matrix[SIGN, rows]
        average = matrix[FILLED_VALUE, rows] // np.maximum(1, matrix[SHARES, rows] - matrix[LEFT, rows])
        for leg, given, distance, way, price_at in (
            (1, LEG_STOP, LEG_STOP_DISTANCE, -1, STOP_AT),
            (2, LEG_TARGET, LEG_TARGET_DISTANCE, 1, LIMIT_AT),
        ):
            measured = np.where(matrix[distance, rows] > 0, average + way * sign * matrix[distance, rows], 0)
            price = np.where(matrix[given, rows] > 0, matrix[given, rows], np.maximum(measured, 0))
            matrix[price_at, rows + leg] = price
            exists = (matrix[given, rows] > 0) | (matrix[distance, rows] > 0)
            more = np.where(exists & (price > 0), shares, 0)
            matrix[LEFT, rows + leg] += more
            matrix[SHARES, rows + leg] += more
        timed = np.where(matrix[HOLD, rows] > 0, shares, 0)
        matrix[LEFT, rows + 3] += timed
        matrix[SHARES, rows + 3] += timed

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
        base = self.column(BASE)
        kept = np.zeros(self.size, np.bool_)
        kept[base[live]] = True
        rows = np.flatnonzero(kept[base])
        if 2 * len(rows) > self.size:
            return
        place = np.cumsum(kept[base]) - 1
        self.matrix[:, : len(rows)] = self.matrix[:, rows]
        self.size = len(rows)
        self.matrix[BASE, : self.size] = place[self.matrix[BASE, : self.size]]
        self.ids = [self.ids[row] for row in rows.tolist()]
        self.rows = {order_id: row for row, order_id in enumerate(self.ids)}

    def trailing_rows(self) -> Ints:
        """Rows of trailing stops that may still fill and were not touched yet."""
        kinds = self.column(KIND)
        return np.flatnonzero((kinds == TRAILING_STOP) & self.live() & (self.column(TRIGGERED) == 0))

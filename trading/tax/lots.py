"""Tax lots: what was acquired, what was disposed of, and splits, as events of one account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from trading.errors import BadDataError

Direction = Literal["long", "short"]
ZERO = Fraction(0)


@dataclass(frozen=True)
class TaxEvent:
    """A fill, or cash in lieu of a fraction of a share.

    Attributes:
        number: of the event, ascending in time.
        opens: whether it opens or adds to a position; else it closes one.
        shares: in shares of that day; a fraction only as cash in lieu.
        amount_cents: what a purchase cost with its fees, or a sale brought after them.
        factor: shares of now for one of that day, by later splits.
        order: that it is a fill of; fills of one order are one block.
    """

    number: int
    day: date
    symbol: str
    direction: Direction
    opens: bool
    shares: Fraction
    amount_cents: int
    factor: Fraction = Fraction(1)
    order: str = ""

    @property
    def units(self) -> Fraction:
        """Shares as they are counted after all splits, so that lots of different days can be matched."""
        return self.shares * self.factor


@dataclass(frozen=True)
class Lot:
    """Shares that were acquired together, or sold short together, and what is left of them.

    Attributes:
        block: what was bought together: the order, or the fill where no order is known.
        units: left, as counted after all splits.
        amount_cents: what these cost, or a short sale brought, disallowed losses included.
        holding_from: from when the holding period counts: earlier than `opened` by what a wash sale carries over.
        replaces: whether a disallowed loss was put on it; a share replaces one share only.
    """

    block: str
    opened: date
    symbol: str
    direction: Direction
    units: Fraction
    amount_cents: int
    holding_from: date
    replaces: bool = False

    def parted(self, units: Fraction) -> tuple[Lot, Lot | None]:
        """So many of its units, and the rest; cents go with the units, to the cent."""
        if units >= self.units:
            return self, None
        cents = int(self.amount_cents * units / self.units)
        part = replace(self, units=units, amount_cents=cents)
        return part, replace(self, units=self.units - units, amount_cents=self.amount_cents - cents)


@dataclass(frozen=True)
class Disposal:
    """A lot, or a part of one, that was closed.

    Attributes:
        lot: as it was closed.
        closed: the day; `event` the fill.
        shares: in shares of that day.
        proceeds_cents: and the cost, of these shares, after fees.
        disallowed_cents: of the loss, by a wash sale; never negative.
    """

    lot: Lot
    closed: date
    event: int
    shares: Fraction
    proceeds_cents: int
    cost_cents: int
    disallowed_cents: int = 0

    @property
    def loss_cents(self) -> int:
        """Above zero where it was a loss."""
        return self.cost_cents - self.proceeds_cents

    @property
    def gain_cents(self) -> int:
        """What is taxable: a loss below zero, without what is disallowed."""
        return self.proceeds_cents - self.cost_cents + self.disallowed_cents

    @property
    def long_term(self) -> bool:
        """Whether it was held for more than a year; a short sale is short-term."""
        if self.lot.direction == "short":
            return False
        begin = self.lot.holding_from
        leap = begin.month == 2 and begin.day == 29  # noqa: PLR2004
        anniversary = date(begin.year + 1, 3, 1) - timedelta(days=1) if leap else begin.replace(year=begin.year + 1)
        return self.closed > anniversary


def taken_first(lots: list[Lot], event: TaxEvent) -> list[Lot]:
    """The lots that a closing fill closes, the first acquired first; they are no longer among `lots`.

    Raises:
        BadDataError: when fewer units are held than are closed.
    """
    left, found = event.units, []
    while left > 0:
        at = next(
            (k for k, lot in enumerate(lots) if (lot.symbol, lot.direction) == (event.symbol, event.direction)), None
        )
        if at is None:
            raise BadDataError(
                f"{event.symbol}: the fill {event.number} of {event.day} closes more shares than are held. Nothing was "
                "reported; the journal is damaged or begins after the purchase."
            )
        part, rest = lots[at].parted(left)
        lots[at : at + 1] = [] if rest is None else [rest]
        found.append(part)
        left -= part.units
    return found


def disposals_of(event: TaxEvent, closed: Iterable[Lot]) -> list[Disposal]:
    """One disposal a lot, the fill's cents shared by units, to the cent."""
    found, units, given = [], ZERO, 0
    for lot in closed:
        units += lot.units
        until = int(event.amount_cents * units / event.units)
        cents, given = until - given, until
        proceeds, cost = (cents, lot.amount_cents) if lot.direction == "long" else (lot.amount_cents, cents)
        found.append(
            Disposal(
                lot=lot, closed=event.day, event=event.number, shares=lot.units / event.factor,
                proceeds_cents=proceeds, cost_cents=cost,
            )
        )  # fmt: skip
    return found

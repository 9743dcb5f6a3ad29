"""Gains and losses by first in, first out, with losses that wash sales disallow.

Source:
    26 U.S.C. 1091 and 26 CFR 1.1091-1 and -2; IRS Publication 550, "Wash Sales". A loss counts for nothing as far as
    the same stock is acquired within 30 days before or after; it is added to the cost of what was acquired, whose
    holding period goes on from that of what was sold. Losses are matched in the order of the sales, with acquisitions
    in their own order, one share with one share. Short sales likewise (1091(e)), with other short sales.

Options, other accounts, and stock that is only "substantially identical" aren't known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from trading.tax.lots import Disposal, Lot, TaxEvent, disposals_of, taken_first

WINDOW = timedelta(days=30)


@dataclass(frozen=True)
class _Claim:
    """Units of a later acquisition that replace shares sold at a loss."""

    units: Fraction
    cents: int
    held: timedelta


def taxed(events: Sequence[TaxEvent]) -> list[Disposal]:
    """Every disposal with what is disallowed of its loss, in the order of the fills.

    Args:
        events: of one account, in order.

    Raises:
        BadDataError: when more is closed than is held.
    """
    lots: list[Lot] = []
    claims: dict[int, list[_Claim]] = {}
    found: list[Disposal] = []
    for at, event in enumerate(events):
        if event.opens:
            lots += _opened(event, claims.pop(event.number, []))
            continue
        closed = taken_first(lots, event)
        found += [
            _washed(disposal, lots, events[at + 1 :], claims) if disposal.loss_cents > 0 else disposal
            for disposal in disposals_of(event, closed)
        ]
    return found


def _opened(event: TaxEvent, claims: Sequence[_Claim]) -> list[Lot]:
    """The lot of a fill, parted where earlier losses are put on some of it."""
    whole = Lot(
        block=event.order or f"fill {event.number}", opened=event.day, symbol=event.symbol,
        direction=event.direction, units=event.units, amount_cents=event.amount_cents, holding_from=event.day,
    )  # fmt: skip
    parts, rest = [], whole
    for claim in claims:
        part, left = rest.parted(claim.units)
        parts.append(_carrying(part, claim.cents, claim.held))
        if left is None:
            return parts
        rest = left
    return [*parts, rest]


def _carrying(lot: Lot, cents: int, held: timedelta) -> Lot:
    """The lot with a disallowed loss on it: it cost more, or was sold short for less, and was held for longer."""
    amount = lot.amount_cents + (cents if lot.direction == "long" else -cents)
    return replace(lot, amount_cents=amount, holding_from=lot.holding_from - held, replaces=True)


def _washed(
    disposal: Disposal, lots: list[Lot], later: Sequence[TaxEvent], claims: dict[int, list[_Claim]]
) -> Disposal:
    """The disposal with its loss disallowed as far as its shares are replaced, and the replacements carrying it."""
    wash = _Wash(disposal)
    wash.by_held(lots)
    wash.by_later(later, claims)
    return replace(disposal, disallowed_cents=wash.disallowed)


class _Wash:
    """One loss being matched with replacements."""

    def __init__(self, disposal: Disposal) -> None:
        self._sold = disposal
        self._matched = Fraction(0)
        self.disallowed = 0

    def by_held(self, lots: list[Lot]) -> None:
        """Shares that are held after the sale and were acquired up to 30 days before it, the first first."""
        sold = self._sold
        at = 0
        while at < len(lots) and self._left > 0:
            lot = lots[at]
            same = (lot.symbol, lot.direction) == (sold.lot.symbol, sold.lot.direction)
            # The rest of one block replaces nothing of what was sold of it (Rev. Rul. 56-602).
            if same and not lot.replaces and lot.block != sold.lot.block and self._near(lot.opened):
                part, rest = lot.parted(self._left)
                lots[at : at + 1] = [_carrying(part, *self._match(part.units)), *([] if rest is None else [rest])]
            at += 1

    def by_later(self, later: Sequence[TaxEvent], claims: dict[int, list[_Claim]]) -> None:
        """Shares acquired up to 30 days after the sale that replace nothing else yet, the first first."""
        sold = self._sold
        for event in later:
            if self._left == 0 or event.day > sold.closed + WINDOW:
                return
            if not event.opens or (event.symbol, event.direction) != (sold.lot.symbol, sold.lot.direction):
                continue
            taken = claims.setdefault(event.number, [])
            free = min(event.units - sum((claim.units for claim in taken), Fraction(0)), self._left)
            if free > 0:
                taken.append(_Claim(free, *self._match(free)))

    @property
    def _left(self) -> Fraction:
        return self._sold.lot.units - self._matched

    def _near(self, opened: date) -> bool:
        return self._sold.closed - WINDOW <= opened <= self._sold.closed

    def _match(self, units: Fraction) -> tuple[int, timedelta]:
        """So many units are replaced: the cents of loss that they carry on, and for how long they were held."""
        self._matched += units
        until = int(self._sold.loss_cents * self._matched / self._sold.lot.units)
        cents, self.disallowed = until - self.disallowed, until
        return cents, self._sold.closed - self._sold.lot.holding_from

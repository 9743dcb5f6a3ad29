"""The events of an account that taxes are of, from its journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from trading.ledger.double_entry import Draft
from trading.tax.lots import Direction, TaxEvent

SIDES: dict[str, tuple[Direction, bool]] = {
    "buy": ("long", True),
    "sell": ("long", False),
    "sell_short": ("short", True),
    "buy_to_cover": ("short", False),
}
"""Of a position, and whether the side opens it."""


def tax_events(drafts: Iterable[Draft], account: str) -> list[TaxEvent]:
    """Fills of the account, and cash in lieu of fractions, with the factor of later splits.

    Args:
        drafts: of the journal, in order.
        account: whose.
    """
    found: list[TaxEvent] = []
    held: dict[str, int] = {}
    for draft in drafts:
        told = draft.payload
        if told.get("book") != account:
            continue
        if draft.kind == "fill":
            found.append(_fill(len(found), draft))
            held[told["symbol"]] = held.get(told["symbol"], 0) + _signed(told["side"], told["shares"])
        elif draft.kind == "split":
            _split(found, draft, held)
    return found


def _signed(side: str, shares: int) -> int:
    return shares if side in {"buy", "buy_to_cover"} else -shares


def _fill(number: int, draft: Draft) -> TaxEvent:
    told = draft.payload
    direction, opens = SIDES[told["side"]]
    cash = next(one.amount_cents for one in draft.postings if one.account.endswith(":cash"))
    return TaxEvent(
        number=number, day=draft.session, symbol=told["symbol"], direction=direction, opens=opens,
        shares=Fraction(told["shares"]), amount_cents=abs(cash), order=told["order_id"],
    )  # fmt: skip


def _split(found: list[TaxEvent], draft: Draft, held: dict[str, int]) -> None:
    """Earlier fills are counted in new shares; the fraction that was paid out is sold, or bought back by a short."""
    told = draft.payload
    symbol = told["symbol"]
    ratio = Fraction(told["numerator"], told["denominator"])
    found[:] = [replace(one, factor=one.factor * ratio) if one.symbol == symbol else one for one in found]
    before, after = held.get(symbol, 0), told["shares_after"]
    fraction = abs(before) * ratio - abs(after)
    if fraction > 0:
        direction: Direction = "long" if before > 0 else "short"
        paid = abs(told["cost_change_cents"])
        found.append(
            TaxEvent(len(found), draft.session, symbol, direction, opens=False, shares=fraction, amount_cents=paid)
        )
    held[symbol] = after

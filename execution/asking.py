"""The owner is asked about the openings of a session, where the session is of the present."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from adapters.calendar import following
from adapters.postgres.approvals import ApprovalStore
from trading.approval.asked import ApprovalTerms, Asked, AskedOrder
from trading.broker.orders import OrderRequest
from trading.money import cents

OPENINGS: Final = frozenset({"buy", "sell_short"})
"""Sides that open a position or add to one."""


def ask(
    store: ApprovalStore,
    terms: ApprovalTerms,
    session: date,
    orders: Sequence[OrderRequest],
    *,
    closes_usd_e4: Mapping[str, int],
    at: datetime,
) -> bool:
    """A list of the openings is on record, once; False where there is nothing to ask.

    Nothing is asked of a session whose next one is over: a replay of the past takes no answers but those on record.
    Orders that are decided too late for an answer are asked about as well, so that what no answer means holds for them.

    Args:
        store: where the list is kept.
        terms: what the owner wants to be asked.
        session: at whose close the orders were decided.
        orders: of the account; those that close a position are never asked about.
        closes_usd_e4: by symbol, where known.
        at: now.
    """
    openings = [one for one in orders if one.side in OPENINGS]
    if not openings:
        return False
    _, opens_at, ends_at = following(session)
    if at >= ends_at:
        return False
    asked = Asked(
        session=session,
        account=terms.account,
        orders=tuple(_asked(one, closes_usd_e4.get(one.symbol)) for one in openings),
        asked_at=at,
        expires_at=opens_at - terms.until,
        silence=terms.silence,
    )
    return store.ask(asked)


def _asked(one: OrderRequest, close_usd_e4: int | None) -> AskedOrder:
    about = None if close_usd_e4 is None else cents(close_usd_e4, one.shares)
    return AskedOrder(
        order_id=one.order_id, symbol=one.symbol, side=one.side, shares=one.shares, about_cents=about, reason=one.reason
    )  # fmt: skip

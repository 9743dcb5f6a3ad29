"""The book at a broker: what filled against what was ordered, added up by plain sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from data.verification.trouble import Trouble
from trading.broker.book import LEGS, Ordered, root
from trading.broker.port import BrokerEvent

LOOK = (
    "Look at the account at the broker: a split may explain it. `inplay trading suspend` until it is understood, and "
    "report it if nothing does."
)


def check_broker_book(ordered: Sequence[Ordered], events: Sequence[BrokerEvent]) -> Iterator[Trouble]:
    """What is wrong between orders and fills on record: more filled than ordered, or sold by us than bought by us.

    Fills of orders made elsewhere, the kill switch's among them, aren't on record as orders and are left out.
    """
    fills: Counter[str] = Counter()
    for event in events:
        if event.kind == "filled":
            fills[event.order_id] += event.shares
    known = {one.order_id: one for one in ordered}
    for order_id, filled in sorted(fills.items()):
        one = known.get(root(order_id))
        if one is not None and filled > one.shares:
            detail = f"{filled:,} shares filled of {one.shares:,} ordered"
            yield Trouble("broker", order_id, detail, LOOK)
        if one is not None and one.answer == "withheld":
            yield Trouble("broker", order_id, f"{filled:,} shares filled of an order that was withheld", LOOK)
    for one in ordered:
        if one.purpose == "open":
            exits = [other.order_id for other in ordered if other.entry_id == one.order_id]
            sold = sum(fills[name] for name in (*exits, *(one.order_id + leg for leg in LEGS)))
            if sold > fills[one.order_id]:
                detail = f"{sold:,} shares of it were sold, {fills[one.order_id]:,} bought"
                yield Trouble("broker", one.order_id, detail, LOOK)

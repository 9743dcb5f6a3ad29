"""The kill switch at a broker: no order left open, every position on its way out."""

from __future__ import annotations

from trading.broker.orders import OrderRequest
from trading.broker.port import Broker, BrokerOrder, Outcome
from trading.errors import UnavailableError


def close_everything(broker: Broker, name: str) -> list[Outcome]:
    """All open orders with an id of ours are cancelled and each position has a market order against it.

    Orders made by hand have no id to cancel them by; each is told of as refused, and so is a position whose shares
    they hold, in the broker's own words.

    Args:
        broker: of the account.
        name: begins the ids of the closing orders: the same name again orders nothing twice.
    """
    try:
        open_orders = broker.orders()
        outcomes = _with_siblings(broker, broker.cancel([order.order_id for order in open_orders if _is_ours(order)]))
        outcomes += [
            Outcome(order.broker_id, "refused", f"an order for {order.symbol} made elsewhere; cancel it at the broker")
            for order in open_orders if not order.order_id
        ]  # fmt: skip
        held = broker.positions()
    except UnavailableError as error:
        return [Outcome(name, "unknown", str(error))]
    exits = [
        OrderRequest(f"{name}-{one.symbol}", one.symbol, "sell" if one.shares > 0 else "buy_to_cover", abs(one.shares))
        for one in held
    ]  # fmt: skip
    return outcomes + broker.submit(exits)


def _with_siblings(broker: Broker, outcomes: list[Outcome]) -> list[Outcome]:
    """A leg that went with the other one of its bracket is cancelled, though its own cancellation was refused."""
    refused = [one.order_id for one in outcomes if one.answer == "refused"]
    gone = {order.order_id for order in broker.orders(refused) if order.status == "cancelled"} if refused else set()
    return [Outcome(one.order_id, "accepted") if one.order_id in gone else one for one in outcomes]


def _is_ours(order: BrokerOrder) -> bool:
    return bool(order.order_id)

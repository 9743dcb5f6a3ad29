"""Our orders in Alpaca's words and back; nothing is asked of anybody here.

Source: https://docs.alpaca.markets/docs/orders-at-alpaca
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, cast
from uuid import UUID

from trading.broker.orders import OrderRequest, Replacement, Side
from trading.broker.port import BrokerEvent, BrokerOrder, EventKind, Status
from trading.errors import BadDataError

LONGEST_ID = 128
"""Characters of a client order id."""
REPLACED = "~"
"""Parts an order's id from the change that made Alpaca's successor of it."""
E4 = 10_000
TYPES = {
    "market": "market", "limit": "limit", "stop": "stop", "stop_limit": "stop_limit",
    "trailing_stop": "trailing_stop", "on_open": "market", "on_close": "market",
}  # fmt: skip
INTENTS: dict[str, tuple[str, str]] = {
    "buy": ("buy", "buy_to_open"), "sell": ("sell", "sell_to_close"),
    "sell_short": ("sell", "sell_to_open"), "buy_to_cover": ("buy", "buy_to_close"),
}  # fmt: skip
STATUSES: dict[str, Status] = {
    "filled": "filled", "canceled": "cancelled", "expired": "expired", "done_for_day": "expired",
    "rejected": "refused", "replaced": "replaced",
}  # fmt: skip
"""Of Alpaca's; every other one is still open."""
EVENTS: dict[str, EventKind] = {
    "new": "accepted", "fill": "filled", "partial_fill": "filled", "canceled": "cancelled", "expired": "expired",
    "done_for_day": "expired", "rejected": "refused", "replaced": "replaced",
}  # fmt: skip
"""Alpaca's events that change an order; the others (`pending_new`, say) announce one of these."""


def usd_e4(text: object) -> int:
    """Alpaca's decimal in 1/10,000 USD; None and nothing are zero. Averages have more digits and are rounded.

    Raises:
        BadDataError: when it is no finite number.
    """
    return _scaled(text, E4)


def cents(text: object) -> int:
    """Alpaca's decimal in whole cents, rounded half to even.

    Raises:
        BadDataError: when it is no finite number.
    """
    return _scaled(text, 100)


def whole(text: object) -> int:
    """A number of shares.

    Raises:
        BadDataError: when it is a fraction of a share: the books know whole ones only.
    """
    found = _decimal(text)
    if found != found.to_integral_value():
        raise BadDataError(f"Alpaca tells of {text} shares; the books know whole ones only. Close the fraction there.")
    return int(found)


def _scaled(text: object, by: int) -> int:
    return int((_decimal(text) * by).to_integral_value())


def _decimal(text: object) -> Decimal:
    try:
        found = Decimal(str(text or 0))
    except ArithmeticError:
        found = Decimal("nan")
    if not found.is_finite():
        raise BadDataError(f"Alpaca answered {text!r} where a number belongs. Nothing of it was used.")
    return found


def tick(price_usd_e4: int, side: str) -> float:
    """The price on Alpaca's grid: cents from USD 1 up, 1/10,000 below.

    A purchase is rounded down and a sale up: a limit is never worse than asked, a stop at most a tick earlier.
    Source: https://docs.alpaca.markets/docs/orders-at-alpaca#sub-penny-increments-for-limit-orders
    """
    price = Decimal(price_usd_e4) / E4
    step = Decimal("0.01") if price >= 1 else Decimal("0.0001")
    return float(price.quantize(step, ROUND_FLOOR if side == "buy" else ROUND_CEILING))


def impossible(request: OrderRequest) -> str:  # noqa: PLR0911 - one return a reason
    """Why Alpaca can't hold this order as it is meant; empty when it can."""
    legs = request.bracket
    if len(request.order_id) > LONGEST_ID or REPLACED in request.order_id or not request.order_id:
        return f"an order id has 1 to {LONGEST_ID} characters, none of them {REPLACED}"
    if request.shares <= 0:
        return f"{request.shares} shares can't be ordered"
    if request.in_force == "gtd":
        return "Alpaca has no good-till-date orders; use gtc and cancel it"
    if request.kind in {"on_open", "on_close"} and (request.in_force != "day" or legs):
        return "on-open and on-close orders last for the day and have no bracket"
    if legs and (legs.stop_distance_usd_e4 or legs.target_distance_usd_e4):
        return "Alpaca's brackets need prices, not distances from the fill"
    if legs and legs.hold_sessions:
        return "Alpaca knows no longest time in sessions; leave it out and order the exit when it is due"
    if request.in_force == "ioc" and legs:
        return "an order with a bracket can't be immediate-or-cancel"
    return ""


def submission(request: OrderRequest) -> dict[str, Any]:
    """The fields of Alpaca's order; judge it by `impossible` first."""
    side, intent = INTENTS[request.side]
    fields: dict[str, Any] = {
        "symbol": request.symbol, "qty": request.shares, "side": side, "position_intent": intent,
        "type": TYPES[request.kind], "client_order_id": request.order_id,
        "time_in_force": {"on_open": "opg", "on_close": "cls"}.get(request.kind, request.in_force),
    }  # fmt: skip
    if request.limit_usd_e4 and request.kind in {"limit", "stop_limit"}:
        fields["limit_price"] = tick(request.limit_usd_e4, side)
    if request.stop_usd_e4 and request.kind in {"stop", "stop_limit"}:
        fields["stop_price"] = tick(request.stop_usd_e4, side)
    if request.kind == "trailing_stop" and request.trail_usd_e4:
        fields["trail_price"] = request.trail_usd_e4 / E4
    elif request.kind == "trailing_stop":
        fields["trail_percent"] = request.trail_bp / 100
    return fields | _legs(request, "sell" if side == "buy" else "buy")


def _legs(request: OrderRequest, exit_side: str) -> dict[str, Any]:
    legs = request.bracket
    if legs is None or not (legs.stop_usd_e4 or legs.target_usd_e4):
        return {}
    fields: dict[str, Any] = {"order_class": "bracket" if legs.stop_usd_e4 and legs.target_usd_e4 else "oto"}
    if legs.stop_usd_e4:
        fields["stop_loss"] = {"stop_price": tick(legs.stop_usd_e4, exit_side)}
    if legs.target_usd_e4:
        fields["take_profit"] = {"limit_price": tick(legs.target_usd_e4, exit_side)}
    return fields


def replacement(change: Replacement, side: str) -> dict[str, Any]:
    """The fields of Alpaca's change; its successor keeps our order's id before `REPLACED`."""
    fields: dict[str, Any] = {"client_order_id": f"{change.order_id}{REPLACED}{change.change_id}"[:LONGEST_ID]}
    if change.shares is not None:
        fields["qty"] = change.shares
    if change.limit_usd_e4 is not None:
        fields["limit_price"] = tick(change.limit_usd_e4, side)
    if change.stop_usd_e4 is not None:
        fields["stop_price"] = tick(change.stop_usd_e4, side)
    return fields


def own_id(client_order_id: str) -> str:
    """Our id of an order; empty for one that was made elsewhere: Alpaca gives those a UUID."""
    name = client_order_id.split(REPLACED, 1)[0]
    try:
        UUID(name)
    except ValueError:
        return name
    return ""


def side_of(order: Mapping[str, Any]) -> Side:
    """Ours, of an order of Alpaca's."""
    intents: dict[object, Side] = {"sell_to_open": "sell_short", "buy_to_close": "buy_to_cover"}
    return intents.get(order.get("position_intent"), "buy" if order["side"] == "buy" else "sell")


def order_of(order: Mapping[str, Any], order_id: str) -> BrokerOrder:
    """An order of Alpaca's under our id.

    Raises:
        BadDataError: when it holds what can't be.
    """
    return BrokerOrder(
        order_id=order_id,
        broker_id=str(order["id"]),
        symbol=str(order["symbol"]),
        side=side_of(order),
        shares=whole(order.get("qty")),
        status=STATUSES.get(str(order["status"]), "open"),
        filled_shares=whole(order.get("filled_qty")),
        average_price_usd_e4=usd_e4(order.get("filled_avg_price")),
    )


def event_of(update: Mapping[str, Any], order_id: str) -> BrokerEvent | None:
    """An event of the stream `trade_updates`; None for one that only announces another.

    A fill is told apart by its order and the sum so far: the account's activities tell the same two numbers, so one
    fill that came by both ways is one.

    Raises:
        BadDataError: when it holds what can't be.
    """
    kind, order = EVENTS.get(str(update["event"])), update["order"]
    if kind is None:
        return None
    sum_so_far = whole(order.get("filled_qty"))
    at = str(update.get("timestamp") or order.get("updated_at"))
    return BrokerEvent(
        cursor="",
        event_id=event_id(str(order["id"]), kind, sum_so_far),
        order_id=order_id,
        broker_id=str(order["id"]),
        symbol=str(order["symbol"]),
        side=side_of(order),
        kind=kind,
        at=datetime.fromisoformat(at),
        shares=whole(update["qty"]) if kind == "filled" else 0,
        price_usd_e4=usd_e4(update["price"]) if kind == "filled" else 0,
    )


def fill_of(activity: Mapping[str, Any], order_id: str, side: Side) -> BrokerEvent:
    """A fill as the account's activities tell it.

    Raises:
        BadDataError: when it holds what can't be.
    """
    broker_id = str(activity["order_id"])
    return BrokerEvent(
        cursor="",
        event_id=event_id(broker_id, "filled", whole(activity["cum_qty"])),
        order_id=order_id,
        broker_id=broker_id,
        symbol=str(activity["symbol"]),
        side=side,
        kind="filled",
        at=datetime.fromisoformat(str(activity["transaction_time"])),
        shares=whole(activity["qty"]),
        price_usd_e4=usd_e4(activity["price"]),
    )


def ending_of(order: Mapping[str, Any], order_id: str) -> BrokerEvent | None:
    """What ended an order, from the order itself; None while it is open, and for fills, which are told one by one."""
    kind = cast("EventKind | None", STATUSES.get(str(order["status"])))
    if kind is None or kind == "filled":
        return None
    at = datetime.fromisoformat(str(order["updated_at"]))
    broker_id = str(order["id"])
    name = event_id(broker_id, kind, 0)
    return BrokerEvent(
        cursor="",
        event_id=name,
        order_id=order_id,
        broker_id=broker_id,
        symbol=str(order["symbol"]),
        side=side_of(order),
        kind=kind,
        at=at,
    )


def event_id(broker_id: str, kind: EventKind, sum_so_far: int) -> str:
    """The same for the same event, whichever way it came."""
    return f"{broker_id}:{kind}:{sum_so_far}" if kind == "filled" else f"{broker_id}:{kind}"

"""An account as Alpaca keeps it, in Alpaca's words, for rehearsals: orders, fills, positions, money, activities.

It fills by what it is told (`fill`) or by prints on a tape (`trade`): at the print's price, for at most its shares.
What it leaves out: margin, fees, halts, and the opening and closing auctions (those orders fill by command).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import UUID

OPEN = frozenset({"new", "accepted", "held", "partially_filled"})
Json = dict[str, Any]
Answer = tuple[int, Any]


class RehearsalAccount:
    """One account; its methods answer with Alpaca's status and body.

    Args:
        cash_usd: it starts with.
        clock: stamps orders and fills.
        number: gives the next of the numbers that ids are made of.
        tell: hears each event of the stream `trade_updates`.
    """

    def __init__(
        self, cash_usd: Decimal, clock: Callable[[], datetime], number: Callable[[], int], tell: Callable[[Json], None]
    ) -> None:
        self.cash_usd = cash_usd
        self.orders: dict[str, Json] = {}
        self.held: dict[str, tuple[int, Decimal]] = {}
        self.activities: list[Json] = []
        self._clock, self._number, self._tell = clock, number, tell

    def submit(self, asked: Mapping[str, Any]) -> Answer:
        """A new order, with its legs."""
        name = asked.get("client_order_id") or self._id()
        if any(order["client_order_id"] == name for order in self.orders.values()):
            return _refusal(HTTPStatus.UNPROCESSABLE_ENTITY, 40010001, "client_order_id must be unique")
        shares = int(asked.get("qty") or 0)
        if shares <= 0:
            return _refusal(HTTPStatus.UNPROCESSABLE_ENTITY, 40010001, "qty must be > 0")
        why = self._lacking(asked, shares)
        if why:
            return _refusal(HTTPStatus.FORBIDDEN, 40310000, why)
        order = self._order(asked, name, shares)
        order["legs"] = self._legs(order, asked) or None
        self._say("new", order)
        return HTTPStatus.OK, order

    def _lacking(self, asked: Mapping[str, Any], shares: int) -> str:
        """Why the account can't carry the order; a market order's price isn't known, so only a limit is reckoned."""
        limit = asked.get("limit_price")
        if asked["side"] == "buy" and limit and Decimal(str(limit)) * shares > self.cash_usd:
            return "insufficient buying power"
        free = self.held.get(asked["symbol"], (0, Decimal(0)))[0] - self._held_for_orders(asked["symbol"])
        if asked["side"] == "sell" and asked["type"] != "limit" and self._is_buying(asked["symbol"]):
            return "potential wash trade detected. use complex orders"
        if asked.get("position_intent") == "sell_to_close" and shares > free:
            return f"insufficient qty available for order (requested: {shares}, available: {max(free, 0)})"
        return ""

    def _is_buying(self, symbol: str) -> bool:
        """Whether a purchase is open, beside which Alpaca takes neither a stop nor a sale at the market."""
        return any(o["symbol"] == symbol and o["side"] == "buy" and o["status"] in OPEN for o in self.orders.values())

    def _held_for_orders(self, symbol: str) -> int:
        """Shares that open sales may take; the two legs of a bracket take the same ones."""
        legs: Json = {leg["id"]: entry["id"] for entry in self.orders.values() for leg in entry["legs"] or ()}
        wanted: dict[str, int] = {}
        for order in self.orders.values():
            if order["symbol"] == symbol and order["side"] == "sell" and order["status"] in OPEN - {"held"}:
                left = int(order["qty"]) - int(order["filled_qty"])
                name = str(legs.get(order["id"], order["id"]))
                wanted[name] = max(wanted.get(name, 0), left)
        return sum(wanted.values())

    def _order(self, asked: Mapping[str, Any], name: str, shares: int, status: str = "new") -> Json:
        at = self._clock().isoformat()
        order: Json = {
            "id": self._id(), "client_order_id": name, "created_at": at, "updated_at": at, "submitted_at": at,
            "filled_at": None, "expired_at": None, "canceled_at": None, "failed_at": None, "replaced_at": None,
            "replaced_by": None, "replaces": None, "asset_id": str(UUID(int=1)), "symbol": asked["symbol"],
            "asset_class": "us_equity", "notional": None, "qty": str(shares), "filled_qty": "0",
            "filled_avg_price": None, "order_class": asked.get("order_class") or "simple", "order_type": asked["type"],
            "type": asked["type"], "side": asked["side"], "time_in_force": asked.get("time_in_force", "day"),
            "limit_price": _text(asked.get("limit_price")), "stop_price": _text(asked.get("stop_price")),
            "status": status, "extended_hours": False, "legs": None, "trail_percent": _text(asked.get("trail_percent")),
            "trail_price": _text(asked.get("trail_price")), "hwm": None,
            "position_intent": asked.get("position_intent"),
        }  # fmt: skip
        self.orders[order["id"]] = order
        return order

    def _legs(self, entry: Json, asked: Mapping[str, Any]) -> list[Json]:
        side = "sell" if entry["side"] == "buy" else "buy"
        plain = {
            "symbol": entry["symbol"], "side": side, "time_in_force": entry["time_in_force"],
            "order_class": entry["order_class"], "position_intent": f"{side}_to_close",
        }  # fmt: skip
        terms = []
        if asked.get("take_profit"):
            terms.append({"type": "limit", "limit_price": asked["take_profit"]["limit_price"]})
        if asked.get("stop_loss"):
            terms.append({"type": "stop", "stop_price": asked["stop_loss"]["stop_price"]})
        return [self._order(plain | term, self._id(), int(entry["qty"]), "held") for term in terms]

    def cancel(self, broker_id: str) -> Answer:
        """A cancellation; the legs go with their entry."""
        order = self.orders.get(broker_id)
        if order is None:
            return _refusal(HTTPStatus.NOT_FOUND, 40410000, "order not found")
        if order["status"] not in OPEN:
            return _refusal(HTTPStatus.UNPROCESSABLE_ENTITY, 42210000, f"order is already in {order['status']} state")
        self.end(broker_id, "canceled")
        self._end_siblings(order)
        return HTTPStatus.NO_CONTENT, None

    def _end_siblings(self, leg: Json) -> None:
        """One leg that is gone takes the other with it."""
        for entry in list(self.orders.values()):
            if any(one["id"] == leg["id"] for one in entry["legs"] or ()):
                for other in entry["legs"]:
                    if other["id"] != leg["id"] and other["status"] in OPEN:
                        self.end(other["id"], "canceled")

    def end(self, broker_id: str, status: str) -> None:
        """The order ends as `canceled`, `expired` or `rejected`."""
        order = self.orders[broker_id]
        at = self._clock().isoformat()
        order.update({"status": status, "updated_at": at, f"{'failed' if status == 'rejected' else status}_at": at})
        self._say(status, order)
        for leg in order["legs"] or ():
            if leg["status"] == "held":
                self.end(leg["id"], "canceled")

    def replace(self, broker_id: str, asked: Mapping[str, Any]) -> Answer:
        """A successor with the new terms; the old order is `replaced`."""
        old = self.orders.get(broker_id)
        if old is None:
            return _refusal(HTTPStatus.NOT_FOUND, 40410000, "order not found")
        if old["status"] not in OPEN:
            return _refusal(HTTPStatus.UNPROCESSABLE_ENTITY, 42210000, f"order is already in {old['status']} state")
        terms = old | {key: asked[key] for key in ("limit_price", "stop_price") if key in asked}
        shares = int(asked.get("qty") or old["qty"])
        new = self._order(terms, asked.get("client_order_id") or self._id(), shares)
        new.update({"replaces": old["id"], "filled_qty": old["filled_qty"], "legs": old["legs"]})
        new["filled_avg_price"] = old["filled_avg_price"]
        at = self._clock().isoformat()
        old.update({"status": "replaced", "replaced_by": new["id"], "replaced_at": at, "updated_at": at, "legs": None})
        self._say("replaced", old)
        self._say("new", new)
        return HTTPStatus.OK, new

    def fill(self, broker_id: str, shares: int, price_usd: Decimal) -> Json:
        """So many shares of the order have traded at the price; returns the activity.

        Raises:
            ValueError: when the order isn't open or has fewer left.
        """
        order = self.orders[broker_id]
        before, total = int(order["filled_qty"]), int(order["qty"])
        if order["status"] not in OPEN - {"held"} or not 0 < shares <= total - before:
            raise ValueError(f"{shares} of {broker_id} can't fill: it is {order['status']}, {before} of {total} filled")
        average = Decimal(order["filled_avg_price"] or 0)
        done = before + shares == total
        at = self._clock().isoformat()
        order["filled_avg_price"] = str((average * before + price_usd * shares) / (before + shares))
        order.update({"filled_qty": str(before + shares), "status": "filled" if done else "partially_filled"})
        order.update({"updated_at": at, "filled_at": at if done else None})
        self._book(order, shares, price_usd)
        activity = self._activity(order, shares, price_usd, at)
        update = {"price": str(price_usd), "qty": str(shares), "execution_id": self._id()}
        self._say("fill" if done else "partial_fill", order, **update)
        self._settle_legs(order, done=done)
        return activity

    def _settle_legs(self, order: Json, *, done: bool) -> None:
        """Legs live once their entry has filled, and one that has filled cancels the other."""
        if not done:
            return
        for leg in order["legs"] or ():
            if leg["status"] == "held":
                leg["status"] = "new"
                self._say("new", leg)
        self._end_siblings(order)

    def _book(self, order: Json, shares: int, price_usd: Decimal) -> None:
        signed = shares if order["side"] == "buy" else -shares
        held, cost = self.held.get(order["symbol"], (0, Decimal(0)))
        self.cash_usd -= signed * price_usd
        if held * signed >= 0:
            cost += signed * price_usd
        else:
            cost = cost * (held + signed) / held
        self.held[order["symbol"]] = (held + signed, cost)
        if held + signed == 0:
            del self.held[order["symbol"]]

    def _activity(self, order: Json, shares: int, price_usd: Decimal, at: str) -> Json:
        activity: Json = {
            "id": f"{len(self.activities) + 1:017d}::{self._id()}", "activity_type": "FILL", "transaction_time": at,
            "type": "fill" if order["status"] == "filled" else "partial_fill", "price": str(price_usd),
            "qty": str(shares), "side": order["side"], "symbol": order["symbol"],
            "leaves_qty": str(int(order["qty"]) - int(order["filled_qty"])), "order_id": order["id"],
            "cum_qty": order["filled_qty"], "order_status": order["status"],
        }  # fmt: skip
        self.activities.append(activity)
        return activity

    def trade(self, symbol: str, shares: int, price_usd: Decimal) -> int:
        """A print on the tape: each open order that it meets gets at most its shares; returns how many filled."""
        filled = 0
        for order in list(self.orders.values()):
            if order["symbol"] == symbol and order["status"] in OPEN - {"held"} and _meets(order, price_usd):
                self.fill(order["id"], min(shares, int(order["qty"]) - int(order["filled_qty"])), price_usd)
                filled += 1
        return filled

    def close_day(self) -> None:
        """The session is over: what was good for the day has expired."""
        for broker_id, order in list(self.orders.items()):
            if order["time_in_force"] == "day" and order["status"] in OPEN:
                self.end(broker_id, "expired")

    def by_hand(self, symbol: str, side: str, shares: int, price_usd: Decimal) -> str:
        """Somebody ordered on the web page and it filled; returns Alpaca's id of the order."""
        asked = {"symbol": symbol, "side": side, "type": "market", "qty": shares}
        order = self._order(asked, self._id(), shares)
        self.fill(order["id"], shares, price_usd)
        return str(order["id"])

    def positions(self) -> list[Json]:
        """As Alpaca lists them."""
        return [_position(symbol, shares, cost) for symbol, (shares, cost) in sorted(self.held.items())]

    def account(self) -> Json:
        """As Alpaca tells of it; positions are worth what they cost, since nobody says more here."""
        equity = self.cash_usd + sum((cost for _, cost in self.held.values()), Decimal(0))
        return {
            "id": str(UUID(int=2)), "account_number": "REHEARSAL", "status": "ACTIVE", "currency": "USD",
            "cash": str(self.cash_usd), "equity": str(equity), "buying_power": str(max(self.cash_usd, Decimal(0))),
            "trading_blocked": False, "account_blocked": False, "multiplier": "1", "shorting_enabled": True,
        }  # fmt: skip

    def _id(self) -> str:
        return str(UUID(int=(self._number() << 64) + (4 << 76) + (8 << 60)))

    def _say(self, event: str, order: Json, **more: str) -> None:
        self._tell({"event": event, "timestamp": order["updated_at"], "order": {**order}, **more})


def _meets(order: Json, price_usd: Decimal) -> bool:
    buys = order["side"] == "buy"
    if order["type"] == "limit":
        limit = Decimal(order["limit_price"])
        return price_usd <= limit if buys else price_usd >= limit
    if order["type"] == "stop":
        stop = Decimal(order["stop_price"])
        return price_usd >= stop if buys else price_usd <= stop
    return bool(order["type"] == "market" and order["time_in_force"] in {"day", "gtc", "ioc"})


def _position(symbol: str, shares: int, cost: Decimal) -> Json:
    average = str(cost / shares)
    return {
        "asset_id": str(UUID(int=1)), "symbol": symbol, "exchange": "NASDAQ", "asset_class": "us_equity",
        "avg_entry_price": average, "qty": str(shares), "side": "long" if shares > 0 else "short",
        "cost_basis": str(cost), "market_value": str(cost), "current_price": average,
    }  # fmt: skip


def _refusal(status: HTTPStatus, code: int, message: str) -> Answer:
    return status, {"code": code, "message": message}


def _text(price: object) -> str | None:
    return None if price is None else str(price)

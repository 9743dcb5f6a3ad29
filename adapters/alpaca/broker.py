"""Alpaca, paper and live, behind the broker port: its own client, bounded in time, and nothing repeated blindly.

Alpaca's client sets no time-out and repeats a request whose gateway timed out; an order may stand by then. Here its
session has a time-out and a pace, and only "asked too often" is asked again, since that was never carried out.

Source: https://docs.alpaca.markets/reference/postorder, https://docs.alpaca.markets/reference/getaccountactivities-2
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import requests
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient

from adapters.alpaca.http import AlpacaKeys
from adapters.alpaca.orders import (
    cents,
    ending_of,
    event_of,
    fill_of,
    impossible,
    order_of,
    own_id,
    replacement,
    side_of,
    submission,
    whole,
)
from adapters.pace import TokenBucket, backoff_s
from adapters.proxies import requests_proxies
from trading.broker.events import EventRecord
from trading.broker.orders import OrderRequest, Replacement, Side
from trading.broker.port import BrokerCash, BrokerEvent, BrokerOrder, BrokerPosition, Outcome
from trading.errors import UnavailableError

REQUESTS_PER_MIN = 200
"""https://docs.alpaca.markets/docs/usage-limits"""
TIMEOUT_S = 10.0
LOOKS = 3
"""At an order whose answer was lost, and at any question that changes nothing."""
PAGE, MOST_PAGES = 100, 100
ORDERS_PAGE = 500
OVERLAP = timedelta(days=1)
"""So far back before the latest fill on record the activities are read again: late ones come in there."""
FIRST_LOOK = timedelta(days=7)
KNOWN_ORDERS = 10_000
BARS = ("trading_blocked", "account_blocked", "trade_suspended_by_user")
"""Of an account: https://docs.alpaca.markets/reference/getaccount-1"""
LEG_NAMES = {"stop": ":stop", "stop_limit": ":stop", "limit": ":target"}
"""By the type of a bracket's leg; as the engine names them."""


class BoundedSession(requests.Session):
    """Requests of Alpaca's client with a time-out, at the pace of the plan, through the proxy that counts, if any.

    Raises:
        ConfigurationError: when that proxy can't be used.
    """

    def __init__(self, url: str, timeout_s: float, bucket: TokenBucket) -> None:
        super().__init__()
        self.trust_env = False  # or it would send what ~/.netrc says
        self.proxies = requests_proxies(url)
        self._timeout_s, self._bucket = timeout_s, bucket

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """See `requests.Session.request`."""
        self._bucket.take()
        return super().request(method, url, **{"timeout": self._timeout_s, **options})


@dataclass
class AlpacaBroker:
    """An account at Alpaca.

    Attributes:
        url: of the trading API: https://paper-api.alpaca.markets, https://api.alpaca.markets or a rehearsal's.
        record: where its events are kept.
        clock: the time in UTC.
    """

    keys: AlpacaKeys
    url: str
    record: EventRecord
    clock: Callable[[], datetime]
    timeout_s: float = TIMEOUT_S
    bucket: TokenBucket = field(default_factory=lambda: TokenBucket(REQUESTS_PER_MIN))
    wait: Callable[[float], object] = time.sleep
    chance: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        self._client = TradingClient(
            self.keys.key_id.get_secret_value(),
            self.keys.secret_key.get_secret_value(),
            raw_data=True,
            url_override=self.url,
        )
        self._client._session = BoundedSession(self.url, self.timeout_s, self.bucket)  # noqa: SLF001 - it takes none
        self._client._retry_codes = [HTTPStatus.TOO_MANY_REQUESTS.value]  # noqa: SLF001 - its constructor takes none
        self._known: dict[str, tuple[str, Side]] = {}
        self._lock = threading.Lock()

    def submit(self, requests: Sequence[OrderRequest]) -> list[Outcome]:
        """See `Broker.submit`."""
        return [self._submit(request) for request in requests]

    def _submit(self, request: OrderRequest) -> Outcome:
        why = impossible(request)
        if why:
            return Outcome(request.order_id, "refused", why)
        try:
            answer: Any = self._client.post("/orders", submission(request))
            self._note_legs(answer)
        except APIError as error:
            if _answered(error) and error.status_code != HTTPStatus.UNPROCESSABLE_ENTITY:
                return Outcome(request.order_id, "refused", said(error))
            return self._looked_for(request.order_id, said(error), lost=not _answered(error))
        except (requests_error, ValueError) as error:
            return self._looked_for(request.order_id, f"no answer came ({type(error).__name__})", lost=True)
        return Outcome(request.order_id, "accepted")

    def _looked_for(self, order_id: str, why: str, *, lost: bool) -> Outcome:
        """How an order stands after an answer that doesn't tell: Alpaca is asked for it by our id."""
        try:
            found = self._by_own_id(order_id)
        except UnavailableError as error:
            return Outcome(order_id, "unknown", f"{why}; {error}")
        if found is None:
            # A lost request may still arrive: that it isn't there now doesn't say that it won't be.
            return Outcome(order_id, "unknown" if lost else "refused", why)
        if found["status"] == "rejected":
            return Outcome(order_id, "refused", why)
        return Outcome(order_id, "accepted")

    def cancel(self, order_ids: Sequence[str]) -> list[Outcome]:
        """See `Broker.cancel`."""
        return [self._change(order_id, lambda o: self._client.delete(f"/orders/{o['id']}")) for order_id in order_ids]

    def replace(self, changes: Sequence[Replacement]) -> list[Outcome]:
        """See `Broker.replace`."""
        return [self._change(change.order_id, self._patching(change)) for change in changes]

    def _patching(self, change: Replacement) -> Callable[[Mapping[str, Any]], object]:
        return lambda order: self._client.patch(f"/orders/{order['id']}", replacement(change, str(order["side"])))

    def _change(self, order_id: str, send: Callable[[Mapping[str, Any]], object]) -> Outcome:
        try:
            order = self._by_own_id(order_id)
            if order is None:
                return Outcome(order_id, "refused", "Alpaca has no such order")
            send(order)
        except UnavailableError as error:
            return Outcome(order_id, "unknown", str(error))
        except APIError as error:
            return Outcome(order_id, "refused" if _answered(error) else "unknown", said(error))
        except requests_error as error:
            return Outcome(order_id, "unknown", f"no answer came ({type(error).__name__})")
        return Outcome(order_id, "accepted")

    def orders(self, order_ids: Sequence[str] | None = None) -> list[BrokerOrder]:
        """See `Broker.orders`."""
        if order_ids is None:
            return [order_of(order, self._owner(order)[0]) for order in self._listed("open", None)]
        found = [(order_id, self._by_own_id(order_id)) for order_id in order_ids]
        return [order_of(order, order_id) for order_id, order in found if order is not None]

    def positions(self) -> list[BrokerPosition]:
        """See `Broker.positions`."""
        found = self._get("/positions", {}, "positions")
        held = [BrokerPosition(str(one["symbol"]), _signed(one), cents(one["cost_basis"])) for one in found]
        return sorted(held, key=lambda position: position.symbol)

    def cash(self) -> BrokerCash:
        """See `Broker.cash`."""
        account = self._get("/account", {}, "account")
        return BrokerCash(cents(account["cash"]), cents(account["equity"]), cents(account["buying_power"]))

    def barred(self) -> str:
        """Why Alpaca lets the account trade nothing, in its words; empty when it may.

        Raises:
            UnavailableError: when Alpaca didn't answer.
        """
        account = self._get("/account", {}, "account")
        bars = [name for name in BARS if account.get(name)]
        status = str(account.get("status"))
        return ", ".join(bars + ([f"status {status}"] if status != "ACTIVE" else []))

    def account_id(self) -> str:
        """Alpaca's id of the account that the keys are of.

        Raises:
            UnavailableError: when Alpaca didn't answer.
        """
        return str(self._get("/account", {}, "account")["id"])

    def events(self, since: str, limit: int = 1000) -> list[BrokerEvent]:
        """See `Broker.events`; what the stream missed is fetched first."""
        self.catch_up()
        return self.record.after(since, limit)

    def catch_up(self) -> int:
        """Fills and endings that Alpaca knows and the record doesn't are on record; returns how many.

        Raises:
            UnavailableError: when Alpaca didn't answer; what was fetched before is on record.
        """
        last = self.record.last_fill_at()
        since = (last - OVERLAP) if last else self.clock() - FIRST_LOOK
        new = self._fetch_fills(since)
        ended = [ending_of(order, self._owner(order)[0]) for order in self._listed("closed", since - FIRST_LOOK)]
        return new + self.record.add([event for event in ended if event is not None])

    def heard(self, update: Mapping[str, Any]) -> int:
        """A message of the stream `trade_updates` is on record; returns 1 if it is new."""
        event = event_of(update, self._owner(update["order"])[0])
        return self.record.add([event]) if event is not None else 0

    def _fetch_fills(self, since: datetime) -> int:
        asked = {"after": _instant(since), "direction": "asc", "page_size": PAGE}
        new = 0
        for _ in range(MOST_PAGES):
            page = self._get("/account/activities/FILL", asked, "fills")
            owners = [self._owner_of(str(one["order_id"])) for one in page]
            new += self.record.add([fill_of(one, *owner) for one, owner in zip(page, owners, strict=True)])
            if len(page) < PAGE:
                return new
            asked = {**asked, "page_token": str(page[-1]["id"])}
        raise UnavailableError(
            f"Alpaca tells of over {PAGE * MOST_PAGES:,} fills since {since:%Y-%m-%d}. Those read are on record; ask "
            "again and it goes on from there."
        )

    def _listed(self, status: str, after: datetime | None) -> list[Mapping[str, Any]]:
        """Orders of this status, oldest first."""
        found: dict[str, Mapping[str, Any]] = {}
        asked: dict[str, Any] = {"status": status, "limit": ORDERS_PAGE, "direction": "asc"}
        for _ in range(MOST_PAGES):
            page = self._get("/orders", asked | ({"after": _instant(after)} if after else {}), "orders")
            fresh = [one for one in page if one["id"] not in found]
            found.update({str(one["id"]): one for one in fresh})
            if len(page) < ORDERS_PAGE or not fresh:
                return list(found.values())
            # Alpaca leaves out the instant itself, in which others may have been submitted.
            after = datetime.fromisoformat(str(page[-1]["submitted_at"])) - timedelta(milliseconds=1)
        raise UnavailableError(f"Alpaca lists over {ORDERS_PAGE * MOST_PAGES:,} orders. Nothing of them was used.")

    def _owner(self, order: Mapping[str, Any]) -> tuple[str, Side]:
        """Our id of Alpaca's order and our side; a bracket's leg is its entry's id with `LEG_NAMES` behind."""
        broker_id, name = str(order["id"]), own_id(str(order["client_order_id"]))
        with self._lock:
            known = self._known.get(broker_id)
        if known is not None:
            return known
        if not name and order.get("type") in LEG_NAMES:
            asked = {"status": "all", "symbols": order["symbol"], "nested": "true", "limit": ORDERS_PAGE}
            for parent in self._get("/orders", asked, "brackets"):
                self._note_legs(parent)
        with self._lock:
            return self._known.setdefault(broker_id, (name, side_of(order)))

    def _note_legs(self, parent: Mapping[str, Any]) -> None:
        name = own_id(str(parent["client_order_id"]))
        with self._lock:
            if len(self._known) >= KNOWN_ORDERS:
                self._known.clear()  # asked for again where needed
            for leg in parent.get("legs") or ():
                self._known[str(leg["id"])] = (f"{name}{LEG_NAMES[leg['type']]}" if name else "", side_of(leg))

    def _owner_of(self, broker_id: str) -> tuple[str, Side]:
        with self._lock:
            known = self._known.get(broker_id)
        return known or self._owner(self._get(f"/orders/{broker_id}", {}, "order"))

    def _by_own_id(self, order_id: str) -> Mapping[str, Any] | None:
        """The order as it stands now, its successors followed; None when Alpaca has none."""
        entry, _, role = order_id.rpartition(":")
        if entry and f":{role}" in LEG_NAMES.values():
            parent = self._by_own_id(entry)
            if parent is None:
                return None
            whole_order = self._get(f"/orders/{parent['id']}", {"nested": "true"}, "order", absent=True) or {}
            legs = whole_order.get("legs") or ()
            return next((leg for leg in legs if LEG_NAMES.get(leg["type"]) == f":{role}"), None)
        order = self._get("/orders:by_client_order_id", {"client_order_id": order_id}, "order", absent=True)
        for _ in range(MOST_PAGES):
            if order is None or not order.get("replaced_by"):
                break
            order = self._get(f"/orders/{quote(str(order['replaced_by']))}", {}, "order", absent=True)
        return order  # type: ignore[no-any-return]

    def _get(self, path: str, asked: dict[str, Any], what: str, *, absent: bool = False) -> Any:
        """A question that changes nothing, asked a few times."""
        for attempt in range(1, LOOKS + 1):
            try:
                return self._client.get(path, asked)
            except APIError as error:
                if absent and error.status_code == HTTPStatus.NOT_FOUND:
                    return None
                why, final = said(error), _answered(error)
            except (requests_error, ValueError) as error:
                why, final = f"no answer came ({type(error).__name__})", False
            if final or attempt == LOOKS:
                break
            self.wait(backoff_s(attempt, self.chance(), least_s=0.2))
        raise UnavailableError(
            f"Alpaca was asked for its {what}: {why}. Nothing was changed by asking and nothing is known; ask again."
        )


requests_error = requests.RequestException


def _answered(error: APIError) -> bool:
    """Alpaca judged the request and it is without effect; a fault of its own (5xx) says nothing of the kind."""
    status = error.status_code
    return status is not None and HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR


def said(error: APIError) -> str:
    """Alpaca's words, at most 200 characters."""
    return f"Alpaca answered {error.status_code}: {str(error)[:200].strip()}"


def _signed(position: Mapping[str, Any]) -> int:
    shares = abs(whole(position["qty"]))
    return -shares if position["side"] == "short" else shares


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

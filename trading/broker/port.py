"""The broker port: what paper and live trading ask of whoever holds the account.

The simulator behind it is the engine (`trading.engine`). Calls end as accepted, refused or unknown. Unknown means that
no answer came and the order may stand: nobody repeats it blindly; `orders()` and `events()` tell what became of it, by
the id that the caller made.

To implement a new broker: one file in `adapters/` with a class that answers `Account`, one row of `BROKERS` in
`execution/opening.py`, and the row's name in the setting `broker`. `adapters/alpaca/broker.py` is the one to read.

| method       | must                                            | when the broker doesn't answer                |
|--------------|-------------------------------------------------|-----------------------------------------------|
| `submit`     | send each order once; a known id is `accepted`  | outcome `unknown`, nothing is raised          |
| `cancel`     | answer `refused` for what isn't open            | outcome `unknown`, nothing is raised          |
| `replace`    | keep the caller's id for the new terms          | outcome `unknown`, nothing is raised          |
| `orders`     | list orders made by hand too                    | raise `UnavailableError`                      |
| `positions`  | sort by symbol; short ones are negative         | raise `UnavailableError`                      |
| `cash`       | count in cents                                  | raise `UnavailableError`                      |
| `events`     | keep them in an `EventRecord`, each id once     | raise `UnavailableError`; what came is kept   |
| `account_id` | tell one account from another, always the same  | raise `UnavailableError`                      |
| `barred`     | say in words why the account may trade nothing  | raise `UnavailableError`                      |
| `heard`      | keep an update of the stream like an event      | is never asked: the update is there           |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from trading.broker.orders import OrderRequest, Replacement, Side

Answer = Literal["accepted", "refused", "unknown"]
Status = Literal["open", "filled", "cancelled", "refused", "expired", "replaced"]
EventKind = Literal["accepted", "refused", "filled", "cancelled", "expired", "replaced"]


@dataclass(frozen=True)
class Outcome:
    """How a request ended.

    Attributes:
        order_id: the caller's.
        reason: in words when it was refused, and when nothing is known, what went wrong; empty otherwise.
    """

    order_id: str
    answer: Answer
    reason: str = ""


@dataclass(frozen=True)
class BrokerOrder:
    """An order as the broker has it.

    Attributes:
        order_id: the caller's id; empty for one that was made elsewhere, by hand say.
        broker_id: the broker's own.
        filled_shares: so far.
        average_price_usd_e4: of what has filled; zero while nothing has.
    """

    order_id: str
    broker_id: str
    symbol: str
    side: Side
    shares: int
    status: Status
    filled_shares: int = 0
    average_price_usd_e4: int = 0
    reason: str = ""


@dataclass(frozen=True)
class BrokerPosition:
    """A position as the broker has it; negative shares are short."""

    symbol: str
    shares: int
    cost_cents: int


@dataclass(frozen=True)
class BrokerCash:
    """The money of the account.

    Attributes:
        buying_power_cents: what new positions may cost, by the broker's own rules.
    """

    cash_cents: int
    equity_cents: int
    buying_power_cents: int


@dataclass(frozen=True)
class BrokerEvent:
    """Something that happened to an order. The same one may come twice and late; `event_id` tells it apart.

    Attributes:
        cursor: hand the last one seen to `events` to get what follows.
        order_id: the caller's; empty for an order made elsewhere.
        shares: of a fill, its own and not the sum; zero otherwise.
        price_usd_e4: of a fill.
        fees_cents: commission and fees of a fill, where the broker tells them with it.
    """

    cursor: str
    event_id: str
    order_id: str
    broker_id: str
    symbol: str
    side: Side
    kind: EventKind
    at: datetime
    shares: int = 0
    price_usd_e4: int = 0
    fees_cents: int = 0
    reason: str = ""


class Broker(Protocol):
    """An account at a broker. Every call is bounded in time; none raises for what a market or a broker may do."""

    def submit(self, requests: Sequence[OrderRequest]) -> list[Outcome]:
        """Each order is with the broker, refused, or unknown; an id the broker has already is accepted and not doubled.

        Returns:
            One outcome a request, in their order.
        """
        ...

    def cancel(self, order_ids: Sequence[str]) -> list[Outcome]:
        """Each cancellation was taken, or refused because the order isn't open; a fill may still come before it."""
        ...

    def replace(self, changes: Sequence[Replacement]) -> list[Outcome]:
        """Each order has its new terms under its old id, or keeps the old ones and the reason is told."""
        ...

    def orders(self, order_ids: Sequence[str] | None = None) -> list[BrokerOrder]:
        """The orders of these ids, whatever their status; without ids, all that are open, those made by hand included.

        Raises:
            UnavailableError: when the broker didn't answer; nothing is known then.
        """
        ...

    def positions(self) -> list[BrokerPosition]:
        """All positions, by symbol.

        Raises:
            UnavailableError: as above.
        """
        ...

    def cash(self) -> BrokerCash:
        """The money.

        Raises:
            UnavailableError: as above.
        """
        ...

    def events(self, since: str, limit: int = 1000) -> list[BrokerEvent]:
        """What happened after the cursor `since` (empty: from the start), oldest first, at most `limit`.

        Raises:
            UnavailableError: as above.
        """
        ...


class Account(Broker, Protocol):
    """What an adapter to a broker answers beside the port, for reconciliation, the doctor and the stream."""

    def account_id(self) -> str:
        """The broker's own id of the account.

        Raises:
            UnavailableError: when the broker didn't answer; nothing is known then.
        """
        ...

    def barred(self) -> str:
        """Why the broker lets the account trade nothing, in its words; empty when it may.

        Raises:
            UnavailableError: as above.
        """
        ...

    def heard(self, update: Mapping[str, Any]) -> int:
        """A message of the broker's stream is on record; returns 1 if it is new."""
        ...

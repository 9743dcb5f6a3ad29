"""A book at a broker: decisions as orders that a broker can hold, and trades as its events tell them. Nothing is asked.

Brokers' brackets have prices, the engine's have distances from the fill. So stop and target stand at prices reckoned
from the close that the decision was made at, and the entry has a limit: half way to the target, above which less is to
be won than was decided on. The limit also bounds what an opening can cost, on which arming and cash depend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal, NamedTuple

from trading.broker.orders import Bracket, OrderRequest, Side
from trading.broker.port import BrokerEvent
from trading.broker.reconciliation import PURCHASES
from trading.money import cents
from trading.risk.trade_history import Close, TradeHistory, decided_by
from trading.transitions import Transitions

BOOK = "broker"
Purpose = Literal["open", "exit", "protect"]
Answered = Literal["", "accepted", "refused", "unknown", "withheld", "lost", "ended"]
"""How sending ended; empty until then. `lost`: it never arrived. `ended`: the broker ended it, and no event told so."""
ANSWERS: Transitions[Answered] = Transitions(
    "order",
    {
        # On record, not sent yet. A restart between sending and recording finds it like this.
        "": {"accepted", "refused", "unknown", "withheld", "lost"},
        # Sent, and no answer came: the broker is asked until it has the order, or the session it was for is over.
        "unknown": {"unknown", "accepted", "refused", "lost"},
        # The broker has it. Its fills and endings are events; `ended` is for one that no event told of.
        "accepted": {"accepted", "ended"},
        # Final; a repeat says the same again.
        "refused": {"refused"},
        "withheld": {"withheld"},
        "lost": {"lost"},
        "ended": {"ended"},
    },
)
STOP_LEG = ":stop"
LEGS = (STOP_LEG, ":target")
NEVER_OPEN = frozenset({"refused", "withheld", "lost", "ended"})
ENDINGS = frozenset({"cancelled", "expired", "refused"})
LIMIT_PART = 2
"""The entry's limit stands at 1 / `LIMIT_PART` of the way from the close to the target."""


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """An order of the book: on record before it is sent. Made by `opening`, `stop` or `sale`, or read from the record.

    Attributes:
        order_id: ours, and the broker's client order id.
        session: it was made from the bar of this session.
        entry_id: of an exit or a protection, the opening whose position it ends; empty of an opening.
        hold_sessions: of an opening: so many sessions, the entry's counted, and the position is sold; 0 = never.
        why: what the broker, or whoever withheld it, said.
    """

    order_id: str
    session: date
    purpose: Purpose
    entry_id: str
    symbol: str
    side: Side
    shares: int
    limit_usd_e4: int = 0
    stop_usd_e4: int = 0
    target_usd_e4: int = 0
    hold_sessions: int = 0
    reason: str
    recorded_at: datetime
    answer: Answered = ""
    answered_at: datetime | None = None
    why: str = ""

    @classmethod
    def opening(cls, request: OrderRequest, *, session: date, close_usd_e4: int, at: datetime) -> Ordered:
        """A decision's order as a broker can hold it; its bracket's distances become prices from the close."""
        legs = request.bracket or Bracket()
        return cls(
            order_id=request.order_id,
            session=session,
            purpose="open",
            entry_id="",
            symbol=request.symbol,
            side=request.side,
            shares=request.shares,
            limit_usd_e4=close_usd_e4 + legs.target_distance_usd_e4 // LIMIT_PART,
            stop_usd_e4=max(1, close_usd_e4 - legs.stop_distance_usd_e4),
            target_usd_e4=close_usd_e4 + legs.target_distance_usd_e4,
            hold_sessions=legs.hold_sessions,
            reason=request.reason,
            recorded_at=at,
        )

    @classmethod
    def stop(cls, entry: Ordered, *, session: date, shares: int, reason: str, at: datetime) -> Ordered:
        """A stop of its own for shares of the opening, at the price that was decided; one a session and opening."""
        return cls(
            order_id=f"protect:{session}:{_without_kind(entry.order_id)}",
            session=session,
            purpose="protect",
            entry_id=entry.order_id,
            symbol=entry.symbol,
            side="sell",
            shares=shares,
            stop_usd_e4=entry.stop_usd_e4,
            reason=reason,
            recorded_at=at,
        )

    @classmethod
    def sale(cls, entry: Ordered, *, session: date, shares: int, reason: str, at: datetime) -> Ordered:
        """A sale at the market of shares of the opening; one a session and opening."""
        return cls(
            order_id=f"exit:{session}:{_without_kind(entry.order_id)}",
            session=session,
            purpose="exit",
            entry_id=entry.order_id,
            symbol=entry.symbol,
            side="sell",
            shares=shares,
            reason=reason,
            recorded_at=at,
        )

    def request(self) -> OrderRequest:
        """As the broker port takes it.

        An entry is good till cancelled because its legs last as long as it does; what hasn't filled by the close is
        cancelled by us.
        """
        sale = OrderRequest(self.order_id, self.symbol, self.side, self.shares, reason=self.reason)
        if self.purpose == "open":
            legs = Bracket(stop_usd_e4=self.stop_usd_e4, target_usd_e4=self.target_usd_e4)
            return replace(sale, kind="limit", in_force="gtc", limit_usd_e4=self.limit_usd_e4, bracket=legs)
        if self.purpose == "protect":
            return replace(sale, kind="stop", in_force="gtc", stop_usd_e4=self.stop_usd_e4)
        return sale

    @property
    def most_cents(self) -> int:
        """The most that it can cost."""
        return cents(self.limit_usd_e4, self.shares)


def _without_kind(entry_id: str) -> str:
    """What tells the opening apart: two of one symbol may be due in one session when some of it was traded by hand."""
    return entry_id.removeprefix("order:")


class Closing(NamedTuple):
    """A fill that closed shares; `profit_cents` at the average price paid, fees left out."""

    at: datetime
    profit_cents: int
    stopped: bool


@dataclass
class Trade:
    """What became of an opening.

    Attributes:
        bought: shares of the entry that filled, `sold` of its legs, exits and protections.
        first_fill_at: when the position began; None before.
        entry_ended: nothing more of the entry can fill.
        working: orders of ours to sell it that the broker took and that haven't ended.
        closings: each closing fill.
    """

    opening: Ordered
    bought: int = 0
    sold: int = 0
    paid_e4: int = 0
    first_fill_at: datetime | None = None
    entry_ended: bool = False
    working: dict[str, Ordered] = field(default_factory=dict)
    closings: list[Closing] = field(default_factory=list)

    @property
    def held(self) -> int:
        """Shares of it that weren't sold again by an order of ours."""
        return self.bought - self.sold

    @property
    def cost_cents(self) -> int:
        """What it has cost, and what the open part of its entry may still cost."""
        rest = 0 if self.entry_ended else self.opening.shares - self.bought
        return round(self.paid_e4 / 100) + cents(self.opening.limit_usd_e4, rest)

    @property
    def waits(self) -> bool:
        """Whether the entry may still fill."""
        return not self.entry_ended

    def take(self, event: BrokerEvent, *, of_entry: bool, of_stop: bool) -> None:
        """The event is in the trade."""
        if event.kind == "filled" and of_entry:
            self.bought += event.shares
            self.paid_e4 += event.shares * event.price_usd_e4
            self.first_fill_at = min(self.first_fill_at or event.at, event.at)
            self.entry_ended = self.entry_ended or self.bought >= self.opening.shares
        elif event.kind == "filled":
            self.sold += event.shares
            if self.bought:
                gain_e4 = event.shares * event.price_usd_e4 - event.shares * self.paid_e4 // self.bought
                self.closings.append(Closing(event.at, round(gain_e4 / 100), of_stop))
        if event.kind in ENDINGS and of_entry:
            self.entry_ended = True
        if event.kind in ENDINGS:
            self.working.pop(event.order_id, None)


def trades(ordered: Sequence[Ordered], events: Sequence[BrokerEvent]) -> dict[str, Trade]:
    """By the opening's id, in the order of the record. Events may come in any order and more than once."""
    found = {one.order_id: Trade(one, entry_ended=one.answer in NEVER_OPEN) for one in ordered if one.purpose == "open"}
    owners = {one.order_id: one.entry_id for one in ordered if one.purpose != "open"}
    for one in ordered:
        if one.entry_id in found and one.answer in {"accepted", "unknown"}:
            found[one.entry_id].working[one.order_id] = one
    stops = {one.order_id for one in ordered if one.purpose == "protect"}
    seen: set[str] = set()
    # Sales after purchases, so that a sale that was heard of first finds what its shares had cost.
    for event in sorted(events, key=lambda e: (e.side not in PURCHASES, e.at)):
        entry = owners.get(event.order_id) or root(event.order_id)
        if event.event_id not in seen and entry in found:
            seen.add(event.event_id)
            stop = event.order_id in stops or event.order_id == f"{entry}{STOP_LEG}"
            found[entry].take(event, of_entry=event.order_id == entry, of_stop=stop)
    for trade in found.values():
        filled = _filled(events, trade.working)
        for order_id in [name for name, one in trade.working.items() if filled.get(name, 0) >= one.shares]:
            del trade.working[order_id]
    return found


def _filled(events: Sequence[BrokerEvent], names: Mapping[str, Ordered]) -> dict[str, int]:
    shares: dict[str, dict[str, int]] = {}
    for event in events if names else ():
        if event.order_id in names:
            shares.setdefault(event.order_id, {})[event.event_id] = event.shares
    return {name: sum(parts.values()) for name, parts in shares.items()}


def root(order_id: str) -> str:
    """The entry's id of a bracket's leg, any other id unchanged."""
    return next((order_id.removesuffix(leg) for leg in LEGS if order_id.endswith(leg)), order_id)


def spent_cents(found: Iterable[Trade], since: datetime | None) -> int:
    """What openings that were sent from `since` on have cost and may still cost; sales give nothing back."""
    return sum(
        trade.cost_cents
        for trade in found
        if since is not None and trade.opening.answered_at is not None and trade.opening.answered_at >= since
    )


def history_of(found: Iterable[Trade], until: date, session_of: Callable[[datetime], date]) -> TradeHistory:
    """The closing fills up to the close of a session, as cooldowns and the models' accuracy count them.

    Args:
        found: every trade.
        until: the session; later ones are left out, so that a repeat answers the same.
        session_of: the session that an instant belongs to.
    """
    closes = [
        (
            one.at,
            Close(
                session=session_of(one.at),
                symbol=trade.opening.symbol,
                entry_order_id=trade.opening.order_id,
                source=decided_by(trade.opening.reason),
                profit_cents=one.profit_cents,
                stopped=one.stopped,
            ),
        )
        for trade in found
        for one in trade.closings
    ]
    closes.sort(key=lambda pair: (pair[0], pair[1].entry_order_id))
    return TradeHistory(closes=[close for _, close in closes if close.session <= until])


def last_prices(events: Iterable[BrokerEvent]) -> dict[str, int]:
    """The price of the latest fill of each symbol."""
    fills = sorted((event for event in events if event.kind == "filled"), key=lambda event: event.at)
    return {event.symbol: event.price_usd_e4 for event in fills}

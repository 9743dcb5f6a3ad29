"""The book at a broker over PostgreSQL, against Alpaca's rehearsal, on a clock that the test sets."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from adapters.alpaca.broker import AlpacaBroker
from adapters.alpaca.simulator.trading import TradingServer
from adapters.pace import TokenBucket
from adapters.postgres.broker_record import BrokerRecord, ControlRecord
from adapters.postgres.execution_record import ExecutionRecord
from adapters.postgres.pool import Pool
from execution.book_on_record import Records
from execution.desk import BrokerDesk, DeskTerms
from execution.opening import BROKERS
from trading.broker.orders import Bracket, OrderRequest
from trading.risk.decision_rules import DecisionRules

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 11, day) for day in (16, 17, 18, 19))
CLOSES = {"AAPL": 100_0000, "MSFT": 300_0000}


class SetClock:
    """A clock that stands at `at` until it is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def evening(self, session: date) -> None:
        """Half past four in New York, after the close."""
        self.at = datetime(session.year, session.month, session.day, 21, 30, tzinfo=UTC)

    def later(self, minutes: int) -> None:
        """So many minutes pass."""
        self.at += timedelta(minutes=minutes)

    def opening(self, session: date) -> None:
        """Just after the open."""
        self.at = datetime(session.year, session.month, session.day, 14, 31, tzinfo=UTC)


def records_of(pool: Pool, clock: SetClock) -> Records:
    """Everything that the book is kept in."""
    return Records(BrokerRecord(pool, clock=clock), ExecutionRecord(pool, clock=clock), ControlRecord(pool))


def broker_of(server: TradingServer, pool: Pool, clock: SetClock, timeout_s: float = 60.0) -> AlpacaBroker:
    """The account there, its events in the record."""
    return AlpacaBroker(
        server.keys, server.url, BrokerRecord(pool, clock=clock), clock,
        timeout_s=timeout_s, bucket=TokenBucket(100_000), wait=lambda _: None,
    )  # fmt: skip


def desk_of(
    server: TradingServer, pool: Pool, clock: SetClock, broker: str = "alpaca-paper", timeout_s: float = 60.0
) -> BrokerDesk:
    """A desk as after a start: it knows nothing but the record."""
    records, alpaca = records_of(pool, clock), broker_of(server, pool, clock, timeout_s)
    terms = DeskTerms(broker, "rule", DecisionRules(), live=BROKERS[broker].live)
    return BrokerDesk(alpaca, alpaca.account_id, records, terms, clock, wait=lambda _: None)


def answers(pool: Pool, clock: SetClock) -> dict[str, tuple[str, str]]:
    """By order, how sending it ended and why."""
    return {one.order_id: (one.answer, one.why) for one in records_of(pool, clock).orders.orders()}


def decided(session: date, symbol: str = "AAPL", shares: int = 10, hold_sessions: int = 3) -> OrderRequest:
    """A decision's order: a stop 2 USD under the fill and a target 4 USD above it."""
    legs = Bracket(2_0000, 4_0000, hold_sessions=hold_sessions)
    return OrderRequest(f"order:{session}:broker:{symbol}", symbol, "buy", shares, "on_open", bracket=legs)

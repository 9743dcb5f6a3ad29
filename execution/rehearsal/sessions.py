"""Sessions of recorded bars through the cycle, with a book at a rehearsed Alpaca, and everything that goes wrong there.

The decisions, the desk, its record in PostgreSQL and Alpaca's own client are those of a run. The market behind the
rehearsal's account prints four prices a session: open, low, high, close.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from adapters.alpaca.broker import AlpacaBroker
from adapters.alpaca.simulator.trading import TradingServer
from adapters.alpaca.trade_updates import TradeUpdates
from adapters.calendar import close_of, following
from adapters.pace import TokenBucket
from adapters.postgres.broker_record import BrokerRecord, ControlRecord
from adapters.postgres.execution_record import ExecutionRecord
from adapters.postgres.pool import Pool
from execution.book_on_record import Records
from execution.desk import BrokerDesk, DeskTerms
from execution.rehearsal.faults import Fault, FaultDesk
from research.backtest.recorded import Recorded
from research.backtest.running import Terms
from research.backtest.served import Models, ServedVersions
from research.backtest.services import MemoryDesk, Notes, RecordedScanner, SegmentAnalysis, services_of
from trading.cycle.services import Services
from trading.cycle.session import run_session
from trading.ledger.journal import MemoryJournal
from trading.money import E4
from trading.views.lifecycle import Roles

EVENING = timedelta(minutes=30)
"""After the close, when a session is decided."""
TIMEOUT_S, HANG_S = 3.0, 4.0
"""One answer of a rehearsal hangs for so long; all others must come in time on a busy machine too."""
REQUESTS_PER_MIN = 1_000_000.0
ALL_SHARES = 10**9
LISTENS_S = 0.01


class SetClock:
    """A clock that stands where the rehearsal has set it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """The time."""
        return self.at


@dataclass(frozen=True)
class SessionTold:
    """What one session did.

    Attributes:
        fault: what went wrong in it; empty for nothing.
        answers: orders of it by how sending them ended.
        fills: in the session that followed.
    """

    session: date
    fault: str
    answers: dict[str, int]
    fills: int
    equity_usd: float


@dataclass(frozen=True)
class BrokerRehearsed:
    """How it ended.

    Attributes:
        cash_cents: in the books, and `account_cash_cents` at the broker.
        shares: in the books, and `account_shares` at the broker.
        unexplained: adoptions of cash and positions beyond what was done by hand on purpose.
        doubled: client order ids that the broker has twice.
        untold: fills that the broker has and the record hasn't, and the other way round.
        partial_fills: fills that left a part of their order open.
        not_tried: faults for which no session had an order.
    """

    sessions: tuple[SessionTold, ...]
    cash_cents: int
    account_cash_cents: int
    shares: dict[str, int]
    account_shares: dict[str, int]
    unexplained: tuple[str, ...]
    doubled: tuple[str, ...]
    untold: int
    orders: int
    fills: int
    partial_fills: int
    protections: int
    exits_by_time: int
    adopted: int
    not_tried: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Books and broker are the same to the cent and the share, nothing is doubled, no difference was adopted."""
        same = self.cash_cents == self.account_cash_cents and self.shares == self.account_shares
        return same and not self.unexplained and not self.doubled and not self.untold


class BrokerRehearsal:
    """One rehearsal over one empty record.

    Args:
        recorded: bars and what is known of them.
        terms: of the paper accounts beside it.
        pool: a database with our tables, for the book.
        faults: in this order, each in a session that has something to open.
        show: told of each session.
    """

    def __init__(
        self,
        recorded: Recorded,
        terms: Terms,
        pool: Pool,
        faults: Sequence[Fault],
        show: Callable[[SessionTold], object] = lambda _: None,
    ) -> None:
        self._recorded, self._terms, self._pool, self._show = recorded, terms, pool, show
        self._clock = SetClock(close_of(recorded.sessions[0]))
        self._server = TradingServer(hang_s=HANG_S, clock=self._clock, cash_usd=terms.cash_cents // 100)
        self._records = Records(
            BrokerRecord(pool, clock=self._clock), ExecutionRecord(pool, clock=self._clock), ControlRecord(pool)
        )
        self._alpaca = self._broker()
        self._desk = FaultDesk(self._server, self._records, self._made, faults, self._clock)

    def run(self, sessions: Sequence[date]) -> BrokerRehearsed:
        """The sessions decided, ordered for and traded in order, each in the bars of the one after it."""
        services = self._services(sessions)
        told: list[SessionTold] = []
        terms = self._terms.decisions
        with self._server, TradeUpdates(self._server.keys, self._server.stream_url, self._heard, self._failed):
            for session, after in zip(sessions, [*sessions[1:], None], strict=True):
                self._clock.at = close_of(session) + EVENING
                before = len(self._server.account.activities)
                run_session(services, session, terms, Roles())
                if after is not None:
                    self._market(session, after)
                told.append(self._told(session, len(self._server.account.activities) - before))
                self._show(told[-1])
            self._desk.reconcile()
            return self._ended(tuple(told))

    def _services(self, sessions: Sequence[date]) -> Services:
        analysis = SegmentAnalysis(self._recorded, sessions)
        desk = MemoryDesk(
            MemoryJournal(), self._terms.accounts, self._terms.cash_cents, self._terms.engine, self._terms.decisions
        )
        scanner = RecordedScanner(self._recorded, self._terms.scanner)
        return services_of(
            self._recorded, analysis, notes=Notes(), scanner=scanner, desk=desk, ensemble=ServedVersions(Models()),
            execution=self._desk,
        )  # fmt: skip

    def _broker(self) -> AlpacaBroker:
        return AlpacaBroker(
            self._server.keys, self._server.url, self._records.events, self._clock,
            timeout_s=TIMEOUT_S, bucket=TokenBucket(REQUESTS_PER_MIN), wait=lambda _: None,
        )  # fmt: skip

    def _made(self, orders: ExecutionRecord) -> BrokerDesk:
        """A desk as after a start: it knows nothing but the record."""
        self._alpaca = self._broker()
        records = Records(self._records.events, orders, self._records.controls)
        terms = DeskTerms("alpaca-paper", "hybrid", self._terms.decisions, live=False)
        return BrokerDesk(self._alpaca, self._alpaca.account_id, records, terms, self._clock, wait=lambda _: None)

    def _heard(self, update: Any) -> int:
        return self._alpaca.heard(update)

    @staticmethod
    def _failed(_: str) -> None:
        """Nothing: what the stream didn't bring comes from the account's activities."""

    def _market(self, session: date, after: date) -> None:
        """The bars of the next session, printed at the account."""
        self._clock.at = following(session)[1] + timedelta(minutes=1)
        self._split(after)
        batch, wanted = self._recorded.batch(after), self._waiting()
        for at, name in enumerate(("open", "low", "high", "close")):
            self._print(at, self._prices(batch, name), wanted)
            self._clock.at += timedelta(hours=1)
            if name == "open":
                self._desk.watch()  # as the service does every few minutes
        with self._server.lock:
            self._server.account.close_day()
        self._desk.market_is_over()

    def _print(self, at: int, prices: Mapping[str, Decimal], wanted: Collection[str]) -> None:
        with self._server.lock:
            for symbol in sorted(prices.keys() & wanted):
                self._server.account.trade(symbol, self._desk.volume(at, symbol), prices[symbol])

    def _waiting(self) -> set[str]:
        return {str(order["symbol"]) for order in self._server.account.orders.values()}

    @staticmethod
    def _prices(batch: pa.Table, column: str) -> dict[str, Decimal]:
        prices = np.rint(batch.column(column).to_numpy() * E4).astype(np.int64).tolist()
        symbols = map(str, batch.column("symbol").to_pylist())
        return {symbol: Decimal(price) / E4 for symbol, price in zip(symbols, prices, strict=True)}

    def _split(self, session: date) -> None:
        """Positions of the account are restated as a broker does it; the desk finds them changed."""
        for split in self._recorded.splits:
            if split.session == session and split.symbol in self._server.account.held:
                shares, cost = self._server.account.held[split.symbol]
                new = shares * split.numerator // split.denominator
                self._server.account.held[split.symbol] = (new, cost)
                self._desk.by_hand[split.symbol] += new - shares

    def _told(self, session: date, fills: int) -> SessionTold:
        answers: dict[str, int] = {}
        for one in self._records.orders.orders():
            if one.session == session:
                answers[one.answer or "unsent"] = answers.get(one.answer or "unsent", 0) + 1
        mark = next(mark for mark in self._records.orders.marks() if mark.session == session)
        return SessionTold(session, self._desk.tried.get(session, ""), answers, fills, mark.equity_cents / 100)

    def _ended(self, told: tuple[SessionTold, ...]) -> BrokerRehearsed:
        account, books = self._server.account, self._desk.books()
        events = [one for one in self._records.events.after("", ALL_SHARES) if one.kind == "filled"]
        names = [str(order["client_order_id"]) for order in account.orders.values()]
        purposes = [one.purpose for one in books.ordered if one.answer == "accepted"]
        return BrokerRehearsed(
            sessions=told,
            cash_cents=books.holdings.cash_cents,
            account_cash_cents=int((account.cash_usd * 100).to_integral_value()),
            shares=dict(books.holdings.shares),
            account_shares={symbol: shares for symbol, (shares, _) in account.held.items()},
            unexplained=self._unexplained(),
            doubled=tuple(sorted({name for name in names if names.count(name) > 1})),
            untold=abs(len(events) - len(account.activities)),
            orders=len(books.ordered),
            fills=len(events),
            partial_fills=sum(1 for one in account.activities if one["type"] == "partial_fill"),
            protections=purposes.count("protect"),
            exits_by_time=purposes.count("exit"),
            adopted=len(self._records.events.adoptions()),
            not_tried=self._desk.not_tried,
        )

    def _unexplained(self) -> tuple[str, ...]:
        """Adoptions beside the first deposit and what was done by hand: the books had lost or doubled that much."""
        found: dict[str, int] = {"": -self._terms.cash_cents}
        for one in self._records.events.adoptions():
            if one.subject != "order":
                found[one.symbol] = found.get(one.symbol, 0) + one.change
        for symbol, change in self._desk.by_hand.items():
            found[symbol] = found.get(symbol, 0) - change
        return tuple(f"{symbol or 'cash'} {change:+,}" for symbol, change in sorted(found.items()) if change)

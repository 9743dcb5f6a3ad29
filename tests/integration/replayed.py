"""Three sessions of one paper account, as the platform itself writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np

from adapters.postgres.journal import JournalStore
from adapters.postgres.pool import Pool
from trading.broker.orders import Bracket, OrderRequest
from trading.engine.account import Account
from trading.engine.bars import CorporateAction, Quotes, Step
from trading.engine.engine import Engine
from trading.engine.requests import OrderRequests
from trading.engine.rules import PAPER_RULES
from trading.ledger.double_entry import Draft, Entry, chain
from trading.ledger.journal import SessionDone

DAYS = [date(2010, 1, day) for day in (4, 5, 6, 7)]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BRACKET = Bracket(stop_distance_usd_e4=5_000, target_distance_usd_e4=10_000, hold_sessions=5)
BUY = OrderRequest(
    "order:1:rule:AAPL", "AAPL", "buy", 100, "on_open", bracket=BRACKET, reason="a bullish engulfing on 3x volume"
)


def _quotes(open_usd: float | None = None, low_usd: float = 0.0) -> Quotes:
    """A quiet bar of AAPL, prices in USD, that opens and closes at the same price; none without a price."""
    if open_usd is None:
        return Quotes([], np.zeros((4, 0), np.int64), np.zeros(0, np.int64))
    price = round(open_usd * 10_000)
    prices = np.array([[price], [price + 100], [round(low_usd * 10_000)], [price]])
    return Quotes(["AAPL"], prices, np.array([1_000_000]))


def three_sessions() -> list[list[Draft]]:
    """Deposit and two orders; one fills at 20 USD and the other finds no trade; a 2:1 split, then the stop."""
    account, batches = Account("rule"), []
    account.instruments.add(("AAPL", "HALT"))
    waits = OrderRequest("order:1:rule:HALT", "HALT", "buy", 10, "on_open", bracket=BRACKET, reason="gap up")
    split = CorporateAction("AAPL", "split", 2, 1)
    for day, quotes, actions in zip(
        DAYS, (_quotes(), _quotes(20, 19.9), _quotes(10, 9.0)), ([], [], [split]), strict=False
    ):
        engine, step = Engine(account, PAPER_RULES), Step.daily(day)
        if day == DAYS[0]:
            engine.deposit(step, 10_000_000)
        engine.step(quotes.at(step, account.instruments), actions)
        if day == DAYS[0]:
            engine.submit(OrderRequests.of([BUY, waits], account.instruments.numbers), step)
        batches.append(engine.log.drafts())
    return batches


def journal_of(pool: Pool) -> JournalStore:
    """The journal of a database, on a clock that stands still."""
    return JournalStore(pool, clock=lambda: NOON)


def append_three_sessions(store: JournalStore, sessions: int = 3) -> list[list[Entry]]:
    """The first of the three sessions are on record, each closed; returns their entries."""
    batches = []
    for day, drafts in zip(DAYS[:sessions], three_sessions(), strict=False):
        seq, digest = store.last()
        entries = chain(drafts, last_seq=seq, last_hash=digest)
        assert store.append(entries, SessionDone(day, f"done:{day}", 3)) is True
        batches.append(entries)
    return batches

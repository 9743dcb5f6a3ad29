"""The service `execution` as in its actor: it listens, reconciles by itself, and says when it can't."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import SecretStr

from actors.execution import Execution
from actors.wiring import Wiring, now
from adapters.alpaca.simulator.trading import TradingServer
from adapters.postgres.broker_record import BrokerRecord
from adapters.postgres.execution_record import ExecutionRecord
from adapters.postgres.pool import Pool
from execution.account import BrokerAccount
from tests.fakes.eventually import eventually
from trading.bars.panel import BARS_SCHEMA
from trading.errors import ConfigurationError

SESSION = date(2026, 11, 16)


@pytest.fixture
def alpaca() -> Iterator[TradingServer]:
    """A rehearsal of Alpaca's trading."""
    with TradingServer() as running:
        yield running


def wiring(alpaca: TradingServer, url: str, home: Path, every_s: float) -> Wiring:
    """Of a run with an account there."""
    account = BrokerAccount("alpaca-paper", alpaca.keys, alpaca.url, "rule", every_s, 100_000)
    return Wiring(home, SecretStr(url), 10_000_000, broker=account)


def test_it_hears_the_stream_reconciles_by_itself_and_says_when_the_broker_is_away(
    alpaca: TradingServer, pool: Pool, empty_url: str, home: Path
) -> None:
    """It hears the stream, reconciles by itself, and says when the broker is away."""
    service, orders = Execution(wiring(alpaca, empty_url, home, 0.2)), ExecutionRecord(pool, clock=now)
    try:
        eventually(lambda: alpaca.listeners == 1, what="the stream listens")
        eventually(lambda: (look := orders.last_look()) and look.connected and look.listening, what="a look")
        assert service.condition()[0] == "ok"
        alpaca.account.by_hand("AAPL", "buy", 3, Decimal(50))
        eventually(lambda: BrokerRecord(pool, clock=now).after("", 9), what="the fill, by the stream or by a look")
        bar = pa.table(
            [["AAPL"], [SESSION], [50.0], [52.0], [49.0], [51.0], [1_000_000]], schema=BARS_SCHEMA
        )  # fmt: skip
        assert service.settle(SESSION, bar).equity_cents == 100_000_00 + 3 * 1_00
        assert service.execute(SESSION, [], bar) == 0
        alpaca.away = True
        eventually(lambda: service.condition()[0] == "degraded", what="the trouble", timeout_s=30)
        alpaca.away = False
        eventually(lambda: service.condition()[0] == "ok", what="the end of it", timeout_s=30)
    finally:
        service.close()


def test_a_fill_comes_by_the_stream_and_a_look_follows_though_none_is_due(
    alpaca: TradingServer, pool: Pool, empty_url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looks are an hour apart: only the stream can bring the fill, and only the fill the second look."""
    monkeypatch.setattr("actors.execution.AFTER_NEWS_S", 0.0)
    service, orders = Execution(wiring(alpaca, empty_url, home, 3_600.0)), ExecutionRecord(pool, clock=now)
    try:
        first = eventually(lambda: alpaca.listeners == 1 and orders.last_look(), what="the stream and the first look")
        alpaca.account.by_hand("AAPL", "buy", 3, Decimal(50))
        record = BrokerRecord(pool, clock=lambda: datetime.now(UTC))
        eventually(lambda: [one.shares for one in record.after("", 9)] == [3], what="the fill")
        eventually(lambda: (look := orders.last_look()) and first and look.looked_at > first.looked_at, what="a look")
    finally:
        service.close()


def test_without_a_broker_there_is_no_such_service(empty_url: str, home: Path) -> None:
    """Without a broker there is no such service."""
    with pytest.raises(ConfigurationError, match="INPLAY_BROKER"):
        Execution(Wiring(home, SecretStr(empty_url), 10_000_000))

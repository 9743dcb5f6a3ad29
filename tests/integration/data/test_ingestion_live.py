"""The ingestion service with a live feed: its calls go on, its health says how the feed does, a restart goes on."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest
from pydantic import SecretStr

from actors.ingestion import Ingestion
from actors.wiring import Wiring
from adapters.alpaca.http import AlpacaKeys
from adapters.alpaca.simulator.exchange import Exchange
from adapters.alpaca.simulator.tape import Tape
from adapters.postgres.migrate import migrate
from adapters.postgres.pool import open_pool
from adapters.settings import read_settings
from data.live.alpaca import AlpacaLive
from data.live.feeds import LiveToFollow, live_to_follow
from data.live.listening import LiveRules
from data.live.trades import Trade
from tests.fakes.alpaca_day import OPEN, minutes
from tests.fakes.eventually import eventually
from trading.errors import ConfigurationError


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """An exchange that trades ten minutes of two symbols."""
    with Exchange(Tape(minutes())) as running:
        yield running


def _live(exchange: Exchange, keys: AlpacaKeys, trades: tuple[str, ...] = ()) -> LiveToFollow:
    rules = LiveRules(("AAA", "BBB"), late_s=0.2)
    source = AlpacaLive(keys, "iex", exchange.url, exchange.stream_url, 6_000, trades)
    return LiveToFollow(source, rules)


@pytest.fixture
def url(empty_url: str) -> str:
    """A database with our tables."""
    pool = open_pool(empty_url)
    migrate(pool)
    pool.close()
    return empty_url


def _service(home: Path, url: str, live: LiveToFollow) -> Ingestion:
    wiring = Wiring(home, SecretStr(url), 10_000_000, live=live)
    return Ingestion(pickle.loads(pickle.dumps(wiring)))  # noqa: S301 - as Ray sends it to the actor


def test_a_service_without_a_live_feed_says_so(home: Path, url: str) -> None:
    """It is off by default: no thread, no connection, well."""
    service = _service(home, url, LiveToFollow())
    assert service.condition() == ("ok", "no live feed is followed")
    assert service.live_batches(OPEN.date(), 0) == []


def test_a_live_feed_beside_the_calls_of_the_service(home: Path, url: str, exchange: Exchange) -> None:
    """Batches can be asked for by number while they come; after a restart the numbers go on."""
    service = _service(home, url, _live(exchange, exchange.keys))
    assert service._live is not None
    eventually(lambda: exchange.listeners, what="the subscription")
    for minute in exchange.tape.minutes[:2]:
        exchange.publish(exchange.tape.messages(minute))
    eventually(lambda: len(service.live_batches(OPEN.date(), 0)) >= 2, what="two batches")
    assert service.sessions() == []
    state, said = service.condition()
    assert (state, "newest bar 2026-01-05 14:31 UTC" in said) == ("ok", True), said
    service._live.stop()
    again = _service(home, url, _live(exchange, exchange.keys))
    assert again._live is not None
    last = service.live_batches(OPEN.date(), 0)[-1][0]
    eventually(lambda: exchange.listeners, what="the subscription after the restart")
    exchange.publish(exchange.tape.messages(exchange.tape.minutes[2]))
    eventually(lambda: again.live_batches(OPEN.date(), last), what="the batch after the restart")
    again._live.stop()


def test_the_last_trade_of_a_symbol_is_known(home: Path, url: str, exchange: Exchange) -> None:
    """Of the symbols asked for alone; an older one that comes late, and what is no trade, change nothing."""
    service = _service(home, url, _live(exchange, exchange.keys, trades=("AAA",)))
    assert service._live is not None
    eventually(lambda: exchange.listeners, what="the subscription")
    second = int(OPEN.timestamp())
    trade = {"T": "t", "S": "AAA", "i": 1, "x": "V", "p": 10.25, "s": 30, "c": ["@"], "z": "A"}
    exchange.publish([
        {**trade, "t": msgpack.Timestamp(second, 500)},
        {**trade, "t": msgpack.Timestamp(second - 1), "p": 9.0},
        {**trade, "t": msgpack.Timestamp(second + 1), "p": "ten"},
        {**trade, "t": msgpack.Timestamp(second), "S": "BBB"},
    ])  # fmt: skip
    trades = service._live.feed.trades
    eventually(lambda: trades.heard + trades.unread == 3, what="three trades")
    assert service.last_trades() == {"AAA": Trade(OPEN, 10.25, 30)}
    assert (trades.heard, trades.unread) == (2, 1)
    service._live.stop()


def test_refused_keys_make_the_service_degraded_and_nothing_else(home: Path, url: str, exchange: Exchange) -> None:
    """What is on record can still be asked for; the secret is in no text."""
    keys = AlpacaKeys(exchange.keys.key_id, SecretStr("a-wrong-secret"))
    service = _service(home, url, _live(exchange, keys))
    assert service._live is not None
    eventually(lambda: "auth failed" in service.condition()[1], what="the refusal")
    assert service.condition()[0] == "degraded"
    assert "a-wrong-secret" not in service.condition()[1]
    assert service.sessions() == []
    service._live.stop()


def test_a_live_feed_needs_keys(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wanted without them it is a wrong setting; with them its symbols are upper case."""
    monkeypatch.delenv("APCA_API_KEY_ID", raising=False)
    with pytest.raises(ConfigurationError, match="APCA_API_KEY_ID"):
        live_to_follow(read_settings(home=home, live_feed="alpaca"))
    assert live_to_follow(read_settings(home=home)) == LiveToFollow()
    wanted = read_settings(
        home=home, live_feed="alpaca", live_symbols=("spy",), apca_api_key_id="id", apca_api_secret_key="secret"
    )
    assert live_to_follow(wanted).rules.symbols == ("SPY",)
    assert "secret" not in repr(live_to_follow(wanted)).replace("secret_key", "")

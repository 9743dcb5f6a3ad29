"""Proxies of the shell: used where they can be, named in one sentence where they can't, never for this machine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from adapters.alpaca.bar_stream import AlpacaStream
from adapters.alpaca.broker import AlpacaBroker
from adapters.alpaca.http import AlpacaHttp, AlpacaKeys
from adapters.alpaca.trade_updates import TradeUpdates
from adapters.feeds.cboe_vix import CBOE, vix_rows
from adapters.news.rss import FeedNews
from adapters.proxies import Proxy, client_for, named, proxy_of, spare_local
from trading.broker.events import EventsInMemory
from trading.errors import ConfigurationError

KEYS = AlpacaKeys(SecretStr("k" * 10), SecretStr("s" * 10))
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


QUESTIONS: dict[str, Callable[[], object]] = {
    "vix": lambda: list(vix_rows(CBOE)),
    "news": lambda: FeedNews("https://feeds.example/rss").fetch(),
    "alpaca's data": lambda: AlpacaHttp(KEYS, "https://data.example").get("/v2/stocks/bars", {}, "bars"),
    "alpaca's trading": lambda: AlpacaBroker(KEYS, "https://api.example", EventsInMemory(), lambda: NOW),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ("https_proxy", "socks5h://u:secret@127.0.0.1:1"),
        ("all_proxy", "socks4://x"),
    ],
)
def test_a_socks_proxy_is_named_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, question: str, variable: str, value: str
) -> None:
    """By the variable that named it, with the ways out, at once and without its password."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=rf"{variable} is a SOCKS proxy.*Nothing was sent.*NO_PROXY=") as error:
        QUESTIONS[question]()
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("value", ["ftp://proxy:21", "http://", "http://proxy:port"])
def test_what_is_no_proxy_is_named_as_well(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Other schemes, and addresses that are none."""
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY is no address of an HTTP proxy"):
        client_for("https://a.example")


class _Heard:
    def __init__(self) -> None:
        self.said: list[str] = []

    def connected(self) -> None:
        raise AssertionError("nothing can be reached")

    def failed(self, why: str, *, refused: bool = False) -> None:
        self.said.append(f"{why} {refused}")

    def heard(self, messages: list[object]) -> None:
        raise AssertionError(messages)

    traded = heard


def test_streams_say_so_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The live feed and the trade updates, each to whoever listens."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    listener = _Heard()
    AlpacaStream(KEYS, url="wss://stream.example").listen(("F",), listener, threading.Event())  # type: ignore[arg-type]
    failed: list[str] = []
    with TradeUpdates(KEYS, "wss://api.example/stream", lambda _: None, failed.append) as updates:
        updates._thread.join(10)
        assert not updates.listening
    assert "ALL_PROXY is a SOCKS proxy" in listener.said[0]
    assert "ALL_PROXY is a SOCKS proxy" in failed[0]


def test_an_address_that_no_proxy_names_is_reached_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client is made where the proxy that can't be used isn't on the way, or another one counts."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", ".example")
    client_for("https://data.example").close()
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.internal:3128")
    client_for("https://data.elsewhere").close()
    with pytest.raises(ConfigurationError, match="ALL_PROXY"):
        client_for("http://data.elsewhere")


@pytest.mark.parametrize(
    ("environ", "url", "variable"),
    [
        ({"HTTPS_PROXY": "http://p:1", "ALL_PROXY": "http://q:1"}, "https://a.example", "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "http://p:1"}, "http://a.example", None),
        ({"HTTPS_PROXY": "http://p:1"}, "wss://a.example", "HTTPS_PROXY"),
        ({"ALL_PROXY": "p:1"}, "ws://a.example", "ALL_PROXY"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://p:1"}, "https://a.example", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, "https://a.example", None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "b.example, a.example"}, "https://a.example", None),
        ({"ALL_PROXY": "http://p:1"}, "http://127.0.0.1:8000", None),
        ({"ALL_PROXY": "http://p:1"}, "http://localhost:8000", None),
        ({"ALL_PROXY": "http://p:1"}, "http://[::1]:8000", None),
    ],
)
def test_the_proxy_that_counts(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], url: str, variable: str | None
) -> None:
    """Of the address's own kind, else of all; none for this machine and what NO_PROXY names."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    found = proxy_of(url)
    assert (None if found is None else found.variable) == variable


def test_an_http_proxy_is_used_and_this_machine_is_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question reaches the proxy; one to a server here doesn't."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        threading.Thread(target=_proxy, args=(proxy, asked), daemon=True).start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        with client_for("http://data.example") as client:
            assert client.get("http://data.example/x").text == "by proxy"
        with client_for("http://127.0.0.1:1") as client, pytest.raises(httpx.ConnectError):
            client.get("http://127.0.0.1:1/", timeout=5)
    assert [line.split(b"\r\n")[0] for line in asked] == [b"GET http://data.example/x HTTP/1.1"]


def _proxy(server: socket.socket, asked: list[bytes]) -> None:
    connection, _ = server.accept()
    with connection:
        asked.append(connection.recv(4096))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nby proxy")
        time.sleep(0.1)


def test_this_machine_is_added_to_what_is_spared() -> None:
    """To both spellings, once, and only where a proxy is named."""
    plain = {"PATH": "/bin"}
    spare_local(plain)
    assert plain == {"PATH": "/bin"}
    environ = {"HTTP_PROXY": "http://p:1", "NO_PROXY": "a.example,localhost"}
    for _ in range(2):
        spare_local(environ)
    assert environ["no_proxy"] == environ["NO_PROXY"] == "a.example,localhost,127.0.0.1,::1,169.254.169.254"
    assert named({"ALL_PROXY": " "}) == {}
    assert Proxy("ALL_PROXY", "http://u:p@h:3128/").shown == "http://h:3128"

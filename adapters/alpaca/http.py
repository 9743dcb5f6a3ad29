"""Alpaca's market data over HTTP: one bounded, paced, repeated question.

httpx and not Alpaca's own client: that one sets no time-out, so a server that hangs would hold it for ever, waits three
seconds on "too many requests" whatever the server says, and gives all pages at once. The tests hold what is built on
this to what that client does.

Source: https://docs.alpaca.markets/docs/getting-started-with-alpaca-market-data
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from pydantic import SecretStr

from adapters.alpaca.addresses import BASE_URL, FREE_REQUESTS_PER_MIN
from adapters.pace import TokenBucket, backoff_s, retry_after_s
from adapters.proxies import client_for
from trading.errors import AskedTooOftenError, BadDataError, ConfigurationError, UnavailableError

MOST_BYTES = 16 * 1024**2
TIMEOUT_S = 20.0
ATTEMPTS = 4
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True)
class AlpacaKeys:
    """APCA_API_KEY_ID and APCA_API_SECRET_KEY; sent as headers and written nowhere."""

    key_id: SecretStr
    secret_key: SecretStr

    def headers(self) -> dict[str, str]:
        """What a request carries."""
        return {
            "APCA-API-KEY-ID": self.key_id.get_secret_value(),
            "APCA-API-SECRET-KEY": self.secret_key.get_secret_value(),
            "User-Agent": "inplay",
        }


@dataclass(frozen=True)
class AlpacaHttp:
    """Questions to Alpaca's market data.

    Attributes:
        bucket: how often it is asked, as the plan allows.
        wait: passes that many seconds.
        seconds: a clock that never goes back.
        chance: draws from [0, 1), for the jitter.
        attempts: at one question.
        longest_wait_s: that is waited on "too many requests"; what asks for more is told so.
    """

    keys: AlpacaKeys
    base_url: str = BASE_URL
    timeout_s: float = TIMEOUT_S
    bucket: TokenBucket = field(default_factory=lambda: TokenBucket(FREE_REQUESTS_PER_MIN))
    wait: Callable[[float], object] = time.sleep
    seconds: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    attempts: int = ATTEMPTS
    longest_wait_s: float = LONGEST_WAIT_S

    def get(self, path: str, asked: Mapping[str, str], what: str) -> dict[str, Any]:
        """The answer, a JSON object; a few attempts are made.

        Args:
            path: on the server.
            asked: the query.
            what: is asked for, in words.

        Raises:
            UnavailableError: when Alpaca can't be reached.
            AskedTooOftenError: when it asks for a longer pause than can be waited here.
            ConfigurationError: when it refuses the keys, the plan doesn't cover this, or a proxy can't be used.
            BadDataError: when it answers something else, or calls the question wrong.
        """
        options = {"base_url": self.base_url, "headers": self.keys.headers(), "timeout": self.timeout_s}
        with client_for(self.base_url, **options) as client:
            for attempt in range(1, self.attempts + 1):
                try:
                    self.bucket.take()
                    return self._answer(client, path, asked, what)
                except AskedTooOftenError as error:
                    if attempt == self.attempts or error.retry_after_s > self.longest_wait_s:
                        raise
                    self.wait(error.retry_after_s)
                except UnavailableError:
                    if attempt == self.attempts:
                        raise
                    self.wait(backoff_s(attempt, self.chance()))
        raise AssertionError("the loop above returns or raises")

    def _answer(self, client: httpx.Client, path: str, asked: Mapping[str, str], what: str) -> dict[str, Any]:
        try:
            with client.stream("GET", path, params=dict(asked)) as answer:
                data = self._bounded(answer, what)
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise UnavailableError(f"Alpaca's {what}: {said}. Nothing was lost; asking again goes on.") from error
        _require_success(answer, data, what)
        try:
            found = json.loads(data)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise BadDataError(f"Alpaca answered something else than {what}. Nothing of it was used.")
        return found

    def _bounded(self, answer: httpx.Response, what: str) -> bytes:
        ends, data = self.seconds() + self.timeout_s, bytearray()
        for block in answer.iter_bytes(65_536):
            data += block
            if len(data) > MOST_BYTES or self.seconds() > ends:
                raise UnavailableError(
                    f"A page of Alpaca's {what} is over {MOST_BYTES:,} bytes or took over {self.timeout_s:g} s. It was "
                    "not used; asking again goes on."
                )
        return bytes(data)


def _require_success(answer: httpx.Response, data: bytes, what: str) -> None:
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise ConfigurationError(
            "Alpaca answered 401: it refuses the keys. Nothing was fetched. Correct APCA_API_KEY_ID and "
            "APCA_API_SECRET_KEY."
        )
    if answer.status_code == httpx.codes.FORBIDDEN:
        raise ConfigurationError(
            f"Alpaca answered 403: it refuses the keys, or the plan doesn't cover these {what} ({_said(data)}). "
            "Nothing was fetched. Correct APCA_API_KEY_ID and APCA_API_SECRET_KEY, or take the free plan's feed, iex."
        )
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        wait_s = retry_after_s(answer.headers.get("Retry-After"))
        raise AskedTooOftenError(f"Alpaca was asked too often for {what}. Nothing was lost; asking later.", wait_s)
    if answer.status_code in {httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY}:
        raise BadDataError(f"Alpaca calls the question for {what} wrong: {_said(data)}. Nothing was fetched.")
    if not answer.is_success:
        raise UnavailableError(
            f"Alpaca's {what} answered {answer.status_code}. Nothing was lost; asking again goes on."
        )


def _said(data: bytes) -> str:
    return data[:200].decode("utf-8", "replace").strip()

"""Alpaca's news (Benzinga), page by page, oldest first.

httpx and not Alpaca's own client: that one sets no time-out, so a server that hangs would hold it for ever, and waits
three seconds on "too many requests" whatever the server says. The tests hold this adapter to what that client does.

Source: https://docs.alpaca.markets/reference/news-3
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from adapters.news_feeds import retry_after_s
from trading.errors import AskedTooOftenError, BadDataError, ConfigurationError, UnavailableError
from trading.news.article import Fetched, RawArticle

BASE_URL = "https://data.alpaca.markets"
PAGE_ROWS = 50
"""The most that Alpaca gives at once."""
MOST_PAGES = 20
"""In one fetch: 1,000 articles, about a day's; a longer absence is caught up fetch by fetch."""
MOST_BYTES = 16 * 1024**2
TIMEOUT_S = 20.0
ATTEMPTS = 3
LONGEST_WAIT_S = 20.0
FIRST_FETCH = timedelta(days=1)
OVERLAP = timedelta(minutes=10)
"""Asked again at each fetch: an article may be listed a little after its own time."""


@dataclass(frozen=True)
class AlpacaPages:
    """Articles by their time of change.

    Attributes:
        reached: time of the last one; None without any.
        more: whether there are later ones.
    """

    fetched: Fetched
    reached: datetime | None
    more: bool


@dataclass(frozen=True)
class AlpacaNews:
    """Alpaca's news of the whole market.

    Attributes:
        key_id: APCA_API_KEY_ID, and `secret_key`: APCA_API_SECRET_KEY; sent as headers and written nowhere.
        base_url: of Alpaca's market data.
        clock: what time it is.
        wait: passes that many seconds.
        seconds: a clock that never goes back.
    """

    key_id: SecretStr
    secret_key: SecretStr
    base_url: str = BASE_URL
    timeout_s: float = TIMEOUT_S
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    wait: Callable[[float], None] = time.sleep
    seconds: Callable[[], float] = time.monotonic

    def fetch(self) -> Fetched:
        """The articles of the last day."""
        return self.fetch_from(None).fetched

    def fetch_from(self, reached: datetime | None) -> AlpacaPages:
        """The articles that were written or changed from shortly before `reached` on; of the last day without one.

        Raises:
            UnavailableError: when Alpaca can't be reached, pages before it included: they come again.
            AskedTooOftenError: when it asks for a longer pause than a fetch can wait.
            ConfigurationError: when it refuses the keys.
            BadDataError: when it answers something else than news.
        """
        start = reached - OVERLAP if reached is not None else self.clock() - FIRST_FETCH
        rows: list[Any] = []
        token: str | None = None
        with httpx.Client(base_url=self.base_url, headers=self._headers(), timeout=self.timeout_s) as client:
            for _ in range(MOST_PAGES):
                page = self._page(client, start, token)
                rows.extend(page["news"])
                token = page.get("next_page_token")
                if not token:
                    break
        articles, refused = _articles(rows)
        times = [article.published_at for article in articles if isinstance(article.published_at, datetime)]
        return AlpacaPages(Fetched(articles, refused), max(times, default=None), more=bool(token))

    def _headers(self) -> dict[str, str]:
        return {
            "APCA-API-KEY-ID": self.key_id.get_secret_value(),
            "APCA-API-SECRET-KEY": self.secret_key.get_secret_value(),
            "User-Agent": "inplay",
        }

    def _page(self, client: httpx.Client, start: datetime, token: str | None) -> dict[str, Any]:
        asked = {
            "start": start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sort": "asc",
            "limit": str(PAGE_ROWS),
            "include_content": "true",
            **({"page_token": token} if token else {}),
        }
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._answer(client, asked)
            except AskedTooOftenError as error:
                if attempt == ATTEMPTS or error.retry_after_s > LONGEST_WAIT_S:
                    raise
                self.wait(error.retry_after_s)
            except UnavailableError:
                if attempt == ATTEMPTS:
                    raise
                self.wait(float(2**attempt))
        raise AssertionError("the loop above returns or raises")

    def _answer(self, client: httpx.Client, asked: dict[str, str]) -> dict[str, Any]:
        try:
            with client.stream("GET", "/v1beta1/news", params=asked) as answer:
                _require_success(answer)
                data = self._bounded(answer)
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise UnavailableError(f"Alpaca's news: {said}. No news were lost; the next fetch tries again.") from error
        try:
            page = json.loads(data)
        except ValueError:
            page = None
        if not isinstance(page, dict) or not isinstance(page.get("news"), list):
            raise BadDataError("Alpaca answered something else than news. Nothing of it was used.")
        return page

    def _bounded(self, answer: httpx.Response) -> bytes:
        ends, data = self.seconds() + self.timeout_s, bytearray()
        for block in answer.iter_bytes(65_536):
            data += block
            if len(data) > MOST_BYTES or self.seconds() > ends:
                raise UnavailableError(
                    f"A page of Alpaca's news is over {MOST_BYTES:,} bytes or took over {self.timeout_s:g} s. It was "
                    "not used; the next fetch tries again."
                )
        return bytes(data)


def _require_success(answer: httpx.Response) -> None:
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        raise ConfigurationError(
            f"Alpaca answered {answer.status_code}: it refuses the keys. Nothing was fetched. Correct APCA_API_KEY_ID "
            "and APCA_API_SECRET_KEY."
        )
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        wait_s = retry_after_s(answer.headers.get("Retry-After"))
        raise AskedTooOftenError("Alpaca was asked too often. No news were lost; asking later.", wait_s)
    if not answer.is_success:
        raise UnavailableError(
            f"Alpaca's news answered {answer.status_code}. No news were lost; the next fetch tries again."
        )


def _articles(rows: list[Any]) -> tuple[tuple[RawArticle, ...], Counter[str]]:
    """The articles, each as of its latest change: an earlier time would date text that came later."""
    found, refused = [], Counter[str]()
    for row in rows:
        if not isinstance(row, dict):
            refused["no article"] += 1
            continue
        changed = row.get("updated_at") or row.get("created_at")
        found.append(
            RawArticle(
                published_at=_instant(changed),
                headline=_text(row.get("headline")),
                body=_text(row.get("content")) or _text(row.get("summary")),
                url=_text(row.get("url")),
                symbols=tuple(str(symbol) for symbol in row.get("symbols") or ()),
            )
        )
    return tuple(found), refused


def _instant(value: Any) -> datetime | str | None:
    """An aware time, or the text as it came, for the import to refuse and count."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return at if at.tzinfo is not None else value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None

"""Alpaca's news (Benzinga), page by page, oldest first.

The tests hold this adapter to what Alpaca's own client does; `adapters/alpaca/http.py` says why it isn't that one.

Source: https://docs.alpaca.markets/reference/news-3
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from adapters.alpaca.addresses import BASE_URL
from adapters.alpaca.http import TIMEOUT_S, AlpacaHttp, AlpacaKeys
from trading.errors import BadDataError
from trading.news.article import Fetched, RawArticle

PAGE_ROWS = 50
"""The most that Alpaca gives at once."""
MOST_PAGES = 20
"""In one fetch: 1,000 articles, about a day's; a longer absence is caught up fetch by fetch."""
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
        http = self._http()
        for _ in range(MOST_PAGES):
            page = _page(http, start, token)
            rows.extend(page["news"])
            token = page.get("next_page_token")
            if not token:
                break
        articles, refused = _articles(rows)
        times = [article.published_at for article in articles if isinstance(article.published_at, datetime)]
        return AlpacaPages(Fetched(articles, refused), max(times, default=None), more=bool(token))

    def _http(self) -> AlpacaHttp:
        return AlpacaHttp(
            AlpacaKeys(self.key_id, self.secret_key), self.base_url, self.timeout_s, wait=self.wait,
            seconds=self.seconds, attempts=ATTEMPTS, longest_wait_s=LONGEST_WAIT_S,
        )  # fmt: skip


def _page(http: AlpacaHttp, start: datetime, token: str | None) -> dict[str, Any]:
    asked = {
        "start": start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sort": "asc",
        "limit": str(PAGE_ROWS),
        "include_content": "true",
        **({"page_token": token} if token else {}),
    }
    page = http.get("/v1beta1/news", asked, "news")
    if not isinstance(page.get("news"), list):
        raise BadDataError("Alpaca answered something else than news. Nothing of it was used.")
    return page


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

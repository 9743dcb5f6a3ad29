"""Following sources of news: each asked again and again on a thread of its own, none able to hold up another."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import psycopg
import structlog
from pydantic import SecretStr

from adapters.postgres.news import ON_RECORD
from adapters.postgres.news_coverage import CoverageStore, Heard
from adapters.postgres.pool import Pool, open_pool
from data.news.importing import NewsImport
from data.news.port import FollowedSource, Poll
from data.news.sources import NewsToFollow
from trading.errors import AskedTooOftenError, InplayError
from trading.news.article import Fetched, RawArticle
from trading.news.normalise import Rules

LONGEST_PAUSE_S = 3_600.0
JITTER = 0.2
"""Share of a pause that chance adds, so that many installations don't ask at the same second."""
MOST_AT_ONCE = 20
"""Fetches in a row while a source has more."""


@dataclass(frozen=True)
class SourceState:
    """How a source does, since this process follows it.

    Attributes:
        failures: in a row; 0 after a success.
        articles: new ones.
    """

    failures: int = 0
    articles: int = 0
    last_success_at: datetime | None = None
    last_error: str = ""


class Follower:
    """One source.

    Args:
        source: what is asked.
        pool: of the record.
        delay: from publication to the first decision.
        clock: what time it is.
    """

    def __init__(self, source: FollowedSource, pool: Pool, delay: timedelta, clock: Callable[[], datetime]) -> None:
        self.source = source
        self.state = SourceState()
        self._import = NewsImport(pool)
        self._coverage = CoverageStore(pool)
        self._delay = delay
        self._clock = clock
        self._seen: frozenset[RawArticle] = frozenset()

    def poll(self) -> bool:
        """What the source has is on record, and that it was heard; returns whether it has more at once.

        An article is knowable once we had it, whatever its own time says. The mark is written last: a stop in between
        fetches the same articles again, and each is on record once.

        Raises:
            InplayError: when the source or the record can't be had; nothing is lost.
        """
        source = self.source
        poll = source.fetch_since(self._coverage.mark(source.name))
        at = self._clock()
        stored, joined = self._bring(poll, at)
        if not poll.more:  # while it has more it isn't followed up to now
            heard = Heard(source.name, source.channel, source.symbols, at, poll.mark, stored, joined=joined)
            self._coverage.heard(heard)
        else:
            self._coverage.advance(source.name, source.channel, source.symbols, poll.mark, stored)
        self.state = SourceState(0, self.state.articles + stored, at)
        return poll.more

    def _bring(self, poll: Poll, at: datetime) -> tuple[int, bool]:
        """How many articles are new, and whether the fetch reached back to what was there."""
        raws = frozenset(poll.fetched.articles)
        fresh = tuple(raw for raw in poll.fetched.articles if raw not in self._seen)
        overlap = len(fresh) < len(poll.fetched.articles)
        stored = 0
        if fresh or poll.fetched.refused:
            rules = Rules(self.source.name, self.source.channel, at, delay=self._delay, fetched_at=at)
            counts, _ = self._import.bring(Fetched(fresh, poll.fetched.refused), rules)
            stored, overlap = counts.stored, overlap or counts.duplicate[ON_RECORD] > 0
        if raws:
            self._seen = raws
        return stored, overlap if poll.joined is None else poll.joined

    def failed(self, error: str) -> None:
        """The failure is remembered, and on record if the record can be had."""
        self.state = SourceState(self.state.failures + 1, self.state.articles, self.state.last_success_at, error)
        source = self.source
        try:
            self._coverage.failed(source.name, source.channel, source.symbols, error, self._clock())
        except (InplayError, psycopg.Error) as gone:
            structlog.get_logger().warning("news_failure_not_recorded", source=source.name, reason=str(gone))


class Following:
    """All sources of the settings.

    Args:
        wanted: which, and how often.
        database_url: of the record.
        clock: what time it is.
        chance: draws from [0, 1), for the jitter; no decision depends on it.
    """

    def __init__(
        self,
        wanted: NewsToFollow,
        database_url: SecretStr,
        clock: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._wanted = wanted
        self._url = database_url
        self._clock = clock
        self._chance = chance
        self._stop = threading.Event()
        self._sources = [source.open() for source in wanted.sources]
        self._followers: dict[str, Follower] = {}
        self._unstarted = ""

    def start(self) -> None:
        """Each source is followed on a thread of its own; without sources nothing happens."""
        if self._sources:
            threading.Thread(target=self._open, name="news", daemon=True).start()

    def _open(self) -> None:
        """The followers run, once the record can be had. Their pool is their own: decisions never wait for it."""
        while True:
            try:
                pool = open_pool(
                    self._url.get_secret_value(), name="inplay news following", size=len(self._sources) + 1
                )
                break
            except InplayError as error:
                self._unstarted = str(error)
            if self._stop.wait(self._wanted.interval_s):
                return
        delay = timedelta(seconds=self._wanted.delay_s)
        for source in self._sources:
            follower = Follower(source, pool, delay, self._clock)
            self._followers[source.name] = follower
            threading.Thread(target=self._follow, args=(follower,), name=f"news {source.name}", daemon=True).start()

    def _follow(self, follower: Follower) -> None:
        while not self._stop.wait(self._turn(follower)):
            pass

    def _turn(self, follower: Follower) -> float:
        """One poll, whatever comes of it; returns the pause until the next."""
        asked_for_s = 0.0
        try:
            for _ in range(MOST_AT_ONCE):
                if not follower.poll():
                    break
        except AskedTooOftenError as error:
            follower.failed(str(error))
            asked_for_s = error.retry_after_s
        except InplayError as error:
            follower.failed(str(error))
        except Exception as error:  # noqa: BLE001 - a defect in reading one source must not end it for good, nor take others along
            structlog.get_logger().exception("news_source_defect", source=follower.source.name)
            follower.failed(f"a defect: {type(error).__name__}; the log has the trace")
        return max(asked_for_s, pause_s(self._wanted.interval_s, follower.state.failures, self._chance()))

    def stop(self) -> None:
        """No source is asked again."""
        self._stop.set()

    def condition(self) -> tuple[Literal["ok", "degraded"], str]:
        """Well, or which sources can't be had, with what each brought."""
        if not self._sources:
            return "ok", "no source of news is followed"
        if len(self._followers) < len(self._sources):
            return "degraded", f"not following yet: {self._unstarted or 'the record is being opened'}"
        states = {name: follower.state for name, follower in self._followers.items()}
        worst: Literal["ok", "degraded"] = "degraded" if any(state.failures for state in states.values()) else "ok"
        return worst, "; ".join(f"{name}: {_words(state)}" for name, state in states.items())

    def failing_share(self) -> float:
        """Of the sources that are followed, those whose last fetch failed; 0 where none is followed."""
        states = [follower.state for follower in list(self._followers.values())]
        return sum(bool(state.failures) for state in states) / max(len(states), 1)


def pause_s(interval_s: float, failures: int, chance: float) -> float:
    """The pause before the next fetch: the interval, doubled with each failure in a row up to an hour, and jitter."""
    backed_off = min(interval_s * 2.0 ** min(failures, 10), max(LONGEST_PAUSE_S, interval_s))
    return backed_off * (1 + JITTER * chance)


def _words(state: SourceState) -> str:
    heard = f"last heard {state.last_success_at:%Y-%m-%d %H:%M:%S} UTC" if state.last_success_at else "never heard"
    failed = f", failed {state.failures} times: {state.last_error}" if state.failures else ""
    return f"{state.articles} new articles, {heard}{failed}"

"""News: what is known of events and stories, and from when on it may be used; follows the sources that are set."""

from __future__ import annotations

from datetime import date
from functools import cached_property

from actors.service import Condition, Service
from actors.wiring import Wiring, now
from adapters.sample.bundled import load_earnings
from data.known_at import known_at_close
from data.news.following import Following
from data.news.known import NewsMemory
from trading.catalysts.known import KnownEvents
from trading.cycle import services
from trading.cycle.questions import question


class News(Service):
    """Writer of the catalysts and the news."""

    name = "news"

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(wiring)
        self._following = Following(wiring.news, wiring.database_url, now)
        self._following.start()

    @cached_property
    def _news(self) -> NewsMemory:
        return NewsMemory(self.pool)

    def import_earnings(self) -> int:
        """The bundled earnings dates are on record; returns how many are new."""
        earnings = load_earnings()
        return self.on_record.events.record_earnings(earnings.table, source="bundled earnings dates", at=now())

    def known_at(self, session: date) -> KnownEvents:
        """What was knowable at the close of the session; of events without an hour, those of earlier days."""
        known = known_at_close(self.on_record, session, self._news)
        return KnownEvents(known.events, known.news)

    def covered_symbols(self, session: date) -> int:
        """How many companies the calendar of earnings covers at the close of the session."""
        return len(known_at_close(self.on_record, session).covered)

    def condition(self) -> Condition:
        """Well, or which sources can't be had; trading goes on without them."""
        return self._following.condition()

    def late_share(self) -> float:
        """Of its sources, those that can't be had."""
        return self._following.failing_share()


class AskNews(services.AskNews):
    """Questions to the news: those of a session, and those of a run."""

    import_earnings = question(News.import_earnings)

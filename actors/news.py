"""News: what is known of events, and from when on it may be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pyarrow as pa

from actors.service import Service
from adapters.postgres.catalysts import CatalystStore
from adapters.sample import load_earnings
from trading.catalysts import covered_at

FIRST_DAY = date(1900, 1, 1)


@dataclass(frozen=True)
class KnownEvents:
    """Events that a decision at the close of a session may use.

    Attributes:
        events: columns `symbol`, `event_date` and more.
        covered: symbols whose events the sources would have had.
    """

    events: pa.Table
    covered: frozenset[str]


class News(Service):
    """Writer of the catalysts."""

    name = "news"

    @cached_property
    def _store(self) -> CatalystStore:
        return CatalystStore(self.pool)

    def import_earnings(self) -> int:
        """The bundled earnings dates are on record; returns how many are new."""
        earnings = load_earnings()
        return self._store.record_earnings(earnings.table, source="bundled earnings dates")

    def known_at(self, session: date) -> KnownEvents:
        """What was knowable at the close of the session: events of earlier days, since their hour isn't known."""
        events = self._store.load(FIRST_DAY, session)
        return KnownEvents(events, covered_at(events, session))

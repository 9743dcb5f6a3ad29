"""Why a session comes out otherwise when it is traded again: what came in, or was set, after it was traded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from adapters.calendar import close_of
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.pool import Cursor, Pool, transaction
from adapters.postgres.risk_limits import RiskLimits
from trading.broker.controls import WITHDRAWN
from trading.ledger.double_entry import Draft
from trading.risk.limits import Limits, changed

UNEXPLAINED = "unexplained"
OPENING = frozenset({"buy", "sell_short"})
# Files of other tiers than the hot one were merged or moved, which changes no bar.
LATE_FILES = (
    "SELECT count(*) FROM bar_files WHERE timeframe = '1d' AND tier = 'hot' AND first_session <= %(day)s "
    "AND written_at > %(done)s"
)
CORRECTED = (
    "SELECT c.symbol, count(*), min(c.session), max(c.session) FROM bar_corrections AS c JOIN bar_imports USING "
    "(import_id) WHERE c.timeframe = '1d' AND c.session <= %(day)s AND imported_at > %(done)s GROUP BY 1 ORDER BY 1"
)
LATE_SPLITS = (
    "SELECT symbol, session FROM splits JOIN bar_imports USING (import_id) WHERE session <= %(day)s "
    "AND imported_at > %(done)s ORDER BY 1, 2"
)
LATE_BREAKS = LATE_SPLITS.replace("splits", "bar_breaks")
# A day that another source had named in time is nothing new.
LATE_EVENTS = (
    "SELECT symbol, count(*), min(event_date), max(event_date) FROM (SELECT symbol, event_date FROM catalysts "
    "WHERE origin = 'calendar' AND event_date < %(day)s GROUP BY 1, 2 "
    "HAVING min(coalesce(recorded_at, '-infinity')) > %(done)s) AS late GROUP BY 1 ORDER BY 1"
)
LATE_VIX = "SELECT count(*) FROM vix_closes WHERE day < %(day)s AND imported_at > %(done)s"
LATE_NEWS = (
    "SELECT count(*) FROM news_articles JOIN news_imports USING (import_id) WHERE knowable_at < %(close)s "
    "AND imported_at > %(done)s"
)
OTHER_SENTIMENT = "SELECT count(*) FROM sentiment_scorers WHERE chosen_at > %(done)s"


@dataclass(frozen=True)
class Changes:
    """What changed after a session was traded.

    Attributes:
        of_symbols: late data of one symbol's own, in words.
        of_all: late data that reach every symbol through ranks, correlations and the market's context.
        settings: limits that are otherwise now, in words.
        withheld: why orders of the session were withheld when it was traded; empty when none were.
    """

    of_symbols: Mapping[str, str] = field(default_factory=dict)
    of_all: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    withheld: str = ""

    @property
    def said(self) -> tuple[str, ...]:
        """All of it, in words."""
        own = [f"late data: {words}" for words in self.of_symbols.values()]
        return (*own, *self.of_all, *self.settings, *([self.withheld] if self.withheld else []))

    def cause(self, draft: Draft, *, on_record: bool) -> str:
        """What the entry's difference comes from, the nearest cause first; `unexplained` where nothing changed.

        Args:
            draft: the entry.
            on_record: whether the session as it was traded has such an entry.
        """
        told: Mapping[str, Any] = draft.payload
        if self.withheld and not on_record and draft.kind == "order" and told.get("side") in OPENING:
            return self.withheld
        if on_record and draft.kind == "cancel" and str(told["reason"]).startswith(WITHDRAWN):
            return str(told["reason"])
        own = self.of_symbols.get(str(told.get("symbol", "")))
        if own is not None:
            return "; ".join([f"late data: {own}", *self.settings])
        others = [f"late data of other symbols: {len(self.of_symbols)}"] if self.of_symbols else []
        return "; ".join([*self.settings, *others, *self.of_all]) or UNEXPLAINED


def changes_since(pool: Pool, session: date, now: Limits | None = None) -> Changes:
    """What the record holds now that it didn't when the session was traded; nothing where it wasn't traded.

    Args:
        pool: of the record.
        session: that was traded.
        now: limits that the session is traded with again, to be held against those in force then.
    """
    with transaction(pool) as cursor:
        cursor.execute("SELECT completed_at FROM replay_sessions WHERE session = %s", [session])
        row = cursor.fetchone()
        if row is None:
            return Changes()
        asked: dict[str, object] = {"day": session, "done": row[0], "close": close_of(session)}
        of_symbols = _of_symbols(cursor, asked)
        counts = (
            (LATE_FILES, "files of bars"), (LATE_VIX, "closes of the VIX"), (LATE_NEWS, "articles of news"),
            (OTHER_SENTIMENT, "choices of a scorer of sentiment"),
        )  # fmt: skip
        of_all = []
        for query, name in counts:
            cursor.execute(query.encode(), asked)
            (count,) = cursor.fetchone() or (0,)
            if count:
                of_all.append(f"late data: {count} {name} recorded after the session was traded")
    then = RiskLimits(pool).in_force(row[0])
    settings = [] if then is None or now is None else changed(then.limits, now)
    said = tuple(f"other settings: {words}" for words in settings)
    return Changes(of_symbols, tuple(of_all), said, ControlRecord(pool).withheld(session))


def _of_symbols(cursor: Cursor, asked: dict[str, object]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for query, name, became in ((CORRECTED, "bars", "corrected"), (LATE_EVENTS, "earnings days", "recorded")):
        cursor.execute(query.encode(), asked)
        for symbol, count, first, last in cursor.fetchall():
            days = f"{first}" if first == last else f"{first} to {last}"
            found.setdefault(symbol, []).append(f"{count} {name} of {symbol} {became} ({days})")
    for query, name in ((LATE_SPLITS, "split"), (LATE_BREAKS, "break")):
        cursor.execute(query.encode(), asked)
        for symbol, day in cursor.fetchall():
            found.setdefault(symbol, []).append(f"{name} of {symbol} on {day} found")
    return {symbol: ", ".join(words) + " after the session was traded" for symbol, words in found.items()}

"""What came on record after a session was traded: bars, splits, breaks, earnings days, the VIX, news, sentiment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from adapters.postgres.pool import Cursor, Pool, transaction

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
    "AND imported_at > %(done)s UNION SELECT symbol, session FROM split_rulings WHERE session <= %(day)s "
    "AND ruled_at > %(done)s ORDER BY 1, 2"
)
LATE_BREAKS = (
    "SELECT symbol, session FROM bar_breaks JOIN bar_imports USING (import_id) WHERE session <= %(day)s "
    "AND imported_at > %(done)s ORDER BY 1, 2"
)
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
BAR_FILES, VIX_CLOSES = "files of bars", "closes of the VIX"
OF_ALL = (
    (LATE_FILES, BAR_FILES), (LATE_VIX, VIX_CLOSES), (LATE_NEWS, "articles of news"),
    (OTHER_SENTIMENT, "choices of a scorer of sentiment"),
)  # fmt: skip
Spans = tuple[tuple[str, int, date, date], ...]
Jumps = tuple[tuple[str, date], ...]


@dataclass(frozen=True)
class Late:
    """What the record holds of a session's past that it didn't when the session was traded.

    Attributes:
        completed_at: when the session was traded.
        corrected: daily bars with other values since: symbol, how many, first and last session; by symbol.
        events: earnings days, likewise.
        splits: that took effect by then, with their symbols; by symbol.
        breaks: likewise.
        of_all: what reaches every symbol: what it is, and how many.
    """

    completed_at: datetime
    corrected: Spans
    events: Spans
    splits: Jumps
    breaks: Jumps
    of_all: tuple[tuple[str, int], ...]


class LateData:
    """Reader of what came late."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def after(self, session: date, close: datetime) -> Late | None:
        """What came after the session was traded and is about its past; None where it wasn't traded.

        Args:
            session: of the cycle.
            close: of the session; news that were knowable later are not of its past.
        """
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT completed_at FROM replay_sessions WHERE session = %s", [session])
            row = cursor.fetchone()
            if row is None:
                return None
            asked: dict[str, object] = {"day": session, "done": row[0], "close": close}
            corrected, events, splits, breaks = (
                _rows(cursor, query, asked) for query in (CORRECTED, LATE_EVENTS, LATE_SPLITS, LATE_BREAKS)
            )
            of_all = tuple((name, _rows(cursor, query, asked)[0][0]) for query, name in OF_ALL)
        return Late(
            completed_at=row[0], corrected=corrected, events=events, splits=splits, breaks=breaks, of_all=of_all
        )


def _rows(cursor: Cursor, query: str, asked: dict[str, object]) -> tuple[tuple[Any, ...], ...]:
    cursor.execute(query.encode(), asked)
    return tuple(cursor.fetchall())

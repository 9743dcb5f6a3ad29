"""What was known at an instant: the one reading that the run, the backtest, the scan and the statistics share.

Each kind of fact has one rule of when it is known, and each rule is one function here:

    bars, splits, breaks    by the close of their session
    VIX                     from the session after its day on
    earnings days           from the midnight after them on, since their hour isn't known
    coverage of earnings    by the days before the session
    news, what was followed strictly before the instant
    sectors                 always: since when they are known isn't kept

Dividends are on record too and nobody who decides reads them: prices stay as printed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adapters.calendar import close_times, closed_at, session_on
from adapters.record import Record
from data.news.known import NewsMemory, news_record, rows_before
from trading.arrays import Days, Floats
from trading.bars.actions import Break, Split
from trading.bars.history import as_of
from trading.bars.panel import Panel, as_day
from trading.catalysts.earnings import covered_at
from trading.cycle.stages import Market, analyse
from trading.news.coverage import Followed
from trading.news.record import NewsAt, NewsRecord

Jump = TypeVar("Jump", Split, Break)
Vix = tuple[Days, Floats]
FIRST_DAY = date(1900, 1, 1)


@dataclass(frozen=True, eq=False)
class Known:
    """What the record tells at an instant; each part is read when it is first asked for, and but for bars once.

    Attributes:
        record: that is read.
        session: the last that had closed by then.
        at: the instant, not before that close.
        memory: of the news, for a service that asks session after session.
    """

    record: Record
    session: date
    at: datetime
    memory: NewsMemory | None = None

    def bars(self, symbols: Collection[str] | None = None) -> pa.Table:
        """Daily bars of these symbols, of all if None: prices as printed, by symbol, then session; not kept here."""
        return self.record.bars.read(FIRST_DAY, self.session, symbols=symbols)

    @cached_property
    def splits(self) -> tuple[Split, ...]:
        """That had taken effect, by session, then symbol."""
        return taken_effect(self.record.bar_tables.splits(), self.session)

    @cached_property
    def breaks(self) -> tuple[Break, ...]:
        """Likewise."""
        return taken_effect(self.record.bar_tables.breaks(), self.session)

    @cached_property
    def sectors(self) -> dict[str, str]:
        """By symbol, for those that have one."""
        return self.record.bar_tables.sectors()

    @cached_property
    def vix(self) -> Vix | None:
        """Days before the session, and closes; None where none is on record."""
        return self.record.vix.closes_before(self.session)

    @cached_property
    def events(self) -> pa.Table:
        """Earnings days, columns `symbol`, `event_date` and more, by date and symbol."""
        return knowable_by(self.record.events.load(FIRST_DAY, session_on(self.at)), self.at)

    @cached_property
    def covered(self) -> frozenset[str]:
        """Symbols whose earnings days the sources would have had."""
        return covered_at(self.events, self.session)

    @cached_property
    def news(self) -> NewsRecord:
        """Stories and posts, and when their sources were followed."""
        return news_record(self.record.pool, self.at) if self.memory is None else self.memory.record(self.at)

    def market(self, bars: pa.Table | Panel | None = None) -> Market:
        """The history, each symbol from its latest break on and in shares of the session, analysed.

        Args:
            bars: that were read before, of later sessions too perhaps; read now if None.
        """
        history = as_of(self.bars() if bars is None else bars, self.splits, self.breaks, self.session)
        return analyse(history, vix=self.vix, sectors=self.sectors)

    def news_at(self, panel: Panel) -> NewsAt:
        """The news, with the close of each bar's session as the time of its decision."""
        return NewsAt(self.news, close_times(panel.sessions))


def known_at_close(record: Record, session: date, memory: NewsMemory | None = None) -> Known:
    """What was known when the session closed; at 16:00 New York time on a day that the calendar doesn't have."""
    return Known(record, session, closed_at(session), memory)


def taken_effect(jumps: Iterable[Jump], session: date) -> tuple[Jump, ...]:
    """Those of the session and of earlier ones."""
    return tuple(jump for jump in jumps if jump.session <= session)


def closed_before(vix: Vix | None, session: date) -> Vix | None:
    """The days before the session, and their closes; None where none is left."""
    if vix is None:
        return None
    earlier = vix[0] < as_day(session)
    return (vix[0][earlier], vix[1][earlier]) if earlier.any() else None


def knowable_by(events: pa.Table, at: datetime) -> pa.Table:
    """Events that a decision at the instant may use, its own included."""
    knowable = events.column("knowable_at")
    return events.filter(pc.less_equal(knowable, pa.scalar(at.astimezone(UTC), knowable.type)))


def told_before(news: NewsRecord, at: datetime) -> NewsRecord:
    """News knowable before the instant, and what had been followed by then."""
    stamp = np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "s")
    followed = (_followed_before(one, stamp) for one in news.followed)
    return NewsRecord(rows_before(news.rows, at), tuple(one for one in followed if len(one.begin)))


def _followed_before(source: Followed, at: np.datetime64) -> Followed:
    begun = source.begin < at
    return replace(
        source,
        begin=source.begin[begun],
        end=np.minimum(source.end[begun], at),
        complete_from=source.complete_from[begun],
    )

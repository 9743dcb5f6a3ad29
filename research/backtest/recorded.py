"""Everything that decisions of a backtest are made of, read from the record once and kept in memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adapters.bars.locations import TierLocations
from adapters.bars.store import BarStore
from adapters.calendar import close_of
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.catalysts import CatalystStore
from adapters.postgres.pool import Pool
from adapters.postgres.vix import VixStore
from data.news.known import news_record
from trading.bars.actions import Break, Split
from trading.bars.panel import Days, Floats, as_date, as_day
from trading.errors import BadDataError
from trading.news.record import NEWS_SCHEMA, NewsRecord

FIRST_DAY = date(1900, 1, 1)


@dataclass(frozen=True)
class Recorded:
    """The record as it is known at the close of its last session.

    Attributes:
        bars: daily, prices as printed, by session, then symbol.
        splits: and breaks that took effect by then, of these symbols.
        sectors: by symbol, for those that have one.
        events: columns `symbol`, `event_date` and more.
        news: stories and posts, and when their sources were followed.
        vix: days before the last session, and closes; None where none is on record.
    """

    bars: pa.Table
    splits: tuple[Split, ...]
    breaks: tuple[Break, ...]
    sectors: dict[str, str]
    events: pa.Table
    news: NewsRecord
    vix: tuple[Days, Floats] | None

    @property
    def sessions(self) -> list[date]:
        """With a bar, ascending."""
        return [as_date(day) for day in np.unique(self._days)]

    @property
    def _days(self) -> Days:
        days: Days = self.bars.column("session").to_numpy().astype("datetime64[D]")
        return days

    def batch(self, session: date) -> pa.Table:
        """The bars of one session, by symbol."""
        first, last = np.searchsorted(self._days, [as_day(session), as_day(session) + 1])
        return self.bars.slice(int(first), int(last - first))

    def until(self, session: date) -> Recorded:
        """As it was known at the close of an earlier session: what came later is absent."""
        vix = self.vix
        if vix is not None:
            earlier = vix[0] < as_day(session)
            vix = (vix[0][earlier], vix[1][earlier])
        before = pa.scalar(close_of(session), NEWS_SCHEMA.field("knowable_at").type)
        news = self.news.rows.filter(pc.less(self.news.rows.column("knowable_at"), before))
        return replace(
            self,
            bars=self.bars.slice(0, int(np.searchsorted(self._days, as_day(session), side="right"))),
            splits=tuple(split for split in self.splits if split.session <= session),
            breaks=tuple(cut for cut in self.breaks if cut.session <= session),
            events=self.events.filter(pc.less_equal(self.events.column("event_date"), pa.scalar(session))),
            news=NewsRecord(news, self.news.followed),
            vix=vix,
        )

    def since(self, session: date) -> Recorded:
        """Without the bars of earlier sessions: a shorter warm-up."""
        return replace(self, bars=self.bars.slice(int(np.searchsorted(self._days, as_day(session)))))


def read_recorded(
    pool: Pool,
    home: Path,
    last: date,
    *,
    symbols: Collection[str] | None = None,
    locations: TierLocations | None = None,
) -> Recorded:
    """What is on record of the sessions up to `last`, restricted to `symbols` if given.

    Raises:
        BadDataError: when there are no bars of them.
    """
    record = BarRecord(pool)
    bars = BarStore(home, record, locations).read(FIRST_DAY, last, symbols=symbols)
    if not bars.num_rows:
        raise BadDataError(
            f"There are no bars up to {last} of what was asked for. Nothing was changed. Import some, or see that the "
            "symbols are spelt as they were imported."
        )
    known = set(bars.column("symbol").unique().to_pylist())
    return Recorded(
        bars=bars.sort_by([("session", "ascending"), ("symbol", "ascending")]).combine_chunks(),
        splits=tuple(split for split in record.splits() if split.session <= last and split.symbol in known),
        breaks=tuple(cut for cut in record.breaks() if cut.session <= last and cut.symbol in known),
        sectors={name: row[1] for name, row in record.instruments().items() if row[1] is not None},
        events=CatalystStore(pool).load(FIRST_DAY, last),
        news=news_record(pool, close_of(last)),
        vix=VixStore(pool).closes_before(last),
    )

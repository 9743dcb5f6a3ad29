"""Everything that decisions of a backtest are made of, read from the record once and kept in memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa

from adapters.calendar import closed_at
from adapters.record import Record
from data.known_at import closed_before, knowable_by, known_at_close, taken_effect, told_before
from trading.arrays import Days, Floats
from trading.bars.actions import Break, Split
from trading.bars.panel import as_date, as_day
from trading.errors import BadDataError
from trading.news.record import NewsRecord


@dataclass(frozen=True)
class Recorded:
    """The record as it is known at the close of its last session.

    Attributes:
        bars: daily, prices as printed, by session, then symbol.
        splits: and breaks that took effect by then, of these symbols.
        sectors: by symbol, for those that have one.
        events: columns `symbol`, `event_date`, `knowable_at` and more.
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
        at = closed_at(session)
        return replace(
            self,
            bars=self.bars.slice(0, int(np.searchsorted(self._days, as_day(session), side="right"))),
            splits=taken_effect(self.splits, session),
            breaks=taken_effect(self.breaks, session),
            events=knowable_by(self.events, at),
            news=told_before(self.news, at),
            vix=closed_before(self.vix, session),
        )

    def since(self, session: date) -> Recorded:
        """Without the bars of earlier sessions: a shorter warm-up."""
        return replace(self, bars=self.bars.slice(int(np.searchsorted(self._days, as_day(session)))))


def read_recorded(record: Record, last: date, *, symbols: Collection[str] | None = None) -> Recorded:
    """What was known at the close of the session `last`, restricted to `symbols` if given.

    Raises:
        BadDataError: when there are no bars of them.
    """
    known = known_at_close(record, last)
    bars = known.bars(symbols)
    if not bars.num_rows:
        raise BadDataError(
            f"There are no bars up to {last} of what was asked for. Nothing was changed. Import some, or see that the "
            "symbols are spelt as they were imported."
        )
    held = set(bars.column("symbol").unique().to_pylist())
    return Recorded(
        bars=bars.sort_by([("session", "ascending"), ("symbol", "ascending")]).combine_chunks(),
        splits=tuple(split for split in known.splits if split.symbol in held),
        breaks=tuple(cut for cut in known.breaks if cut.symbol in held),
        sectors=known.sectors,
        events=known.events,
        news=known.news,
        vix=known.vix,
    )

"""The daily bars, splits and breaks as they were on record when a session was traded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from adapters.bars.files import BarFile, Kind
from adapters.bars.store import BarStore
from adapters.postgres.bars_record import BarRecord
from adapters.record import Record
from research.backtest.recorded import Recorded


@dataclass(frozen=True)
class _ManifestThen:
    """The files that were on record at an instant."""

    tables: BarRecord
    at: datetime

    def files(
        self, first: date | None = None, last: date | None = None, *, timeframe: Kind | None = "1d"
    ) -> list[BarFile]:
        """See `adapters.bars.store.Manifest`."""
        return self.tables.files(first, last, timeframe=timeframe, written_by=self.at)


def recorded_then(record: Record, recorded: Recorded, at: datetime) -> Recorded | None:
    """The same record with the bars, splits and breaks of the instant; all else is as it is now.

    None where they can't be told any more: files that were there have been merged since.

    Args:
        record: that is read.
        recorded: as it is known now, up to the session.
        at: when the session was traded.
    """
    tables, last = record.bar_tables, recorded.sessions[-1]
    there = {day for file in tables.files(None, last, written_by=at) for day in file.sessions}
    if any(file.tier != "hot" and not there.issuperset(file.sessions) for file in tables.files(None, last)):
        return None
    store = BarStore(record.home, _ManifestThen(tables, at), record.locations)
    bars = store.read(recorded.sessions[0], last)
    if not bars.num_rows:
        return None
    return replace(
        recorded,
        bars=bars.sort_by([("session", "ascending"), ("symbol", "ascending")]).combine_chunks(),
        splits=tuple(split for split in tables.splits(by=at) if split.session <= last),
        breaks=tuple(cut for cut in tables.breaks(by=at) if cut.session <= last),
    )

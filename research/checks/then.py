"""What was on record when a session was traded: bars, earnings days, the VIX and news, each by when it came in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from adapters.bars.files import BarFile, Kind
from adapters.bars.store import BarStore
from adapters.calendar import session_on
from adapters.postgres.bars_record import BarRecord
from adapters.record import Record
from data.known_at import FIRST_DAY, knowable_by, known_at_close
from data.news.known import news_record_then
from research.backtest.recorded import Recorded
from research.checks.causes import BARS, EARNINGS, NEWS, TOGETHER, VIX, Changes


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


@dataclass(frozen=True)
class Then:
    """What can be told of the record as it was.

    Attributes:
        parts: by kind of data, the fields of `Recorded` as they were; a kind that can't be told any more is absent.
    """

    parts: Mapping[str, Mapping[str, Any]]

    def put_back(self, recorded: Recorded, kinds: Iterable[str]) -> Recorded:
        """The record as it is now, but for these kinds, which are as they were."""
        fields = {name: value for kind in kinds for name, value in self.parts[kind].items()}
        return replace(recorded, **fields)


def told_apart(
    changes: Changes, then: Then, recorded: Recorded, differing: Callable[[Recorded], frozenset[str]]
) -> Changes:
    """The changes, with what differs as well where late data are as they were.

    Args:
        changes: that may be causes.
        then: the data as they were.
        recorded: as it is now.
        differing: names of what a session made of this data has otherwise than the record.
    """
    tried = [kind for kind in changes.late if kind in then.parts]
    asked = {kind: [kind] for kind in tried} | ({TOGETHER: tried} if tried else {})
    still: dict[str, frozenset[str]] = {}
    for name, kinds in asked.items():
        if name == TOGETHER and len(tried) == 1:
            still[name] = still[tried[0]]
        else:
            still[name] = differing(then.put_back(recorded, kinds))
    return replace(changes, still_differ=still)


def recorded_then(record: Record, recorded: Recorded, at: datetime) -> Then:
    """Each kind of data as it was at the instant; bars are absent once files that were there have been merged.

    Args:
        record: that is read.
        recorded: as it is known now, up to the session.
        at: when the session was traded.
    """
    session = recorded.sessions[-1]
    known = known_at_close(record, session)
    parts: dict[str, Mapping[str, Any]] = {
        EARNINGS: {
            "events": knowable_by(record.events.load(FIRST_DAY, session_on(known.at), recorded_by=at), known.at)
        },
        VIX: {"vix": record.vix.closes_before(session, imported_by=at)},
        NEWS: {"news": news_record_then(record.pool, known.at, at)},
    }
    bars = _bars_then(record, recorded, at)
    return Then(parts if bars is None else {BARS: bars, **parts})


def _bars_then(record: Record, recorded: Recorded, at: datetime) -> Mapping[str, Any] | None:
    tables, last = record.bar_tables, recorded.sessions[-1]
    there = {day for file in tables.files(None, last, written_by=at) for day in file.sessions}
    if any(file.tier != "hot" and not there.issuperset(file.sessions) for file in tables.files(None, last)):
        return None
    store = BarStore(record.home, _ManifestThen(tables, at), record.locations)
    bars = store.read(recorded.sessions[0], last)
    if not bars.num_rows:
        return None
    return {
        "bars": bars.sort_by([("session", "ascending"), ("symbol", "ascending")]).combine_chunks(),
        "splits": tuple(split for split in tables.splits(by=at) if split.session <= last),
        "breaks": tuple(cut for cut in tables.breaks(by=at) if cut.session <= last),
    }

"""The rows of a session from what the record says was known at its close."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from adapters.record import Record
from data.known_at import Known, known_at_close
from trading.bars.panel import as_day
from trading.cycle.stages import recognise, setups_at
from tune.judgement.leakage.again import RowsThen, Then


def rows_then(record: Record, sessions: Iterable[date], last: date) -> Then:
    """What makes the rows of these sessions, made now, so that the record isn't asked during a training.

    Args:
        record: that is read.
        sessions: that will be asked about.
        last: session of the history that the training learns from; splits and breaks up to it restate earlier bars.
    """
    latest = known_at_close(record, last)
    made = {session: _rows(known_at_close(record, session), latest) for session in sessions}
    return made.__getitem__


def _rows(known: Known, latest: Known) -> RowsThen:
    market = known.market()
    patterns = recognise(market, known.events, known.news_at(market.panel))
    setups = setups_at(market, patterns, as_day(known.session))
    restated = {split.symbol for split in latest.splits if split.session > known.session}
    restated |= {cut.symbol for cut in latest.breaks if cut.session > known.session}
    return RowsThen(market.panel.row_symbols[setups.row], setups.direction, setups.matrix, restated)

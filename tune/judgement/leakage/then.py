"""The rows of a session from what the record says was known at its close."""

from __future__ import annotations

from datetime import date

from adapters.machine.free_memory import give_back
from adapters.record import Record
from data.known_at import Known, known_at_close
from trading.bars.panel import as_day
from trading.cycle.stages import recognise, setups_at
from tune.judgement.leakage.again import RowsThen, Then, chosen_sessions
from tune.sets.training_set import TrainingSet


def rows_then(record: Record, data: TrainingSet, last: date) -> Then:
    """The rows of the sessions that the audit asks about, made now, so that the record isn't read during a training.

    Args:
        record: that is read.
        data: to be audited.
        last: session of the history that the training learns from; splits and breaks up to it restate earlier bars.
    """
    latest = known_at_close(record, last)
    made = {session: _rows(known_at_close(record, session), latest) for session in chosen_sessions(data)}
    give_back()
    return made.__getitem__


def _rows(known: Known, latest: Known) -> RowsThen:
    market = known.market()
    patterns = recognise(market, known.events, known.news_at(market.panel))
    setups = setups_at(market, patterns, as_day(known.session))
    restated = {split.symbol for split in latest.splits if split.session > known.session}
    restated |= {cut.symbol for cut in latest.breaks if cut.session > known.session}
    return RowsThen(market.panel.row_symbols[setups.row], setups.direction, setups.matrix, restated)

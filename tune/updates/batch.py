"""The mini-batch of an update: setups on record whose outcome became known since the version last learned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from adapters.record import Record
from trading.bars.panel import as_day
from trading.errors import ModelError
from trading.scanner.rules import ScannerRules
from tune.sets.recorded_rows import from_record
from tune.sets.training_set import TrainingSet

LEAST_ROWS = 200
LEAST_OF_EACH = 20
"""Successes, and failures."""


class TooFewError(ModelError):
    """There isn't enough to learn from yet; later sessions add to it."""


@dataclass(frozen=True)
class Batch:
    """Rows with outcomes that became known from `since` on and before `before`."""

    rows: TrainingSet
    since: date
    before: date


def batch_of(record: Record, scanner: ScannerRules, since: date, before: date) -> Batch:
    """The batch, read from the feature rows that were scored; no feature is computed.

    Args:
        record: that is read.
        scanner: what counts as in play.
        since: the session from which on the version knows nothing.
        before: the session that may not be known.

    Raises:
        TooFewError: when there are too few rows, or too few of one class. Nothing was changed.
        ModelError: when the feature rows of these sessions aren't on record, or were made by another version of the
            features.
    """
    first = record.patterns.earliest_known(since, before)
    if first is None:
        raise TooFewError(f"No outcome became known from {since} on. Nothing was updated; the next session asks again.")
    whole, notes = from_record(record, first, before - timedelta(days=1), scanner, before)
    if notes:
        raise ModelError(
            f"The feature rows of {len(notes)} sessions are not of this version's features ({notes[0]}). Nothing was "
            "updated: an update would mix both. Train anew; `inplay train` computes the features from bars."
        )
    rows = whole.take(np.flatnonzero(whole.known_session >= as_day(since)))
    won = int(rows.success.sum())
    if len(rows) < LEAST_ROWS or min(won, len(rows) - won) < LEAST_OF_EACH:
        raise TooFewError(
            f"{len(rows):,} outcomes became known from {since} on, {won:,} of them successes; an update takes "
            f"{LEAST_ROWS}, with {LEAST_OF_EACH} of each. Nothing was updated; later sessions add to them."
        )
    return Batch(rows, since, before)

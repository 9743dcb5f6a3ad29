"""Training sets without what is sealed: outcomes of a sealed span that nothing may learn from yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trading.bars.panel import as_day
from trading.trials.sealing import Span
from tune.sets.training_set import TrainingSet

SEALED = "sealed "
"""Begins the reason for which a row was cut; the span follows."""


def without_sealed(data: TrainingSet, sealed: Sequence[Span]) -> TrainingSet:
    """The rows whose outcome has no session in common with a sealed span.

    A row is cut when it was decided in the span, when its outcome became known in it, or when it ran across all of it.
    `undecided` says how many of each span.

    Args:
        data: as it was made.
        sealed: spans that are sealed now (`TrialLedger.sealed`).
    """
    for span in sealed:
        meets = (data.session <= as_day(span.last)) & (data.known_session >= as_day(span.first))
        undecided = {**data.undecided, f"{SEALED}{span}": int(meets.sum())}
        data = replace(data.take(np.flatnonzero(~meets)), undecided=undecided)
    return data


def spared(data: TrainingSet) -> list[str]:
    """The spans, in words, that were cut out of the set."""
    return [reason.removeprefix(SEALED) for reason in data.undecided if reason.startswith(SEALED)]

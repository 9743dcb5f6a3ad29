"""How often a span was looked at, in words that every report on it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trading.arrays import Days
from trading.bars.panel import as_date
from trading.trials.counting import distinct, on_sessions
from trading.trials.sealing import Sealed, Span
from trading.trials.trial import Trial


@dataclass(frozen=True)
class Looks:
    """At a span.

    Attributes:
        attempts: different ones on record that were judged on sessions of it.
        sealed: spans that are sealed now and have sessions of it.
        burnt: likewise spans that were looked at.
    """

    attempts: int
    sealed: tuple[Span, ...]
    burnt: tuple[Span, ...]

    @property
    def words(self) -> str:
        """In a sentence or two."""
        times = "once" if self.attempts == 1 else f"{self.attempts:,} times"
        told = [f"Sessions of this span were looked at {times} by what is on record."]
        told += [
            f"{span} is sealed: nothing may learn from it, and whoever reads this report has looked at it."
            for span in self.sealed
        ]
        told += [f"{span} was sealed and is burnt: it was looked at by its one look." for span in self.burnt]
        return " ".join(told)


def looks_at(trials: Sequence[Trial], seals: Sequence[Sealed], sessions: Days) -> Looks:
    """How often any of the sessions was looked at; none where there are none."""
    if len(sessions) == 0:
        return Looks(0, (), ())
    span = Span(as_date(np.min(sessions)), as_date(np.max(sessions)))
    touched = [one for one in seals if one.span.meets(span)]
    return Looks(
        len(distinct(on_sessions(trials, sessions))),
        tuple(one.span for one in touched if not one.burnt),
        tuple(one.span for one in touched if one.burnt),
    )

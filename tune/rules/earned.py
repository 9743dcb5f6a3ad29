"""What the rules with some constants would have earned of the setups in play, session by session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Flags, Floats
from trading.cycle.stages import rule_inputs_of
from trading.errors import ModelError
from trading.views.rule_system import RuleConstants, RuleInputs, confidence
from tune.rules.proposals import proposals
from tune.sets.training_set import TrainingSet

AT_A_TIME = 16
"""Trials between two looks at the clock."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """The setups in play with known outcomes.

    Attributes:
        data: one row a candidate.
        every: the sessions with any setup, ascending, so that distances between sessions are true ones.
    """

    data: TrainingSet
    every: Days

    @classmethod
    def of(cls, data: TrainingSet) -> Candidates:
        """Those of a training set.

        Raises:
            ModelError: when none of its setups is in play.
        """
        rows = np.flatnonzero(data.in_play)
        if not len(rows):
            raise ModelError("No setup with a known outcome was in play, so rules can't be compared. Nothing changed.")
        return cls(data.take(rows), np.unique(data.session))

    @cached_property
    def sessions(self) -> Days:
        """Those with a candidate, ascending."""
        return np.unique(self.data.session)

    @cached_property
    def group(self) -> npt.NDArray[np.intp]:
        """The number of each row's session in `sessions`."""
        return np.searchsorted(self.sessions, self.data.session)

    @cached_property
    def inputs(self) -> RuleInputs:
        """What the rules look at."""
        return rule_inputs_of(self.data.matrix)

    def calls(self, constants: RuleConstants) -> Flags:
        """Which candidates the rules would buy."""
        return confidence(self.inputs, constants) >= constants.buy_at

    def per_session(self, calls: Flags) -> Floats:
        """In each session the net return of the calls, spread over all candidates: 0 where none is called.

        So a rule that calls less isn't rewarded for one lucky call, and every session has a figure to be paired.
        """
        count = np.bincount(self.group, minlength=len(self.sessions))
        earned = np.bincount(self.group, weights=self.data.net_return * calls, minlength=len(self.sessions))
        return np.asarray(earned / count, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class RuleTrials:
    """Constants that were tried.

    Attributes:
        constants: today's first.
        calls: of each on every candidate, shape `(trials, n)`.
        earned: of each in every session with a candidate, shape `(trials, sessions)`.
        ended: why there are no more, in words.
    """

    constants: tuple[RuleConstants, ...]
    calls: npt.NDArray[np.bool_]
    earned: Floats
    ended: str


def tried_constants(
    candidates: Candidates, *, seed: int, most: int, over: Callable[[], str] = lambda: ""
) -> RuleTrials:
    """So many constants, today's among them, each judged on every candidate at once.

    Args:
        candidates: that they are judged on.
        seed: of the proposals; more of them begin with the same ones.
        most: of them.
        over: why no more may be begun, in words; asked between blocks of `AT_A_TIME`. Empty while they may.
    """
    constants: list[RuleConstants] = []
    calls: list[Flags] = []
    source, ended = proposals(seed), ""
    while len(constants) < most and not ended:
        block = list(islice(source, min(AT_A_TIME, most - len(constants))))
        constants += block
        calls += [candidates.calls(one) for one in block]
        ended = over() if block else "no others are left"
    earned = np.array([candidates.per_session(one) for one in calls])
    return RuleTrials(tuple(constants), np.array(calls), earned, ended or f"{len(constants)} were asked for")

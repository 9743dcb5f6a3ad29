"""What a regime tells about the models: weights learned from what became of scored setups, drawn to the strategy's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

import numpy as np

from adapters.postgres.scored_views import ScoredViews, scored_before
from adapters.record import Record
from trading.bars.panel import as_day
from trading.evidence.pool_weights import PoolRules, pool_weights
from trading.trials.sealing import Span
from trading.views.members.member import Members
from trading.views.members.registry import MEMBERS
from trading.views.regime_weights import STATES

RegimeWeights = Literal["fixed", "learned"]
"""`fixed`: the strategy's in every regime; `learned`: what this module says."""
MOST_SESSIONS = 504
"""Two years: what models said longer ago says little about those of now."""


def learned_factors(
    record: Record, before: date, sealed: Sequence[Span], members: Members = MEMBERS
) -> dict[str, list[float]]:
    """The factors of `trading.views.regime_weights` for a version that decides from `before` on.

    Args:
        record: whose scored setups are read.
        before: outcomes known at its close or later are not.
        sealed: spans; what was decided or became known in one, or ran across it, isn't learned from.
        members: of the ensemble.
    """
    scored = scored_before(record.pool, before, members.names, MOST_SESSIONS)
    return factors_of(scored, np.array(members.weights), sealed)


def factors_of(
    scored: ScoredViews, prior: np.ndarray, sealed: Sequence[Span] = (), rules: PoolRules | None = None
) -> dict[str, list[float]]:
    """By state, each learned weight over the strategy's; without the states that have too little data.

    Args:
        scored: setups with known outcomes.
        prior: the strategy's weights.
        sealed: as of `learned_factors`.
        rules: of the shrinkage; the defaults if None.
    """
    open_ = np.ones(len(scored.won), dtype=np.bool_)
    for span in sealed:
        open_ &= (scored.session > as_day(span.last)) | (scored.known_session < as_day(span.first))
    session = scored.session.astype(np.int64)
    found: dict[str, list[float]] = {}
    for state in STATES:
        here = open_ & scored.in_state(state)
        weights = pool_weights(scored.probabilities[:, here], scored.won[here], session[here], prior, rules)
        if not np.array_equal(weights, prior):
            found[state] = (weights / prior).tolist()
    return found

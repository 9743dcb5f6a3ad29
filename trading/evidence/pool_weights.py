"""Weights of several forecasters of one event, learned from what became of it and drawn towards a prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trading.arrays import Floats, Ints
from trading.outcomes.barriers import OutcomeRules

CERTAIN = 0.001
"""No probability counts as nearer to 0 or 1, so that one setup can't decide the weights."""
STEPS = 50
"""Newton's steps; five are enough in practice."""
PRECISION = 1e-10


@dataclass(frozen=True)
class PoolRules:
    """How far data may move weights, stated before anybody looks.

    Attributes:
        prior_blocks: how many independent blocks of sessions the prior is worth; as many blocks of data are weighed
            equally with it.
        block_sessions: that an outcome lasts: so many sessions say as much as one independent one.
        least_sessions: with outcomes; with fewer the weights are the prior's, to the last bit.
        reach: a weight is at most so much, as a share of its prior, above or below it, so that no model ever decides
            alone and none falls silent.
    """

    prior_blocks: float = 20.0
    block_sessions: int = OutcomeRules().horizon_sessions
    least_sessions: int = 60
    reach: float = 0.5


def pool_weights(
    probabilities: Floats, won: Floats, session: Ints, prior: Floats, rules: PoolRules | None = None
) -> Floats:
    """The weights of the most probable mixture of the forecasters: they add up to one.

    They maximise `sum_i v_i log(sum_m w_m f_mi) + k sum_m prior_m log w_m`, where `f_mi` is the probability that
    forecaster m gave to what happened, and k is `prior_blocks`. A session counts as much as any other, whatever its
    number of setups, and all of its outcomes together as a fifth of one: `v_i` is 1 / (block_sessions x setups of the
    session). At the maximum `w_m = (k prior_m + sum_i v_i r_mi) / (k + n)` with n the sum of `v_i` and `r_mi` the share
    of forecaster m in what the mixture gave to i: the prior is shrunk to by k / (k + n), as in empirical Bayes.

    Args:
        probabilities: of each forecaster that the setup makes money, shape `(m, n)`; a setup with a NaN is left out.
        won: 1 where it did, 0 where it didn't, NaN where nobody knows yet, which is left out; shape `(n,)`.
        session: number of each setup's session.
        prior: weights that add up to one, all above zero, shape `(m,)`.
        rules: of the shrinkage; the defaults if None.

    Source:
        Geweke and Amisano (2011), Optimal prediction pools, Journal of Econometrics 164, for weights by log score; the
        Dirichlet prior's mode as in Dempster, Laird and Rubin (1977), section 4.3, for the shrinkage of mixtures.
    """
    rules = rules or PoolRules()
    known = np.isfinite(probabilities).all(axis=0) & np.isfinite(won)
    _, group = np.unique(session[known], return_inverse=True)
    count = np.bincount(group)
    if len(count) < rules.least_sessions:
        return prior.copy()
    given = np.where(won[known] > 0, probabilities[:, known], 1.0 - probabilities[:, known])
    weight = 1.0 / (rules.block_sessions * count[group])
    found = _mode(np.clip(given, CERTAIN, 1.0), weight, prior, rules.prior_blocks)
    away = np.abs(found - prior)
    share = np.min(np.where(away > 0, rules.reach * prior / np.where(away > 0, away, 1.0), 1.0))
    return np.asarray(prior + min(1.0, float(share)) * (found - prior))


def _mode(given: Floats, weight: Floats, prior: Floats, strength: float) -> Floats:
    """The maximum, by Newton's method on the plane where weights add up to one; the sum is strictly concave."""
    found, members = prior.copy(), len(prior)
    for _ in range(STEPS):
        share = given / (found @ given)
        gradient = share @ weight + strength * prior / found
        curve = (share * weight) @ share.T + np.diag(strength * prior / found**2)
        system = np.block([[curve, np.ones((members, 1))], [np.ones((1, members)), np.zeros((1, 1))]])
        step = np.linalg.solve(system, np.append(gradient, 0.0))[:members]
        while (found + step <= 0).any():
            step = step / 2.0
        found = found + step
        if np.abs(step).max() < PRECISION:
            break
    return np.asarray(found / found.sum())

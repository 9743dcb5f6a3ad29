"""What regimes tell about the models: more weight where one was clearly better than the others, less where worse.

A state counts only when a test says so that knows of its few sessions and of the number of tests. Otherwise noise would
move the weights, and it would look like adapting.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trading.arrays import Floats
from trading.evidence.significance import ALPHA, q_values, session_variance, two_sided
from trading.outcomes.barriers import OutcomeRules
from trading.views.ensemble import Views
from trading.views.regime_weights import STATES, in_state
from tune.sets.training_set import TrainingSet

OVERLAP_SESSIONS = OutcomeRules().horizon_sessions
MIN_SESSIONS = 20
"""Fewer sessions in a state say nothing about it."""
BETTER, WORSE = 1.5, 0.5
"""Bounded by convention, so that no model ever decides alone and none falls silent."""
LEAST = 1e-6
"""Probabilities are kept so far from 0 and 1."""


def regime_factors(views: Views, test: TrainingSet) -> dict[str, list[float]]:
    """The factors of `trading.views.regime_weights` that setups the models had not seen give reason for; often none.

    Args:
        views: of the rows of `test`, in order, by the members' own weights.
        test: setups that no model saw, with their outcomes.
    """
    excess = _excess_loss(views.probabilities, test.success, views.weights)
    _, session = np.unique(test.session, return_inverse=True)
    states = [(state, in_state(test.matrix, test.features, state)) for state in STATES]
    tests = [
        (state, model, _mean_and_error(excess[model], session, here))
        for state, here in states
        for model in range(len(views.members))
    ]
    means, errors, sessions = (np.array([figures[i] for *_, figures in tests]) for i in range(3))
    errors = np.where(sessions >= MIN_SESSIONS, errors, np.nan)
    shown = q_values(two_sided(means, errors, sessions - 1)) <= ALPHA
    factors: dict[str, list[float]] = {}
    for (state, model, (mean, _, _)), clear in zip(tests, shown.tolist(), strict=True):
        if clear:
            factors.setdefault(state, [1.0] * len(views.members))[model] = BETTER if mean < 0 else WORSE
    return factors


def _excess_loss(probabilities: Floats, success: Floats, of_members: Floats) -> Floats:
    """Each model's log loss less the mean loss of the others, weighted as in the ensemble, shape `(members, n)`.

    Losses are averaged and not probabilities: a mean of two guesses beats either, which says nothing about a model.
    """
    loss = _log_loss(np.clip(probabilities, LEAST, 1 - LEAST), success)
    weights = of_members[:, None]
    others: Floats = ((weights * loss).sum(axis=0) - weights * loss) / (1 - weights)
    return loss - others


def _log_loss(probabilities: Floats, success: Floats) -> Floats:
    return -np.log(np.where(success > 0, probabilities, 1 - probabilities))


def _mean_and_error(
    excess: Floats, session: npt.NDArray[np.intp], here: npt.NDArray[np.bool_]
) -> tuple[float, float, int]:
    """Mean, its standard error clustered by session as far as outcomes overlap, and sessions."""
    if not here.any():
        return float("nan"), float("nan"), 0
    mean = float(excess[here].mean())
    influence = np.bincount(session[here], weights=(excess[here] - mean) / here.sum(), minlength=session.max() + 1)
    error = float(np.sqrt(session_variance(influence[None, :].astype(np.float64), OVERLAP_SESSIONS)[0]))
    return mean, error, len(np.unique(session[here]))

"""What the models lose when they can't read a group of features: permutation importance on purged folds.

Features that say nearly the same are permuted together: alone, each would look useless, since the other still tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from trading.arrays import Floats, Ints
from trading.evidence.significance import q_values, session_variance, student_quantile, two_sided
from trading.outcomes.barriers import OutcomeRules
from trading.performance.estimate import finite
from trading.views.ensemble import weighted
from tune.fits.estimators import medians_of
from tune.judgement.report.columns import loss
from tune.judgement.report.out_of_fold import Fold
from tune.sets.sampled import sampled
from tune.sets.training_set import TrainingSet

ALIKE = 0.7
"""Mean |Spearman correlation| from which features are one group."""
RANKED_ROWS, JUDGED_ROWS = 5_000, 4_000
"""Of the training rows for the correlations, and of each fold's test rows; of more, so many are drawn with a seed."""
OVERLAP_SESSIONS = OutcomeRules().horizon_sessions
MIN_SESSIONS = 20


@dataclass(frozen=True)
class Importance:
    """One group of features.

    Attributes:
        features: that were permuted together.
        increase: of the ensemble's log loss, mean over the judged setups; below zero it did better without.
        error: standard error of it, clustered by session; None on too few sessions.
        low: end of the 95 % interval, `high` the other; None likewise.
        q: chance of so large an increase or decrease by luck, adjusted for the number of groups; None likewise.
    """

    features: tuple[str, ...]
    increase: float
    error: float | None
    low: float | None
    high: float | None
    q: float | None


def importances(data: TrainingSet, folds: Sequence[Fold], *, seed: int) -> tuple[Importance, ...]:
    """Every group of features that the models read, the largest increase first.

    Args:
        data: the setups that the folds divide.
        folds: with the models fitted on their past.
        seed: of the permutations.

    Source:
        Breiman (2001), Random Forests, section 10; López de Prado (2020), Machine Learning for Asset Managers, chapter
        6, for groups.
    """
    groups = groups_of(data, folds[0])
    rng = np.random.default_rng(seed)
    sessions, found = [], []
    for fold in folds:
        rows = fold.split.test[sampled(len(fold.split.test), JUDGED_ROWS)]
        found.append(_increases(fold, data, rows, groups, rng))
        sessions.append(data.session[rows])
    increases, session = np.concatenate(found, axis=1), np.concatenate(sessions)
    means = increases.mean(axis=1)
    days, group = np.unique(session, return_inverse=True)
    away = (increases - means[:, None]) / increases.shape[1]
    influence = np.array([np.bincount(group, weights=row, minlength=len(days)) for row in away])
    errors = np.sqrt(session_variance(influence, OVERLAP_SESSIONS))
    enough = len(days) >= MIN_SESSIONS
    freedom = np.full(len(means), len(days) - 1.0 if enough else 0.0)
    reach = student_quantile(freedom) * errors
    q = q_values(two_sided(means, errors, freedom))
    made = [
        Importance(
            tuple(data.features[column] for column in columns), float(means[at]), _known(errors[at], enough),
            _known(means[at] - reach[at], enough), _known(means[at] + reach[at], enough), _known(q[at], enough),
        )
        for at, columns in enumerate(groups)
    ]  # fmt: skip
    return tuple(sorted(made, key=lambda one: -one.increase))


def groups_of(data: TrainingSet, fold: Fold) -> list[Ints]:
    """The columns that a member reads and some training row of the fold knows, those that say nearly the same together.

    Average-linkage clusters of 1 - |Spearman correlation| on a sample of the fold's training rows, unknown values at
    the median. A constant column is alone.
    """
    read = {name for member in fold.models.members for name in member.features}
    rows = fold.split.train[sampled(len(fold.split.train), RANKED_ROWS)]
    columns = np.array([at for at, name in enumerate(data.features) if name in read])
    columns = columns[np.isfinite(data.matrix[np.ix_(rows, columns)]).any(axis=0)]
    if len(columns) < 2:  # noqa: PLR2004
        return [columns] if len(columns) else []
    matrix = data.matrix[np.ix_(rows, columns)]
    ranks = rankdata(np.where(np.isfinite(matrix), matrix, medians_of(matrix)), axis=0)
    centred = ranks - ranks.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=0))
    unit = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    apart = 1.0 - np.minimum(np.abs(unit.T @ unit), 1.0)
    np.fill_diagonal(apart, 0.0)
    of_column = fcluster(linkage(squareform(apart, checks=False), "average"), 1.0 - ALIKE, "distance")
    return [columns[of_column == label] for label in np.unique(of_column)]


def _increases(fold: Fold, data: TrainingSet, rows: Ints, groups: Sequence[Ints], rng: np.random.Generator) -> Floats:
    """By how much each group's permutation makes the loss of each row larger, shape `(groups, n)`."""
    models, matrix, won = fold.models, data.matrix[rows], data.success[rows] > 0
    members, weights = models.members, np.array(models.members.weights)
    sees = [{data.features.index(name) for name in member.features} for member in members]
    said = np.array([models.said(number, matrix).probability for number in range(len(members))])
    before = loss(weighted(said, weights), won)
    out = np.empty((len(groups), len(rows)))
    for at, columns in enumerate(groups):
        mixed, after = matrix.copy(), said.copy()
        mixed[:, columns] = matrix[rng.permutation(len(rows))][:, columns]
        for number in range(len(members)):
            if not sees[number].isdisjoint(columns.tolist()):
                after[number] = models.said(number, mixed).probability
        out[at] = loss(weighted(after, weights), won) - before
    return out


def _known(value: float, enough: bool) -> float | None:  # noqa: FBT001
    return finite(float(value)) if enough else None

"""The models of a benchmark, and which of them is chosen: by walk-forward within the training part alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from trading.arrays import Floats, Matrix
from tune.fits.estimators import booster_params, log_loss
from tune.fits.finite import finite_or_unknown
from tune.movement.samples import Samples

FOLDS = 4
FIRST_FIT = 0.5
"""Share of the sessions that the first fold's fit sees."""
THREADS = 1
"""Of a fit: it takes about a second, and threads that wait for each other on a busy machine take minutes."""
CLASSIFIER = "binary:logistic"
_COMMON = {"eta": 0.03, "subsample": 0.6, "colsample_bytree": 0.4, "min_child_weight": 50.0, "lambda": 10.0}
PARAMS: tuple[dict[str, Any], ...] = (
    {**_COMMON, "max_depth": 2, "rounds": 60},
    {**_COMMON, "max_depth": 3, "rounds": 150},
)
GROUPS: tuple[tuple[str, ...], ...] = (
    ("own",), ("own", "peer"), ("own", "peer", "market"), ("own", "peer", "tweet"), ("own", "peer", "market", "tweet"),
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """One setting that was compared.

    Attributes:
        groups: of features that it sees.
        params: of XGBoost.
        loss: mean log loss on the unseen sessions of the folds.
    """

    groups: tuple[str, ...]
    params: dict[str, Any]
    loss: float


def boosted(choice: Choice, train: Samples, test: Samples, *, seed: int) -> Floats:
    """Probability that each sample of `test` rises."""
    import xgboost  # noqa: PLC0415  heavy

    seen, unseen = train.seeing(choice.groups), test.seeing(choice.groups)
    settings = booster_params(choice.params, CLASSIFIER, seen.up, seed=seed, device="cpu", threads=THREADS)
    data = xgboost.DMatrix(finite_or_unknown(seen.matrix), label=seen.up)
    booster = xgboost.train(settings, data, num_boost_round=choice.params["rounds"])
    return np.asarray(booster.predict(xgboost.DMatrix(unseen.matrix)), dtype=np.float64)


def compared(train: Samples, *, seed: int) -> list[Choice]:
    """All settings, the best first: each fitted on the sessions before each fold and judged on the fold."""
    days = np.unique(train.session)
    edges = np.linspace(FIRST_FIT * len(days), len(days), FOLDS + 1).astype(int)
    has_tweets = any(name.startswith("tweet_") for name in train.names)
    made = []
    for groups in GROUPS:
        if "tweet" in groups and not has_tweets:
            continue
        for params in PARAMS:
            trial = Choice(groups, params, float("nan"))
            losses = []
            for first, end in pairwise(edges):
                known = train.session < days[first]
                fold = (train.session >= days[first]) & (train.session <= days[end - 1])
                told = boosted(trial, train.take(known), train.take(fold), seed=seed)
                losses.append(log_loss(told, train.up[fold]))
            made.append(Choice(groups, params, float(np.mean(losses))))
    return sorted(made, key=lambda one: one.loss)


def logistic(train: Samples, test: Samples) -> Floats:
    """Probability that each sample of `test` rises, by logistic regression on all features; it has no seed."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  heavy

    centre, scale = np.nanmean(train.matrix, axis=0), np.nanstd(train.matrix, axis=0)

    def scaled(matrix: Matrix) -> Matrix:
        standard = (matrix - np.nan_to_num(centre)) / np.where(scale > 0, scale, 1.0)
        return np.asarray(np.clip(np.nan_to_num(standard), -5.0, 5.0), dtype=np.float32)

    model = LogisticRegression(C=0.01, max_iter=1_000).fit(scaled(train.matrix), train.up)
    return np.asarray(model.predict_proba(scaled(test.matrix))[:, 1], dtype=np.float64)

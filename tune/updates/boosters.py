"""XGBoost's models go on learning: a booster gets further rounds, a forest new trees in the place of its oldest.

Both learn from the new rows alone, with the parameters of the model's own training, and the share of what they add is
the share of the new rows among all that the model has learned from.

Source:
    XGBoost's documentation, `xgb_model` of `xgboost.train` and "Introduction to Model IO"; Breiman (1999), Pasting
    small votes for classification in large databases and on-line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.models.scoring import ModelFile
from trading.arrays import Floats, Matrix
from trading.errors import ModelError
from trading.views.members.member import FOREST, MADE
from tune.fits.estimators import booster_params, refuse_one_class, threads_here, xgboost_words
from tune.fits.finite import finite_or_unknown

MOST_GROWTH = 2
"""A booster has at most so many times the rounds of its training; then only a training makes it anew."""


@dataclass(frozen=True)
class Rows:
    """What a model learns from; see `tune.sets.training_set`.

    Attributes:
        matrix: the columns that the model sees, shape `(n, n_columns)`.
        target: shape `(n,)`, in the model's own unit.
        weight: of each row, shape `(n,)`.
        share: of these rows among all that the model has then learned from.
    """

    matrix: Matrix
    target: Floats
    weight: Floats
    share: float


@dataclass(frozen=True)
class Grown:
    """A model after an update.

    Attributes:
        content: of its file, UBJSON.
        added: rounds of a booster, or trees of a forest; 0 where it stayed as it was.
        holds: rounds or trees that it has now.
    """

    content: bytes
    added: int
    holds: int


def updated(content: bytes, file: ModelFile, rows: Rows, *, seed: int) -> Grown:
    """The model with what it learned from the rows; equal bytes for equal input.

    Args:
        content: of the model's file.
        file: as its card has it.
        rows: that it hasn't learned from.
        seed: of the draws of rows and columns.

    Raises:
        ModelError: when a classifier's outcomes are all alike, or the file isn't one of XGBoost's.
    """
    objective = MADE[file.estimator, file.predicts][1]
    refuse_one_class(objective, rows.target)
    grow = _renewed if objective == FOREST else _continued
    return grow(content, file, rows, objective, seed=seed)


def seed_of(seed: int, parent: str, member: str) -> int:
    """Another seed for each update: with one and the same, each would draw the same rows and columns first."""
    return int(hashlib.sha256(f"{seed}\x1f{parent}\x1f{member}".encode()).hexdigest()[:7], 16)


def _continued(content: bytes, file: ModelFile, rows: Rows, objective: str, *, seed: int) -> Grown:
    import xgboost  # noqa: PLC0415  heavy

    before = xgboost.Booster({"nthread": 1}, model_file=bytearray(content))
    trained, has = int(file.params["rounds"]), int(before.num_boosted_rounds())
    more = min(max(1, round(trained * rows.share)), MOST_GROWTH * trained - has)
    if more <= 0:
        return Grown(content, 0, has)
    settings = _settings(file.params, objective, rows, seed=seed)
    after = _train(settings, rows, more, bytearray(content))
    return Grown(bytes(after.save_raw(raw_format="ubj")), more, int(after.num_boosted_rounds()))


def _renewed(content: bytes, file: ModelFile, rows: Rows, objective: str, *, seed: int) -> Grown:
    """The trees stand in the file in the order in which they came, so the first are the oldest."""
    import xgboost  # noqa: PLC0415  heavy

    before = _told(xgboost.Booster({"nthread": 1}, model_file=bytearray(content)))
    trees = _trees(before)
    new = min(len(trees), max(1, round(len(trees) * rows.share)))
    words = xgboost_words(file.params, objective, rows.matrix.shape[1])
    settings = _settings(words, objective, rows, seed=seed)
    # A leaf holds its value divided by the trees of its fit; theirs are these few, and those of the forest are all.
    settings |= {"num_parallel_tree": new, "eta": new / len(trees)}
    settings["base_score"] = float(before["learner"]["learner_model_param"]["base_score"])
    made = _trees(_told(_train(settings, rows, 1, None)))
    kept = [*trees[new:], *made]
    for number, tree in enumerate(kept):
        tree["id"] = number
    before["learner"]["gradient_booster"]["model"]["trees"] = kept
    after = xgboost.Booster({"nthread": 1}, model_file=bytearray(json.dumps(before).encode()))
    return Grown(bytes(after.save_raw(raw_format="ubj")), new, len(kept))


def _settings(params: dict[str, Any], objective: str, rows: Rows, *, seed: int) -> dict[str, Any]:
    made = booster_params(
        params, objective, rows.target, seed=seed, device="cpu", weight=rows.weight, threads=threads_here()
    )
    del made["base_score"]  # where the model began stays
    return made


def _train(settings: dict[str, Any], rows: Rows, rounds: int, before: bytearray | None) -> Any:
    """On a plain matrix: of one that holds bins, XGBoost would tell what the old rounds say by the bins' edges.

    `before` is a file's content: handed over as a booster, XGBoost 2 doesn't take the seed, and bytes differ.
    """
    import xgboost  # noqa: PLC0415  heavy

    data = xgboost.DMatrix(finite_or_unknown(rows.matrix), rows.target, weight=rows.weight)
    return xgboost.train(settings, data, num_boost_round=rounds, xgb_model=before)


def _told(booster: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(bytes(booster.save_raw(raw_format="json")))
    return told


def _trees(told: dict[str, Any]) -> list[dict[str, Any]]:
    model = told["learner"]["gradient_booster"]["model"]
    indices: Sequence[int] = model.get("iteration_indptr", [0, len(model["trees"])])
    if len(indices) != 2:  # noqa: PLR2004
        raise ModelError("a forest is one round of trees, and this file has several; train anew")
    return list(model["trees"])

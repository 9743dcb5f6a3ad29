"""What each feature added to what a model says of a setup: XGBoost's own contributions, which add up exactly.

Source:
    Lundberg, Erion and Lee (2018), Consistent Individualized Feature Attribution for Tree Ensembles; XGBoost's
    `pred_contribs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from adapters.models.scoring import Card, ModelFile, read_card, read_model
from trading.arrays import Matrix
from trading.errors import ModelError
from trading.views.setups import FEATURES

Unit = Literal["probability", "log odds", "net return"]


@dataclass(frozen=True)
class Contributions:
    """Why one model says what it says of one setup; base and values add up to the total.

    Attributes:
        ensemble_id: whose model it is.
        member: of the ensemble.
        unit: of base, values and total: a probability, the logarithm of its odds, or a net return as a fraction.
        base: what the model says of a setup of which nothing is known but that it is one.
        values: what each feature that the model sees adds, by name.
        total: what the model says.
    """

    ensemble_id: str
    member: str
    unit: Unit
    base: float
    values: dict[str, float]
    total: float

    def largest(self, count: int) -> list[tuple[str, float]]:
        """The features that add or take most, the largest first; none that adds nothing."""
        ordered = sorted(self.values.items(), key=lambda item: (-abs(item[1]), item[0]))
        return [(name, value) for name, value in ordered[:count] if value]


def contributions(folder: Path, matrix: Matrix) -> list[list[Contributions]]:
    """Those of each row, a list of the ensemble's models that XGBoost made.

    Args:
        folder: of the ensemble.
        matrix: the columns of `FEATURES`, NaN = unknown, shape `(n, len(FEATURES))`.

    Raises:
        ModelError: when a file is missing or isn't the one that was registered, or the ensemble can't score any more.
    """
    card = read_card(folder)
    made = [_of_model(folder, card, file, matrix) for file in card.models if file.estimator != "forest"]
    return [list(of_row) for of_row in zip(*made, strict=True)]


def _of_model(folder: Path, card: Card, file: ModelFile, matrix: Matrix) -> list[Contributions]:
    import xgboost  # noqa: PLC0415  heavy

    booster: Any = xgboost.Booster({"nthread": 1}, model_file=bytearray(read_model(folder, file)))
    rows = matrix[:, [FEATURES.index(name) for name in file.features]]
    known = np.where(np.isfinite(rows), rows, np.float32(np.nan))  # XGBoost refuses infinite values
    added = booster.predict(xgboost.DMatrix(known), pred_contribs=True).astype(np.float64) * file.target_scale
    unit = unit_of(file)
    return [_told(card.ensemble_id, file, unit, row) for row in added]


def unit_of(file: ModelFile) -> Unit:
    """In which a model's contributions are told."""
    if file.predicts == "net_return":
        return "net return"
    return "probability" if file.estimator == "xgboost_forest" else "log odds"


def _told(ensemble_id: str, file: ModelFile, unit: Unit, added: Sequence[float]) -> Contributions:
    *values, base = (float(value) for value in added)
    by_name = dict(zip(file.features, values, strict=True))
    return Contributions(ensemble_id, file.member, unit, base, by_name, base + sum(values))


def contributions_or_why_not(folder: Path, matrix: Matrix) -> list[list[Contributions]] | str:
    """The same, or why there are none: files of a version that was retired long ago may be gone."""
    try:
        return contributions(folder, matrix)
    except ModelError as error:
        return f"contributions of {folder.name} can't be told: {error}"

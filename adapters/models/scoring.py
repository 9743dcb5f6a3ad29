"""The ensemble's files and how they score: a forest as ONNX, boosters as XGBoost's UBJSON, one card that binds them.

No pickle: loading a model runs no code of its own. A file that does not match the hash on its card is refused.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trading.errors import ModelError
from trading.views.ensemble import Views, rank_among, weighted
from trading.views.regime_weights import regime_weights
from trading.views.setups import FEATURES

Floats = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]
CARD = "card.json"


@dataclass(frozen=True)
class ModelFile:
    """One model of the ensemble.

    Attributes:
        path: relative to the ensemble's folder.
        features: the columns it sees, in order.
        medians: for the forest, what a missing value becomes; empty for boosters, which know missing values.
        flagged: for the forest, the positions in `features` that get a column saying whether the value was missing.
    """

    path: str
    sha256: str
    features: list[str]
    params: dict[str, Any]
    medians: list[float]
    flagged: list[int]


@dataclass(frozen=True)
class Card:
    """Everything that scoring needs to know.

    Attributes:
        ensemble_id: names the ensemble in the registry and in every decision.
        features: all columns of the input, in order.
        residual_std: out-of-sample error of the outcome regressor, as a fraction of the price.
        target_scale: the regressor's unit.
        strengths: ascending quantiles of the strengths given to setups that the models had not seen.
        left_out: columns of the input that no model learned from, and why.
        regime_factors: what multiplies the models' weights in states of the regime (`trading.views.regime_weights`).
    """

    ensemble_id: str
    features: list[str]
    pattern: ModelFile
    catalyst: ModelFile
    outcome: ModelFile
    residual_std: float
    target_scale: float
    strengths: list[float]
    left_out: dict[str, str] = field(default_factory=dict)
    regime_factors: dict[str, list[float]] = field(default_factory=dict)

    def to_json(self) -> str:
        """The card as text, the same for the same card."""
        return json.dumps(asdict(self), sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Card:
        """The card that `to_json` wrote."""
        value = json.loads(text)
        for name in ("pattern", "catalyst", "outcome"):
            value[name] = ModelFile(**value[name])
        return cls(**value)


def sha256_of(data: bytes) -> str:
    """SHA-256 as hexadecimal text."""
    return hashlib.sha256(data).hexdigest()


def normal_cdf(values: Floats) -> Floats:
    """The standard normal distribution function."""
    return np.array([0.5 * (1.0 + math.erf(v / math.sqrt(2.0))) for v in values])


def views_of(
    p_pattern: Floats,
    p_catalyst: Floats,
    expected_return: Floats,
    *,
    residual_std: float,
    strengths: Floats,
    weights: Floats,
) -> Views:
    """The views that follow from the three models' answers; `strengths` as on the card, `weights` of each row."""
    p_outcome = normal_cdf(expected_return / residual_std)
    rank = rank_among(weighted(p_pattern, p_catalyst, p_outcome, weights), strengths)
    return Views(p_pattern, p_catalyst, expected_return, p_outcome, rank, weights)


class SilentScorer:
    """Stands where there is no ensemble: no model says anything, so the rules decide."""

    def score(self, matrix: Matrix) -> Views:
        """Unknown, for each row."""
        return Views.unknown(len(matrix))


class EnsembleScorer:
    """The three models, loaded once, scoring whole batches. The same rows give the same bytes."""

    def __init__(self, folder: Path) -> None:
        """The ensemble in `folder`.

        Raises:
            ModelError: when the card or a file is missing, a file is not the one on the card, or the models learned
                from other features than this version computes.
        """
        try:
            self.card = Card.from_json((folder / CARD).read_text())
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ModelError(f"{folder / CARD} can't be read as a model card: {error}; train again") from error
        if tuple(self.card.features) != FEATURES:
            raise ModelError(f"{self.card.ensemble_id} learned from other features than this version has; train again")
        import onnxruntime  # noqa: PLC0415  heavy
        import xgboost  # noqa: PLC0415  heavy

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # sums in one order, so the same rows give the same bytes
        options.inter_op_num_threads = 1
        self._forest = onnxruntime.InferenceSession(
            self._bytes(folder, self.card.pattern), options, providers=["CPUExecutionProvider"]
        )
        self._catalyst = xgboost.Booster({"nthread": 1}, model_file=bytearray(self._bytes(folder, self.card.catalyst)))
        self._outcome = xgboost.Booster({"nthread": 1}, model_file=bytearray(self._bytes(folder, self.card.outcome)))
        for booster in (self._catalyst, self._outcome):
            booster.set_param({"device": "cpu"})

    @staticmethod
    def _bytes(folder: Path, model: ModelFile) -> bytes:
        try:
            data = (folder / model.path).read_bytes()
        except OSError as error:
            raise ModelError(f"model file {folder / model.path} can't be read: {error}; train again") from error
        if sha256_of(data) != model.sha256:
            raise ModelError(f"model file {folder / model.path} is not the one that was registered; it is refused")
        return data

    def score(self, matrix: Matrix) -> Views:
        """The models' views of each row.

        Args:
            matrix: columns as on the card, NaN = unknown, shape `(n, n_features)`.

        Raises:
            ModelError: when the columns don't fit the card.
        """
        if matrix.ndim != 2 or matrix.shape[1] != len(self.card.features):  # noqa: PLR2004
            raise ModelError(f"the models take {len(self.card.features)} features, the rows have shape {matrix.shape}")
        if len(matrix) == 0:
            empty = np.zeros(0)
            return Views(empty, empty, empty, empty, empty)
        expected = self._predict(self._outcome, self.card.outcome, matrix) * self.card.target_scale
        return views_of(
            self._forest_probability(matrix),
            self._predict(self._catalyst, self.card.catalyst, matrix),
            expected,
            residual_std=self.card.residual_std,
            strengths=np.asarray(self.card.strengths),
            weights=regime_weights(matrix, self.card.features, self.card.regime_factors),
        )

    def _columns(self, model: ModelFile, matrix: Matrix) -> Matrix:
        return matrix[:, [self.card.features.index(name) for name in model.features]]

    def _forest_probability(self, matrix: Matrix) -> Floats:
        model = self.card.pattern
        rows = self._columns(model, matrix)
        missing = ~np.isfinite(rows)
        filled = np.where(missing, np.asarray(model.medians, dtype=np.float32), rows)
        inputs = np.hstack([filled, missing[:, model.flagged]]).astype(np.float32)
        name = self._forest.get_inputs()[0].name
        probabilities = self._forest.run([self._forest.get_outputs()[1].name], {name: inputs})[0]
        return np.asarray(probabilities[:, 1], dtype=np.float64)

    def _predict(self, booster: Any, model: ModelFile, matrix: Matrix) -> Floats:
        predicted = booster.inplace_predict(self._columns(model, matrix), missing=np.nan)
        return np.asarray(predicted, dtype=np.float64)

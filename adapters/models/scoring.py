"""The ensemble's files and how they score: ONNX of scikit-learn, UBJSON of XGBoost, one card that binds them.

The card says who the members are, so an ensemble scores by what it was made of, whatever members are declared today.
No pickle: loading a model runs no code of its own. A file that does not match the hash on its card is refused.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from trading.arrays import Floats, Matrix
from trading.errors import ModelError
from trading.views.calibration import Calibration
from trading.views.ensemble import Views, as_calibrated, rank_among, weighted
from trading.views.members.member import Estimator, Target
from trading.views.regime_weights import regime_weights
from trading.views.setups import FEATURES

CARD = "card.json"
MOST_HELD = 6
"""Champion, challenger, shadows, and those of the session before; some 30 MB each."""


@dataclass(frozen=True)
class ModelFile:
    """One member of the ensemble and its file.

    Attributes:
        path: relative to the ensemble's folder.
        features: the columns it sees, in order.
        medians: for a forest of scikit-learn, what a missing value becomes; empty for XGBoost's models, which know
            missing values.
        flagged: for such a forest, the positions in `features` that get a column saying whether the value was missing.
        target_scale: the unit of what it predicts: 0.01 for returns in per cent.
        residual_std: out-of-sample error of a predicted return, as a fraction of the price; None for a probability.
    """

    member: str
    estimator: Estimator
    predicts: Target
    weight: float
    path: str
    sha256: str
    features: list[str]
    params: dict[str, Any]
    medians: list[float] = field(default_factory=list)
    flagged: list[int] = field(default_factory=list)
    target_scale: float = 1.0
    residual_std: float | None = None


@dataclass(frozen=True)
class Card:
    """Everything that scoring needs to know.

    Attributes:
        ensemble_id: names the ensemble in the registry and in every decision.
        features: all columns that there were when it was trained, in order.
        models: of the members, in order.
        strengths: ascending quantiles of the strengths given to setups that the models had not seen.
        left_out: columns of the input that no model learned from, and why.
        regime_factors: what multiplies the models' weights in states of the regime (`trading.views.regime_weights`).
        calibration: what the models' figures are worth; None on a card of an earlier version: then the expected return
            is the models' own, and nobody knows its interval, a probability or how unusual a disagreement is.
    """

    ensemble_id: str
    features: list[str]
    models: list[ModelFile]
    strengths: list[float]
    left_out: dict[str, str] = field(default_factory=dict)
    regime_factors: dict[str, list[float]] = field(default_factory=dict)
    calibration: Calibration | None = None

    @property
    def weights(self) -> list[float]:
        """Of the members, in order."""
        return [model.weight for model in self.models]

    def to_json(self) -> str:
        """The card as text, the same for the same card."""
        return json.dumps(asdict(self), sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Card:
        """The card that `to_json` wrote, or that an earlier version did."""
        value = json.loads(text)
        if not isinstance(value, dict):
            raise TypeError("it is no JSON object")
        if "models" not in value:
            value = _restated(value)
        told = value.get("calibration")
        calibration = None if told is None else Calibration.from_dict(told)
        models = [ModelFile(**model) for model in value["models"]]
        return cls(**{**value, "models": models, "calibration": calibration})


_FIRST: tuple[tuple[str, Estimator, Target, float], ...] = (
    ("pattern", "forest", "success", 0.4), ("catalyst", "booster", "success", 0.4),
    ("outcome", "booster", "net_return", 0.2),
)  # fmt: skip
"""The members of all ensembles whose cards name none."""


def _restated(card: Mapping[str, Any]) -> dict[str, Any]:
    """A card of the first form, which knew three members by name, in today's."""
    kept = {key: value for key, value in card.items() if key in Card.__dataclass_fields__}
    models = []
    for member, estimator, predicts, weight in _FIRST:
        file = {**card[member], "member": member, "estimator": estimator, "predicts": predicts, "weight": weight}
        if predicts == "net_return":
            file |= {"target_scale": card["target_scale"], "residual_std": card["residual_std"]}
        models.append(file)
    return {**kept, "models": models}


def sha256_of(data: bytes) -> str:
    """SHA-256 as hexadecimal text."""
    return hashlib.sha256(data).hexdigest()


def normal_cdf(values: Floats) -> Floats:
    """The standard normal distribution function."""
    return np.array([0.5 * (1.0 + math.erf(v / math.sqrt(2.0))) for v in values])


@dataclass(frozen=True)
class Said:
    """What one member says of setups.

    Attributes:
        predicted: the probability of success, or the net return as a fraction, shape `(n,)`.
        residual_std: out-of-sample error of a predicted return; None for a probability.
    """

    member: str
    weight: float
    predicted: Floats
    residual_std: float | None

    @property
    def probability(self) -> Floats:
        """That the setup succeeds; for a predicted return, that it is positive."""
        return self.predicted if self.residual_std is None else normal_cdf(self.predicted / self.residual_std)


def views_of(said: Sequence[Said], *, strengths: Floats, weights: Floats, ensemble_id: str | None = None) -> Views:
    """The views that follow from what the members say, uncalibrated; `strengths` as on the card, `weights` of each row.

    The expected return is the mean of the predicted ones, by the members' weights.
    """
    probabilities = np.array([one.probability for one in said])
    of_returns = [one for one in said if one.residual_std is not None]
    shares = np.array([one.weight for one in of_returns]) / sum(one.weight for one in of_returns)
    expected = weighted(np.array([one.predicted for one in of_returns]), shares)
    strength = weighted(probabilities, weights)
    return Views.raw(
        tuple(one.member for one in said), probabilities, expected, rank=rank_among(strength, strengths),
        weights=weights, ensemble_id=ensemble_id,
    )  # fmt: skip


class _Model(Protocol):
    """A loaded model: predicts from the columns that it sees, in its own unit."""

    def __call__(self, rows: Matrix) -> Floats: ...


def _forest(data: bytes, file: ModelFile) -> _Model:
    import onnxruntime  # noqa: PLC0415  heavy

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # sums in one order, so the same rows give the same bytes
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    source, target = session.get_inputs()[0].name, session.get_outputs()[1].name
    medians = np.asarray(file.medians, dtype=np.float32)

    def predict(rows: Matrix) -> Floats:
        missing = ~np.isfinite(rows)
        inputs = np.hstack([np.where(missing, medians, rows), missing[:, file.flagged]]).astype(np.float32)
        return np.asarray(session.run([target], {source: inputs})[0][:, 1], dtype=np.float64)

    return predict


def _booster(data: bytes, file: ModelFile) -> _Model:  # noqa: ARG001 - loaders are alike
    import xgboost  # noqa: PLC0415  heavy

    booster = xgboost.Booster({"nthread": 1}, model_file=bytearray(data))
    booster.set_param({"device": "cpu"})

    def predict(rows: Matrix) -> Floats:
        known = np.where(np.isfinite(rows), rows, np.float32(np.nan))  # XGBoost refuses infinite values
        return np.asarray(booster.inplace_predict(known, missing=np.nan), dtype=np.float64)

    return predict


def _xgboost_forest(data: bytes, file: ModelFile) -> _Model:
    shares = _booster(data, file)
    return lambda rows: np.clip(shares(rows), 0.0, 1.0)  # rounding may leave them by a hair


LOADERS: Mapping[Estimator, Callable[[bytes, ModelFile], _Model]] = MappingProxyType(
    {"forest": _forest, "xgboost_forest": _xgboost_forest, "booster": _booster}
)


class EnsembleScorer:
    """The models, loaded once, scoring whole batches. The same rows give the same bytes."""

    def __init__(self, folder: Path) -> None:
        """The ensemble in `folder`.

        Raises:
            ModelError: when the card or a file is missing, a file is not the one on the card, or the models learned
                from features that this version doesn't compute any more. New ones are nothing to them.
        """
        self.card = read_card(folder)
        self._models = [LOADERS[file.estimator](read_model(folder, file), file) for file in self.card.models]
        self._columns = [[FEATURES.index(name) for name in file.features] for file in self.card.models]

    def score(self, matrix: Matrix) -> Views:
        """The models' views of each row.

        Args:
            matrix: the columns of `FEATURES`, NaN = unknown, shape `(n, len(FEATURES))`; models see theirs by name.

        Raises:
            ModelError: when there are more or fewer columns.
        """
        views = self.raw(matrix)
        return views if self.card.calibration is None else as_calibrated(views, self.card.calibration)

    def raw(self, matrix: Matrix) -> Views:
        """The same without the card's calibration."""
        card = self.card
        weights = regime_weights(matrix, FEATURES, card.regime_factors, card.weights)
        return views_of(
            self.said(matrix), strengths=np.asarray(card.strengths), weights=weights, ensemble_id=card.ensemble_id
        )

    def said(self, matrix: Matrix) -> list[Said]:
        """What each member says of each row. Raises: ModelError, as `score`."""
        if matrix.ndim != 2 or matrix.shape[1] != len(FEATURES):  # noqa: PLR2004
            raise ModelError(f"the models take {len(FEATURES)} features, the rows have shape {matrix.shape}")
        return [
            Said(
                member=file.member,
                weight=file.weight,
                predicted=self._predicted(model, columns, matrix) * file.target_scale,
                residual_std=file.residual_std,
            )
            for file, model, columns in zip(self.card.models, self._models, self._columns, strict=True)
        ]

    @staticmethod
    def _predicted(model: _Model, columns: list[int], matrix: Matrix) -> Floats:
        return model(matrix[:, columns]) if len(matrix) else np.zeros(0)


class Versions:
    """The ensembles that are asked for by name, each loaded once and held; the latest ones.

    An ensemble never changes under its name, and its files are compared with their hashes when they are loaded. A
    version that can't be loaded says nothing, and why; it is tried again the next time.

    Args:
        folder: of all ensembles.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, EnsembleScorer] = {}

    def score(self, matrix: Matrix, versions: Sequence[str]) -> dict[str, Views]:
        """What each version says of each row, by its name."""
        return {name: self._views(name, matrix) for name in versions}

    def load(self, versions: Sequence[str]) -> dict[str, str]:
        """The versions are held; returns why some aren't, by name."""
        return {name: found for name in versions if isinstance(found := self._scorer(name), str)}

    def held(self) -> tuple[str, ...]:
        """Those in memory."""
        return tuple(self._held)

    def _views(self, name: str, matrix: Matrix) -> Views:
        found = self._scorer(name)
        return Views.unknown(len(matrix), name, found) if isinstance(found, str) else found.score(matrix)

    def _scorer(self, name: str) -> EnsembleScorer | str:
        held = dict(self._held)  # replaced whole: who scores meanwhile goes on with what it has
        scorer = held.pop(name, None)
        if scorer is None:
            try:
                scorer = EnsembleScorer(self._folder / name)
            except ModelError as error:
                return f"the models of {name} can't be used: {error}"
        held[name] = scorer
        self._held = dict(list(held.items())[-MOST_HELD:])
        return scorer


def read_card(folder: Path) -> Card:
    """The card of an ensemble that this version can score.

    Raises:
        ModelError: when it is missing or can't be read, or the models learned from features that aren't computed any
            more.
    """
    try:
        card = Card.from_json((folder / CARD).read_text())
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{folder / CARD} can't be read as a model card: {error}; train again") from error
    gone = sorted({name for file in card.models for name in file.features} - set(FEATURES))
    if gone:
        raise ModelError(
            f"{card.ensemble_id} learned from features that this version doesn't have: {', '.join(gone)}. It "
            "can't score. Use the version that trained it, or train anew on the record."
        )
    return card


def read_model(folder: Path, model: ModelFile) -> bytes:
    """A model's file. Raises: ModelError when it is missing or isn't the one that was registered."""
    try:
        data = (folder / model.path).read_bytes()
    except OSError as error:
        raise ModelError(f"model file {folder / model.path} can't be read: {error}; train again") from error
    if sha256_of(data) != model.sha256:
        raise ModelError(f"model file {folder / model.path} is not the one that was registered; it is refused")
    return data

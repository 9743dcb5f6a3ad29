"""Writing an ensemble's files: forest to ONNX, boosters to UBJSON, and the card that binds them by hash."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from adapters.models.scoring import CARD, Card, ModelFile, sha256_of
from trading.errors import ModelError
from trading.views.setups import FEATURES
from tune.estimators import Forest
from tune.search import TARGET_SCALE, Winner
from tune.specs import SPECS, Kind

Floats = npt.NDArray[np.float64]
QUANTILES = 1_001


@dataclass(frozen=True)
class Fitted:
    """The three fitted models."""

    forest: Forest
    catalyst: Any
    outcome: Any


def forest_to_onnx(forest: Forest) -> bytes:
    """The forest as ONNX bytes, probabilities as one array."""
    from skl2onnx import to_onnx  # noqa: PLC0415  heavy
    from skl2onnx.common.data_types import FloatTensorType  # noqa: PLC0415

    inputs = [("rows", FloatTensorType([None, forest.model.n_features_in_]))]
    model = to_onnx(forest.model, initial_types=inputs, options={id(forest.model): {"zipmap": False}})
    data: bytes = model.SerializeToString()
    return data


def write_ensemble(
    folder: Path,
    ensemble_id: str,
    fitted: Fitted,
    winners: Mapping[Kind, Winner],
    strengths: Floats,
    *,
    left_out: Mapping[str, str] = MappingProxyType({}),
    regime_factors: Mapping[str, list[float]] = MappingProxyType({}),
) -> Card:
    """The ensemble's files are in `folder`, each moved into place whole and the card last.

    Args:
        folder: of this ensemble alone.
        ensemble_id: its name.
        fitted: the models.
        winners: their parameters.
        strengths: given to setups that models with these parameters had not seen, shape `(n,)`.
        left_out: columns that the models did not learn from, and why.
        regime_factors: see `trading.views.regime_weights`.

    Raises:
        ModelError: when the regressor's error is zero, so that it can't be turned into probabilities.
    """
    if not winners["outcome"].residual_std > 0:
        raise ModelError(
            "the outcome model predicted its folds without any error, which no market allows; check the data"
        )
    contents: dict[Kind, tuple[str, bytes]] = {
        "pattern": ("pattern.onnx", forest_to_onnx(fitted.forest)),
        "catalyst": ("catalyst.ubj", bytes(fitted.catalyst.save_raw(raw_format="ubj"))),
        "outcome": ("outcome.ubj", bytes(fitted.outcome.save_raw(raw_format="ubj"))),
    }
    files = {
        kind: _model_file(kind, path, data, fitted, winners[kind], left_out=left_out)
        for kind, (path, data) in contents.items()
    }
    card = Card(
        ensemble_id=ensemble_id,
        features=list(FEATURES),
        pattern=files["pattern"],
        catalyst=files["catalyst"],
        outcome=files["outcome"],
        residual_std=winners["outcome"].residual_std,
        target_scale=TARGET_SCALE,
        strengths=np.quantile(strengths, np.linspace(0, 1, QUANTILES)).tolist(),
        left_out=dict(left_out),
        regime_factors=dict(regime_factors),
    )
    folder.mkdir(parents=True, exist_ok=True)
    for path, data in (*contents.values(), (CARD, card.to_json().encode())):
        _write(folder / path, data)
    return card


def _model_file(
    kind: Kind, path: str, data: bytes, fitted: Fitted, winner: Winner, *, left_out: Mapping[str, str]
) -> ModelFile:
    forest = fitted.forest if kind == "pattern" else None
    return ModelFile(
        path=path,
        sha256=sha256_of(data),
        features=[name for name in SPECS[kind].features if name not in left_out],
        params=dict(winner.params),
        medians=[float(v) for v in forest.medians] if forest else [],
        flagged=[int(v) for v in forest.flagged] if forest else [],
    )


def _write(path: Path, data: bytes) -> None:
    part = path.with_suffix(path.suffix + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)

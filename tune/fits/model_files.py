"""Writing an ensemble's files: scikit-learn's to ONNX, XGBoost's to UBJSON, and the card that binds them by hash."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from adapters.models.scoring import CARD, Card, ModelFile, sha256_of
from trading.arrays import Floats
from trading.errors import ModelError
from trading.views.calibration import Calibration
from trading.views.members.member import Estimator, Member, Members
from trading.views.setups import FEATURES
from tune.fits.estimators import Forest
from tune.search.report import Winner
from tune.sets.training_set import TARGET_SCALE, bound_ways

QUANTILES = 1_001


Fitted = Mapping[str, Any]
"""The fitted models by member: a `Forest`, or XGBoost's booster."""


def forest_to_onnx(forest: Forest) -> bytes:
    """The forest as ONNX bytes, probabilities as one array."""
    from skl2onnx import to_onnx  # noqa: PLC0415  heavy
    from skl2onnx.common.data_types import FloatTensorType  # noqa: PLC0415

    inputs = [("rows", FloatTensorType([None, forest.model.n_features_in_]))]
    model = to_onnx(forest.model, initial_types=inputs, options={id(forest.model): {"zipmap": False}})
    data: bytes = model.SerializeToString()
    return data


WRITERS: Mapping[Estimator, tuple[str, Callable[[Any], bytes]]] = MappingProxyType(
    {
        "forest": ("onnx", forest_to_onnx),
        "xgboost_forest": ("ubj", lambda forest: bytes(forest.save_raw(raw_format="ubj"))),
        "booster": ("ubj", lambda booster: bytes(booster.save_raw(raw_format="ubj"))),
    }
)
"""The ending of each kind's file, and its bytes."""


def write_ensemble(
    folder: Path,
    ensemble_id: str,
    fitted: Fitted,
    winners: Mapping[str, Winner],
    strengths: Floats,
    *,
    members: Members,
    left_out: Mapping[str, str] = MappingProxyType({}),
    regime_factors: Mapping[str, list[float]] = MappingProxyType({}),
    calibration: Calibration | None = None,
) -> Card:
    """The ensemble's files are in `folder`, each moved into place whole and the card last.

    Args:
        folder: of this ensemble alone.
        ensemble_id: its name.
        fitted: the models.
        winners: their parameters.
        strengths: given to setups that models with these parameters had not seen, shape `(n,)`.
        members: whose models they are.
        left_out: columns that the models did not learn from, and why.
        regime_factors: see `trading.views.regime_weights`.
        calibration: what the models' figures are worth.

    Raises:
        ModelError: when the error of a predicted return is zero, so that it can't be turned into probabilities.
    """
    flawless = [one.name for one in members if one.predicts == "net_return" and not winners[one.name].residual_std > 0]
    if flawless:
        raise ModelError(
            f"the {flawless[0]} model predicted its folds without any error, which no market allows; check the data"
        )
    contents = {member.name: _content(member, fitted[member.name]) for member in members}
    card = Card(
        ensemble_id=ensemble_id,
        features=list(FEATURES),
        models=[
            _model_file(
                member,
                contents[member.name],
                fitted[member.name],
                winners[member.name],
                weight=members.weight_of(member.name),
                left_out=left_out,
            )
            for member in members
        ],
        strengths=np.quantile(strengths, np.linspace(0, 1, QUANTILES)).tolist(),
        left_out=dict(left_out),
        regime_factors=dict(regime_factors),
        calibration=calibration,
    )
    write_files(folder, {**dict(contents.values()), CARD: card.to_json().encode()})
    return card


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """The files are in `folder`, in their order, each moved into place whole; the card has to be the last."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, data in files.items():
        _write(folder / path, data)


def _content(member: Member, model: Any) -> tuple[str, bytes]:
    ending, to_bytes = WRITERS[member.estimator]
    return f"{member.name}.{ending}", to_bytes(model)


def _model_file(
    member: Member,
    content: tuple[str, bytes],
    model: Any,
    winner: Winner,
    *,
    weight: float,
    left_out: Mapping[str, str],
) -> ModelFile:
    path, data = content
    forest = model if isinstance(model, Forest) else None
    of_returns = member.predicts == "net_return"
    return ModelFile(
        member=member.name,
        estimator=member.estimator,
        predicts=member.predicts,
        weight=weight,
        path=path,
        sha256=sha256_of(data),
        features=[name for name in member.features if name not in left_out],
        params=bound_ways(member, left_out, winner.params),
        medians=[float(v) for v in forest.medians] if forest else [],
        flagged=[int(v) for v in forest.flagged] if forest else [],
        target_scale=TARGET_SCALE if of_returns else 1.0,
        residual_std=winner.residual_std if of_returns else None,
    )


def _write(path: Path, data: bytes) -> None:
    part = path.with_suffix(path.suffix + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)

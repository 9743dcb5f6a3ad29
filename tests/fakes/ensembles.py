"""Small ensembles with real files, on record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from adapters.postgres.models import EnsembleRow, Entry, MemberRow, ModelRow, ModelStore
from adapters.postgres.pool import Pool
from tests.fakes.planted import planted
from trading.views.calibration import Calibration
from trading.views.lifecycle import Role
from trading.views.members.member import Member
from trading.views.members.registry import MEMBERS
from tune.fits.estimators import fit_booster
from tune.fits.model_files import Fitted, write_ensemble
from tune.search.report import Winner
from tune.sets.training_set import TrainingSet, columns_of, target_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FOREST = {"trees": 5, "max_depth": 3, "min_samples_leaf": 20, "max_features": "sqrt"}
BOOSTER = {"rounds": 3, "max_depth": 2, "eta": 0.3, "min_child_weight": 5, "subsample": 0.8, "colsample_bytree": 0.6}
CALIBRATION = Calibration((-0.1, 0.2), (0.0, 0.3), (0.0, 0.0, 0.0), (0.0, 0.1), 100, 10)
PASSED = {"passed": True, "checks": {"purged": ""}, "last_known": "2010-03-30"}


@cache
def _fitted() -> Fitted:
    return {member.name: _fit(member, planted(20, sessions=20, skill=0.25)) for member in MEMBERS}


def _fit(member: Member, data: TrainingSet) -> object:
    rows, target = data.matrix[:, columns_of(member, data)], target_of(member, data)
    return fit_booster(_params(member), member.objective, rows, target, seed=1)


def _params(member: Member) -> dict[str, Any]:
    return FOREST if member.estimator == "xgboost_forest" else BOOSTER


def registered(
    pool: Pool, home: Path, name: str, role: Role, *, known_before: date, audit: Mapping[str, Any] | None = PASSED
) -> EnsembleRow:
    """An ensemble with files of its own is on record in the role."""
    winners = {
        member.name: Winner(
            _params(member), 0.6,
            0.02 if member.predicts == "net_return" else 0.0, 2,
        )
        for member in MEMBERS
    }  # fmt: skip
    card = write_ensemble(
        home / "models" / name, name, _fitted(), winners, np.linspace(0.3, 0.7, 50), members=MEMBERS,
        calibration=CALIBRATION,
    )  # fmt: skip
    models = [
        ModelRow(
            model_id=f"{name}-{file.member}", kind=file.member, created_at=NOON, path=f"models/{name}/{file.path}",
            sha256=file.sha256, data_sha256="0" * 64, code_version="1", params=file.params, metrics={"train_rows": 800},
            features=file.features, train_from=date(2009, 9, 1), train_to=date(2010, 3, 30),
        )
        for file in card.models
    ]  # fmt: skip
    members = tuple(MemberRow(file.member, f"{name}-{file.member}", file.weight) for file in card.models)
    metrics: dict[str, Any] = {"ensemble": {"value": 0.53, "low": 0.48, "high": 0.58}}
    if audit is not None:
        metrics["audit"] = dict(audit)
    row = EnsembleRow(name, NOON, members, metrics, "0" * 64, known_before)
    ModelStore(pool).register(models, row, Entry(role, "test", f"trained for {name}"))
    return row

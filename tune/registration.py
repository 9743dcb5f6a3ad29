"""An ensemble on disk becomes the champion of the record."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from adapters.models.scoring import ModelFile
from adapters.postgres.models import EnsembleRow, Kind, ModelRow, ModelStore, Status
from trading.bars.panel import as_date
from trading.outcomes.barriers import OutcomeRules
from trading.views.ensemble import WEIGHTS
from tune.distributed import Workers
from tune.pipeline import Trained
from tune.specs import SPECS


def config_sha256(seed: int, known_before: date, rules: OutcomeRules, workers: Workers) -> str:
    """A digest of what a training depends on beside the data."""
    grids = {kind: [spec.features, spec.objective, spec.grid] for kind, spec in SPECS.items()}
    facts = [seed, known_before.isoformat(), asdict(rules), asdict(workers), grids]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def register(
    store: ModelStore,
    trained: Trained,
    home: Path,
    *,
    config: str,
    known_before: date,
    code_version: str,
    at: datetime,
    status: Status = "champion",
) -> EnsembleRow:
    """The ensemble and its models are on record with that status; repeating it changes nothing."""
    accuracy = trained.accuracy.to_dict()
    files: dict[Kind, ModelFile] = {
        "pattern": trained.card.pattern,
        "catalyst": trained.card.catalyst,
        "outcome": trained.card.outcome,
    }

    def row(kind: Kind, file: ModelFile) -> ModelRow:
        winner = trained.winners[kind]
        metrics: dict[str, Any] = {
            "search_loss": winner.loss,
            "search_trials": winner.trials,
            "accuracy": accuracy[kind],
            "majority": accuracy["majority"],
            "rule": accuracy["rule"],
            "test_setups": trained.accuracy.setups,
            "test_sessions": trained.accuracy.sessions,
            "test_first_session": trained.accuracy.first_session,
            "test_last_session": trained.accuracy.last_session,
            "train_rows": trained.rows,
        }
        return ModelRow(
            model_id=f"{trained.card.ensemble_id}-{kind}",
            kind=kind,
            created_at=at,
            path=str((trained.folder / file.path).relative_to(home)),
            sha256=file.sha256,
            data_sha256=trained.data_sha256,
            code_version=code_version,
            params=file.params,
            metrics=metrics,
            features=file.features,
            train_from=as_date(trained.first_session),
            train_to=as_date(trained.last_session),
        )

    models = {kind: row(kind, file) for kind, file in files.items()}
    ensemble = EnsembleRow(
        ensemble_id=trained.card.ensemble_id,
        created_at=at,
        pattern_model_id=models["pattern"].model_id,
        catalyst_model_id=models["catalyst"].model_id,
        outcome_model_id=models["outcome"].model_id,
        weights=WEIGHTS,
        status=status,
        metrics=accuracy,
        config_sha256=config,
        known_before=known_before,
    )
    store.register(list(models.values()), ensemble)
    return ensemble

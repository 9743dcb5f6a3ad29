"""An ensemble on disk comes on record, in the role that it was trained for if its audit passed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from adapters.models.scoring import ModelFile
from adapters.postgres.models import EnsembleRow, Entry, MemberRow, ModelRow, ModelStore
from adapters.postgres.training_record import TrainingRecord, TrainingTime
from adapters.postgres.trials import TrialLedger
from trading.bars.panel import as_date
from trading.outcomes.barriers import OutcomeRules
from trading.views.members.member import Members
from trading.views.members.registry import MEMBERS
from tune.fits.distributed import Workers
from tune.judgement.trials import record_trials
from tune.pipeline import Trained


def config_sha256(
    seed: int, known_before: date, rules: OutcomeRules, workers: Workers, members: Members = MEMBERS
) -> str:
    """A digest of what a training depends on beside the data."""
    grids = {
        member.name: [member.estimator, member.features, member.objective, member.grid, member.monotone]
        for member in members
    }
    facts = [seed, known_before.isoformat(), asdict(rules), workers.facts(), grids]
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
    entry: Entry,
) -> EnsembleRow:
    """The ensemble and its models are on record, and in that role at once; repeating it changes nothing.

    What was tried for it is in the ledger of trials before that, so that no model is on record whose attempts aren't.
    One whose audit failed is on record without a role, and nothing can promote it.
    """
    accuracy = trained.accuracy.to_dict()
    audit = trained.audit.known_before(known_before)
    if not audit.passed:
        entry = replace(entry, role="registered", why=f"{entry.why}; its audit failed: {audit.words}")

    models = [_model_row(trained, file, home, code_version=code_version, at=at) for file in trained.card.models]
    ensemble = EnsembleRow(
        ensemble_id=trained.card.ensemble_id,
        created_at=at,
        members=tuple(
            MemberRow(file.member, model.model_id, file.weight)
            for file, model in zip(trained.card.models, models, strict=True)
        ),
        metrics={
            **accuracy,
            "audit": audit.to_dict(),
            "sealed": list(trained.spared),
            "paths": trained.paths.to_dict(),
            "labels": {"both_barriers": trained.undecidable[0], "looked_at": trained.undecidable[1]},
        },
        config_sha256=config,
        known_before=known_before,
    )
    record_trials(TrialLedger(store.pool), trained.tried, code_version=code_version, at=at)
    store.register(models, ensemble, entry)
    took = TrainingTime(ensemble.ensemble_id, at, trained.device, trained.rows, trained.seconds)
    TrainingRecord(store.pool).took(took)
    return ensemble


def _model_row(trained: Trained, file: ModelFile, home: Path, *, code_version: str, at: datetime) -> ModelRow:
    accuracy, winner = trained.accuracy.to_dict(), trained.winners[file.member]
    metrics: dict[str, Any] = {
        "search_loss": winner.loss,
        "search_trials": winner.trials,
        "accuracy": accuracy[file.member],
        **{name: accuracy[name] for name in ("majority", "rule", "logistic", "logistic_auc")},
        "test_setups": trained.accuracy.setups,
        "test_sessions": trained.accuracy.sessions,
        "test_first_session": trained.accuracy.first_session,
        "test_last_session": trained.accuracy.last_session,
        "train_rows": trained.rows,
    }
    return ModelRow(
        model_id=f"{trained.card.ensemble_id}-{file.member}",
        kind=file.member,
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

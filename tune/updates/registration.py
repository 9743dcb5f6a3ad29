"""An update comes on record as any ensemble does: its trial, its models, itself, and what it was made from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from adapters.models.scoring import ModelFile
from adapters.postgres.models import EnsembleRow, Entry, MemberRow, ModelRow, ModelStore
from adapters.postgres.trials import TrialLedger
from trading.bars.panel import as_date
from trading.errors import ModelError
from tune.judgement.trials import record_trials
from tune.updates.update import Updated

TRAIN_ROWS = "train_rows"


@dataclass(frozen=True)
class Stamp:
    """By which program, when, and with what."""

    code_version: str
    at: datetime
    seed: int


def learned_rows(store: ModelStore, row: EnsembleRow) -> int:
    """How many rows the models of a version learned from, updates included; 0 where the record doesn't say."""
    models = store.models([member.model_id for member in row.members])
    return max((int(model.metrics.get(TRAIN_ROWS, 0)) for model in models), default=0)


def register_update(store: ModelStore, made: Updated, home: Path, before: date, stamp: Stamp) -> EnsembleRow:
    """The update is on record without a role; repeating it changes nothing.

    Args:
        store: the registry.
        made: the update.
        home: the data folder.
        before: no outcome known on this session or later was used.
        stamp: of the record.

    Raises:
        ModelError: when its parent isn't on record, or it is with other files.
    """
    parent = store.ensemble(made.parent)
    if parent is None:
        raise ModelError(f"{made.parent} is not on record, so {made.card.ensemble_id} was not registered.")
    earlier = dict(
        zip(
            [member.kind for member in parent.members],
            store.models([member.model_id for member in parent.members]),
            strict=True,
        )
    )
    models = [_model_row(made, file, earlier[file.member], home, stamp) for file in made.card.models]
    ensemble = EnsembleRow(
        ensemble_id=made.card.ensemble_id,
        created_at=stamp.at,
        members=tuple(
            MemberRow(file.member, model.model_id, file.weight)
            for file, model in zip(made.card.models, models, strict=True)
        ),
        metrics={
            "audit": made.audit.to_dict(),
            "update": {
                "parent": made.parent, "rows": made.rows, "sessions": made.sessions,
                **{name: {"added": grown.added, "holds": grown.holds} for name, grown in made.grown.items()},
            },
        },
        config_sha256=_config(parent, stamp.seed),
        known_before=before,
    )  # fmt: skip
    record_trials(TrialLedger(store.pool), [made.tried], code_version=stamp.code_version, at=stamp.at)
    store.register(models, ensemble, Entry("registered", "model updates", f"made from {made.parent}"))
    return ensemble


def _config(parent: EnsembleRow, seed: int) -> str:
    facts = ["update", parent.ensemble_id, parent.config_sha256, seed]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _model_row(made: Updated, file: ModelFile, earlier: ModelRow, home: Path, stamp: Stamp) -> ModelRow:
    grown = made.grown.get(file.member)
    metrics: dict[str, Any] = {TRAIN_ROWS: int(earlier.metrics.get(TRAIN_ROWS, 0)) + (made.rows if grown else 0)}
    if grown is not None:
        metrics["update"] = {"added": grown.added, "holds": grown.holds, "rows": made.rows}
    return ModelRow(
        model_id=f"{made.card.ensemble_id}-{file.member}",
        kind=file.member,
        created_at=stamp.at,
        path=str((made.folder / file.path).relative_to(home)),
        sha256=file.sha256,
        data_sha256=made.data_sha256,
        code_version=stamp.code_version,
        params=file.params,
        metrics=metrics,
        features=file.features,
        train_from=earlier.train_from,
        train_to=max(earlier.train_to, as_date(made.last_session)),
    )

"""The registry of models and ensembles: what was trained on what, how good it is, which one is in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from adapters.postgres.model_events import LOCK, life_of, put
from adapters.postgres.pool import Cursor, Pool, transaction
from trading.errors import ModelError
from trading.views.lifecycle import Role, made
from trading.views.lifecycle import registered as as_registered

MODEL_COLUMNS = (
    "model_id, kind, version, created_at, path, sha256, data_sha256, code_version, params, metrics, features, "
    "train_from, train_to"
)
ENSEMBLE_COLUMNS = "ensemble_id, created_at, metrics, config_sha256, known_before"


@dataclass(frozen=True)
class ModelRow:
    """A row of `models`, without the version: the registry counts it up per kind.

    Attributes:
        path: of the file, relative to the data folder.
        data_sha256: of the training rows.
        metrics: out of sample; JSON values.
        train_from: first and `train_to` last session of the training rows.
    """

    model_id: str
    kind: str
    created_at: datetime
    path: str
    sha256: str
    data_sha256: str
    code_version: str
    params: Mapping[str, Any]
    metrics: Mapping[str, Any]
    features: Sequence[str]
    train_from: date
    train_to: date


@dataclass(frozen=True)
class MemberRow:
    """A row of `ensemble_members`: which model is a member of an ensemble, and its weight.

    Attributes:
        kind: the member's name.
    """

    kind: str
    model_id: str
    weight: float


@dataclass(frozen=True)
class EnsembleRow:
    """A row of `ensembles` with its members.

    Attributes:
        members: in order; their weights add up to 1.
        config_sha256: of everything that the training depended on beside the data.
        known_before: no outcome known on this session or later was used.
    """

    ensemble_id: str
    created_at: datetime
    members: tuple[MemberRow, ...]
    metrics: Mapping[str, Any]
    config_sha256: str
    known_before: date


@dataclass(frozen=True)
class Entry:
    """What a new ensemble is to be.

    Attributes:
        role: at once, from the next session on.
        who: registers it.
        why: it has that role, in words.
    """

    role: Role
    who: str
    why: str


class ModelStore:
    """Writer and reader of `models` and `ensembles`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @property
    def pool(self) -> Pool:
        """Of the database that the registry is in."""
        return self._pool

    def register(self, models: Sequence[ModelRow], ensemble: EnsembleRow, entry: Entry) -> bool:
        """The models and their ensemble are on record, and in their role from the next session on, in one transaction.

        Returns:
            False when the ensemble was on record already; nothing was changed then, and its role neither.

        Raises:
            ModelError: when the ensemble or a model is on record with other files or data; nothing was changed.
        """
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute("SELECT config_sha256 FROM ensembles WHERE ensemble_id = %s", [ensemble.ensemble_id])
            row = cursor.fetchone()
            if row is not None and row[0] != ensemble.config_sha256:
                raise ModelError(f"{ensemble.ensemble_id} is on record with another configuration; nothing was changed")
            for model in models:
                _insert_model(cursor, model)
            if row is not None:
                return False
            _insert_ensemble(cursor, ensemble)
            put(cursor, [as_registered(ensemble.ensemble_id, entry.why)], who=entry.who, at=ensemble.created_at)
            changes = made(life_of(cursor), ensemble.ensemble_id, entry.role, entry.why)
            put(cursor, changes, who=entry.who, at=ensemble.created_at)
        return True

    def ensemble(self, ensemble_id: str) -> EnsembleRow | None:
        """The ensemble of that name."""
        return next((row for row in self.ensembles() if row.ensemble_id == ensemble_id), None)

    def ensembles(self) -> list[EnsembleRow]:
        """Every ensemble, whatever its role, by the session before which it may not be used, then by name."""
        return self._read("ORDER BY known_before, ensemble_id")

    def _read(self, which: str) -> list[EnsembleRow]:
        members = (
            "ARRAY(SELECT jsonb_build_array(m.kind, m.model_id, m.weight) FROM ensemble_members m "
            "WHERE m.ensemble_id = e.ensemble_id ORDER BY m.position)"
        )
        with transaction(self._pool) as cursor:
            query = f"SELECT {ENSEMBLE_COLUMNS}, {members} FROM ensembles e {which}"  # noqa: S608 - constants
            cursor.execute(query.encode())
            rows = cursor.fetchall()
        return [_ensemble(row) for row in rows]

    def models(self, model_ids: Sequence[str]) -> list[ModelRow]:
        """The named models, in that order.

        Raises:
            ModelError: when one is not on record.
        """
        with transaction(self._pool) as cursor:
            query = f"SELECT {MODEL_COLUMNS} FROM models WHERE model_id = ANY(%s)"  # noqa: S608 - constants
            cursor.execute(query.encode(), [list(model_ids)])
            found = {row[0]: ModelRow(*row[:2], *row[3:]) for row in cursor.fetchall()}
        missing = [model_id for model_id in model_ids if model_id not in found]
        if missing:
            raise ModelError(f"No model {', '.join(missing)} is on record. Train again with `inplay run --fresh`.")
        return [found[model_id] for model_id in model_ids]


def _insert_model(cursor: Cursor, model: ModelRow) -> None:
    cursor.execute("SELECT sha256, data_sha256 FROM models WHERE model_id = %s", [model.model_id])
    row = cursor.fetchone()
    if row is not None:
        if tuple(row) != (model.sha256, model.data_sha256):
            raise ModelError(f"{model.model_id} is on record with another file or other data; nothing was changed")
        return
    cursor.execute(
        "INSERT INTO models SELECT %s, %s, coalesce(max(version), 0) + 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s "
        "FROM models WHERE kind = %s",
        [
            model.model_id, model.kind, model.created_at, model.path, model.sha256, model.data_sha256,
            model.code_version, Jsonb(dict(model.params)), Jsonb(dict(model.metrics)), Jsonb(list(model.features)),
            model.train_from, model.train_to, model.kind,
        ],
    )  # fmt: skip


def _ensemble(row: Sequence[Any]) -> EnsembleRow:
    ensemble_id, created_at, metrics, config, known_before, members = row
    return EnsembleRow(
        ensemble_id=ensemble_id, created_at=created_at, members=tuple(MemberRow(*member) for member in members),
        metrics=metrics, config_sha256=config, known_before=known_before,
    )  # fmt: skip


def _insert_ensemble(cursor: Cursor, row: EnsembleRow) -> None:
    query = f"INSERT INTO ensembles ({ENSEMBLE_COLUMNS}) VALUES ({', '.join(['%s'] * 5)})"  # noqa: S608 - constants
    cursor.execute(
        query.encode(),
        [row.ensemble_id, row.created_at, Jsonb(dict(row.metrics)), row.config_sha256, row.known_before],
    )
    cursor.executemany(
        "INSERT INTO ensemble_members (ensemble_id, position, kind, model_id, weight) VALUES (%s, %s, %s, %s, %s)",
        [
            (row.ensemble_id, position, member.kind, member.model_id, member.weight)
            for position, member in enumerate(row.members)
        ],
    )

"""The steps of `inplay train`: rows from the record, a training on Ray, an ensemble on record."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib.metadata import version

from actors.wiring import now
from adapters.machine.free_memory import give_back
from adapters.postgres.models import EnsembleRow, Entry, ModelRow
from adapters.record import NO_BARS, Record, reading, writing
from adapters.settings import Settings
from cli.run.models import BY_HAND
from trading.errors import ConfigurationError
from trading.risk.decision_rules import rules_of
from trading.scanner.rules import large_cap
from trading.views.lifecycle import Role
from tune.judgement.leakage.again import Then
from tune.judgement.leakage.then import rows_then
from tune.pipeline import Trained
from tune.registration import register
from tune.sets.of_record import SetRules, set_of_record
from tune.sets.training_set import TrainingSet


@dataclass
class Stages:
    """How long each stage took, in seconds, by its name."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """The time until the end counts for this stage."""
        began_s = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(time.monotonic() - began_s, 1)


def cutoff(record: Record, before: date | None) -> date:
    """The session before which every outcome was known: the one asked for, else the day after the last one on record.

    Raises:
        ConfigurationError: when there are no bars, or none before it.
    """
    sessions = record.bar_tables.sessions()
    if not sessions:
        raise ConfigurationError(
            "There are no bars on record. Nothing was changed. Import some with `inplay import bars PATH`."
        )
    latest = sessions[-1] + timedelta(days=1)
    if before is not None and before <= sessions[0]:
        raise ConfigurationError(
            f"--to {before}: the record begins on {sessions[0]}, so nothing was known before. Nothing was changed."
        )
    return latest if before is None else min(before, latest)


def cutoff_of(settings: Settings, before: date | None) -> date:
    """The same of the record of these settings, which is closed again. Raises: as `cutoff`, or `UnavailableError`."""
    with reading(settings, now=now(), missing=NO_BARS) as record:
        return cutoff(record, before)


def rows_of(settings: Settings, known_before: date) -> tuple[TrainingSet, Then]:
    """The setups on record with an outcome that was known before the session, and what their audit needs.

    The record is closed again.
    """
    with reading(settings, now=now(), missing=NO_BARS) as record:
        rules = SetRules(rules_of(settings.risk).outcome, large_cap(), known_before, settings.regime_weights)
        data = set_of_record(record, rules)
        give_back()
        last = max(session for session in record.bar_tables.sessions() if session < known_before)
        return data, rows_then(record, data, last)


def role_for(record: Record, known_before: date) -> tuple[Role, str]:
    """What a new ensemble becomes, and why.

    Beside a champion that decides up to where the new one learned, it is the challenger. Else it is registered and
    does nothing: what a run would make champion stays the run's, and no session that is yet to be replayed is decided
    by an ensemble that knows its outcome.
    """
    life = record.lifecycle.life()
    if "champion" not in life.latest().values():
        return "registered", "no champion is on record"
    begun = record.lifecycle.last_begun()
    if begun is None or begun + timedelta(days=1) < known_before:
        return "registered", "it learned from sessions that the record hasn't traded yet"
    return "challenger", f"trained on what was known before {known_before}"


@dataclass(frozen=True)
class OnRecord:
    """A training's ensemble as it is on record.

    Attributes:
        role: from now on, and `why`.
    """

    ensemble: EnsembleRow
    models: list[ModelRow]
    role: str
    why: str


def put_on_record(settings: Settings, trained: Trained, config: str, known_before: date) -> OnRecord:
    """The ensemble and its trials are on record, also beside a run; repeating it changes nothing."""
    with writing(settings, now=now(), make=False) as record:
        role, why = role_for(record, known_before)
        row = register(
            record.models, trained, settings.home, config=config, known_before=known_before,
            code_version=version("inplay"), at=now(), entry=Entry(role, BY_HAND, why),
        )  # fmt: skip
        models = record.models.models([member.model_id for member in row.members])
        return OnRecord(row, list(models), record.lifecycle.life().role_of(row.ensemble_id), why)

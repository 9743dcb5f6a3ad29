"""Promotion, rollback and retirement of ensembles, checked before they are on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.models import EnsembleRow, ModelStore
from adapters.postgres.pool import Pool
from research.models.files import require_registered, row_of
from trading.errors import LedgerError, ModelRefusedError
from trading.views.lifecycle import Change, Event, Lifecycle, Role, made, rolled_back

AUDIT = "audit"
"""The key of an ensemble's metrics that says what training checked of itself."""


@dataclass(frozen=True)
class Said:
    """Who wants a change.

    Attributes:
        who: `inplay models`, `http`.
        why: in words, for the record.
        at: by the wall clock.
    """

    who: str
    why: str
    at: datetime


@dataclass(frozen=True)
class Changed:
    """What a change made.

    Attributes:
        ensemble_id: that was asked for, or whom a rollback made champion again.
        role: it has after everything on record.
        from_session: the first session that it has this role at.
        events: that are new; none where nothing was to be changed.
    """

    ensemble_id: str
    role: str
    from_session: date
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Registry:
    """The ensembles of a record and their files.

    Attributes:
        pool: of the record.
        home: the data folder.
        trouble: why an ensemble can't score, by its name; empty when it was tried and can.
    """

    pool: Pool
    home: Path
    trouble: Callable[[str], str]

    def promote(self, ensemble_id: str, role: Role, said: Said) -> Changed:
        """The ensemble comes into the role from the next session on that hasn't begun; a repeat changes nothing.

        Raises:
            UnknownModelError: when it isn't on record.
            ModelRefusedError: when its files aren't those that were registered, its audit failed, or what it is can't
                become that. Nothing was changed.
        """
        self._require_usable(ensemble_id)
        return self._change(ensemble_id, lambda life: made(life, ensemble_id, role, said.why), said)

    def retire(self, ensemble_id: str, said: Said) -> Changed:
        """The ensemble is asked no more; without a champion the rules decide. A repeat changes nothing.

        Raises:
            UnknownModelError: when it isn't on record.
        """
        return self._change(ensemble_id, lambda life: made(life, ensemble_id, "retired", said.why), said)

    def roll_back(self, ensemble_id: str | None, said: Said) -> Changed:
        """The champion before this one decides again; nothing changes when this one isn't champion any more.

        Args:
            ensemble_id: that is champion; None for whoever is.
            said: who wants it and why.

        Raises:
            UnknownModelError: when it isn't on record.
            ModelRefusedError: when it was never champion, there was none before it, or that one can't be used any more.
        """
        life = LifecycleStore(self.pool).life()
        name = _champion(life) if ensemble_id is None else ensemble_id
        told = rolled_back(life, name, said.why)
        back = next((change.ensemble_id for change in told if change.role == "champion"), name)
        if told:
            self._require_usable(back)

        def again(now: Lifecycle) -> Sequence[Change]:
            changes = rolled_back(now, name, said.why)
            if [change.ensemble_id for change in changes] not in ([], [name, back]):
                raise ModelRefusedError(f"The life of {name} was changed meanwhile. Nothing was changed. Ask again.")
            return changes

        return self._change(back, again, said)

    def _change(self, ensemble_id: str, told: Callable[[Lifecycle], Sequence[Change]], said: Said) -> Changed:
        store = LifecycleStore(self.pool)
        try:
            events = store.change(told, who=said.who, at=said.at)
        except LedgerError as error:
            raise ModelRefusedError(str(error)) from error
        latest = [event for event in store.life().events if event.ensemble_id == ensemble_id][-1]
        return Changed(ensemble_id, latest.role, latest.from_session, tuple(events))

    def _require_usable(self, ensemble_id: str) -> None:
        row, _ = row_of(self.pool, ensemble_id)
        failed = audit_of(row)
        if failed:
            raise ModelRefusedError(
                f"The audit of {ensemble_id} failed when it was trained: {failed}. Nothing was changed. Train anew; "
                f"`inplay models show {ensemble_id}` tells more."
            )
        require_registered(self.pool, self.home, ensemble_id)
        trouble = self.trouble(ensemble_id)
        if trouble:
            raise ModelRefusedError(f"{ensemble_id} can't score: {trouble}. Nothing was changed.")


def audit_of(row: EnsembleRow) -> str:
    """Why the audit of a training failed, in words; empty where it passed or none is on record."""
    told = row.metrics.get(AUDIT) or {}
    if told.get("passed", True):
        return ""
    found = "; ".join(str(why) for why in (told.get("checks") or {}).values() if why)
    return found or "the record doesn't say why"


def _champion(life: Lifecycle) -> str:
    name = next((name for name, role in life.latest().items() if role == "champion"), None)
    if name is None:
        raise ModelRefusedError("No ensemble is champion, so there is nothing to roll back. Nothing was changed.")
    return name


def names(pool: Pool) -> list[str]:
    """Every ensemble on record."""
    return [row.ensemble_id for row in ModelStore(pool).ensembles()]

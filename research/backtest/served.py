"""Stands for the ensemble in a backtest: at each session the versions that the lifecycle names, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol

from trading.arrays import Matrix
from trading.errors import ModelError
from trading.views.ensemble import Views
from trading.views.lifecycle import Event, Lifecycle, Roles


class Scorer(Protocol):
    """One version of the ensemble."""

    def score(self, matrix: Matrix) -> Views:
        """The views of each row."""
        ...


@dataclass(frozen=True)
class Models:
    """The ensembles that a backtest may ask.

    Attributes:
        life: what each is at which session.
        load: makes the scorer of a version; called once, when it is first needed.
    """

    life: Lifecycle = field(default_factory=Lifecycle)
    load: Callable[[str], Scorer] | None = None


def champion_from(
    name: str, session: date, load: Callable[[], Scorer], *, learned_before: date | None = None
) -> Models:
    """One ensemble that decides from a session on, whatever its life on record.

    Args:
        name: of the ensemble.
        session: the first that it decides at.
        load: makes its scorer.
        learned_before: it learned nothing from then on; `session` if None.
    """
    event = Event(
        number=1, ensemble_id=name, role="champion", from_session=session, who="backtest", why="asked for",
        at=datetime(1, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    return Models(Lifecycle((event,), {name: learned_before or session}), lambda _: load())


class ServedVersions:
    """Answers as the platform's replica does.

    Attributes:
        decided_from: by name, the first session at which the version was champion.
    """

    def __init__(self, models: Models) -> None:
        self._models = models
        self._held: dict[str, Scorer | str] = {}
        self.decided_from: dict[str, date] = {}

    def begin(self, session: date) -> Roles:
        """The roles at the session."""
        roles = self._models.life.at(session)
        if roles.champion is not None:
            self.decided_from.setdefault(roles.champion, session)
        return roles

    def score(self, matrix: Matrix, versions: Sequence[str]) -> Mapping[str, Views]:
        """The views of each row, by version."""
        return {name: self._views(name, matrix) for name in versions}

    def _views(self, name: str, matrix: Matrix) -> Views:
        if name not in self._held:
            self._held[name] = self._loaded(name)
        found = self._held[name]
        return Views.unknown(len(matrix), name, found) if isinstance(found, str) else found.score(matrix)

    def _loaded(self, name: str) -> Scorer | str:
        if self._models.load is None:
            return f"the models of {name} can't be used: nothing loads them"
        try:
            return self._models.load(name)
        except ModelError as error:
            return f"the models of {name} can't be used: {error}"

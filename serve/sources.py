"""What the readers of the resources read from: the record, the actors, what the run was started with.

A reader is a plain function, `read(sources, …) -> its answer`, in the file of its resource. It is synchronous: the API
calls it on a bounded pool of threads and gives up waiting after its time limit, so a hung database costs one thread and
one 503, never the event loop.

Raises, for every reader:
    UnavailableError: something behind it can't be used now; the client gets 503 and may try again.
    ModelError: no usable model; 503 as well.
Any other exception is a defect: it is logged, and the client gets 500 without its text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, TypeVarTuple, cast

import numpy as np
import numpy.typing as npt

from adapters.postgres.accounts import Accounts
from adapters.postgres.pool import Pool
from adapters.postgres.queries import Queries
from adapters.postgres.risk_limits import RiskLimits
from data.storage_rules import StorageRules
from trading.risk.decision_rules import DecisionRules, rules_of
from trading.views.ensemble import Views

Asked = ParamSpec("Asked")
S = TypeVar("S")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


@dataclass(frozen=True)
class Service(Generic[S]):
    """A service by the name of its actor, and what a resource asks of it: the methods of `S`.

    Attributes:
        name: as in `actors/`; a test holds it against the actor's own.
    """

    name: str


class AskActors(Protocol):
    """The services that run beside the HTTP interface, for what is not on record."""

    def ask(
        self, service: Service[S], method: Callable[Concatenate[S, Asked], T], *args: Asked.args, **named: Asked.kwargs
    ) -> T:
        """The service's answer.

        Args:
            service: that is asked.
            method: of its Protocol, which the resource that asks has.
            args: as the method takes them.
            named: likewise.

        Raises:
            UnavailableError: it is not there, restarting, or busy for longer than a client should wait.
        """
        ...

    def score(self, features: npt.NDArray[np.float32], versions: Sequence[str]) -> Mapping[str, Views]:
        """What the versions of the ensemble say of the rows, by name.

        Raises:
            UnavailableError: as above.
        """
        ...


@dataclass(frozen=True)
class Sources:
    """A run, as the readers see it. May be shared by threads.

    Attributes:
        home: the data folder.
        pool: of the record.
        actors: for what is not on record.
        seed: of the report's bootstrap.
        storage: rules by which files move between tiers.
        gpu_budget_usd_per_month: of training sessions; 0 = none are held.
        accounts: the journal, folded as far as it was read.
        queries: the rest of the record.
    """

    home: Path
    pool: Pool
    actors: AskActors
    seed: int
    storage: StorageRules
    gpu_budget_usd_per_month: float
    accounts: Accounts
    queries: Queries
    _made: dict[Callable[[Sources], Any], Any] = field(default_factory=dict, init=False, repr=False)
    _turn: Lock = field(default_factory=Lock, init=False, repr=False)

    def answer(self, question: Callable[[Sources, *Ts], T], *args: *Ts) -> T:
        """What the reader reads; see `Answering`."""
        return question(self, *args)

    def once(self, make: Callable[[Sources], T]) -> T:
        """What `make` makes of the sources: made by the first call, the same for every later one.

        For what a resource keeps between requests. `make` must be quick; others wait for it.
        """
        with self._turn:
            if make not in self._made:
                self._made[make] = make(self)
            return cast("T", self._made[make])

    def decision_rules(self) -> DecisionRules:
        """The limits in force; the defaults before the first start put any on record."""
        row = RiskLimits(self.pool).in_force()
        return DecisionRules() if row is None else rules_of(row.limits)


class Answering(Protocol):
    """Whatever can answer for a reader: the sources themselves, or a stand-in that holds prepared answers."""

    def answer(self, question: Callable[[Sources, *Ts], T], *args: *Ts) -> T:
        """What `question` would read with `args`. Called from threads, several at a time."""
        ...

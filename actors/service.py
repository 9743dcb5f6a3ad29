"""What all services share: a pool of their own, and an answer to "are you well"."""

from __future__ import annotations

import inspect
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, ClassVar, Literal

from actors.wiring import Wiring
from adapters.machine.heaps import hand_back
from adapters.machine.processes import Process, this_process
from adapters.postgres.pool import Pool, open_pool
from adapters.record import Record
from trading.errors import InplayError

Condition = tuple[Literal["ok", "degraded"], str]
"""A state and what to say of it."""


ASIDE = frozenset({"condition", "late_share", "sign_of_life", "hand_back", "pid", "close"})
"""Methods that are no work."""
LAST_CALLS = 50
"""Of which the share of defects is told."""
FEW_CALLS = 20
"""Of fewer calls the share is taken as of so many: one defect is no illness."""


@dataclass(frozen=True)
class SignOfLife:
    """What a service answers while it is at work.

    Attributes:
        process: it runs in.
        work: the method that it has been at for longest; empty at rest.
        work_s: for so long, in seconds.
        work_limit_s: longer than this no work of its kind takes.
        error_share: of its last calls, those that ended with a defect.
        late_share: of its sources, those that are late or can't be had.
        neighbour_works: another service in its process is at work, so that answers may come late.
    """

    condition: Condition
    process: Process
    work: str = ""
    work_s: float = 0.0
    work_limit_s: float = 900.0
    error_share: float = 0.0
    late_share: float = 0.0
    neighbour_works: bool = False


class AtWork:
    """What the threads of a service are at, and since when."""

    def __init__(self) -> None:
        self._since: dict[int, tuple[float, str]] = {}
        self._defects: deque[bool] = deque(maxlen=LAST_CALLS)

    @property
    def error_share(self) -> float:
        """Of the last calls, those that ended with a defect; an error that says what to do is none."""
        ended = list(self._defects)
        return sum(ended) / max(len(ended), FEW_CALLS)

    @contextmanager
    def at(self, name: str) -> Iterator[None]:
        """The thread is at this; what it calls in turn is part of it."""
        me = threading.get_ident()
        if me in self._since:
            yield
            return
        self._since[me] = (time.monotonic(), name)
        defect = True
        try:
            yield
            defect = False
        except InplayError:
            defect = False
            raise
        finally:
            self._defects.append(defect)
            del self._since[me]

    def longest(self) -> tuple[str, float]:
        """The work under way that began first, and for how many seconds; an empty name at rest."""
        since, name = min(list(self._since.values()), default=(time.monotonic(), ""))
        return name, time.monotonic() - since


def _work(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def working(self: Service, *args: Any, **named: Any) -> Any:
        with self.at_work.at(method.__name__):
            return method(self, *args, **named)

    return working


class Service:
    """A service of the platform. Its constructor is its recovery: what it must know, it reads from the record.

    Attributes:
        name: of the actor.
        longest_work_s: no call of its methods takes longer; one that does hangs, and the service is started anew.
        neighbours: the other services in its process.
    """

    name = "service"
    longest_work_s: ClassVar[float] = 900.0
    neighbours: tuple[Service, ...] = ()

    def __init_subclass__(cls, **named: Any) -> None:
        """Its public methods say what it is at."""
        super().__init_subclass__(**named)
        for name, method in list(vars(cls).items()):
            if inspect.isfunction(method) and not name.startswith("_") and name not in ASIDE:
                setattr(cls, name, _work(method))

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring

    @cached_property
    def pool(self) -> Pool:
        """Connections of this service, opened when first needed."""
        return open_pool(self.wiring.database_url.get_secret_value(), name=f"inplay {self.name}", size=2)

    @cached_property
    def on_record(self) -> Record:
        """The record over these connections."""
        return self.wiring.record(self.pool)

    def condition(self) -> Condition:
        """How the service does, for the record of health; answered while it is at work."""
        return "ok", f"process {os.getpid()}"

    def late_share(self) -> float:
        """Of the sources that it follows, those that are late or can't be had; 0 for one that follows none."""
        return 0.0

    @cached_property
    def at_work(self) -> AtWork:
        """What it is at."""
        return AtWork()

    def sign_of_life(self) -> SignOfLife:
        """How the service does, where it runs and what it is at; answered while it is at work."""
        work, work_s = self.at_work.longest()
        try:
            condition = self.condition()
        except InplayError as error:
            condition = "degraded", str(error)
        return SignOfLife(
            condition, this_process(), work, work_s, self.longest_work_s,
            error_share=self.at_work.error_share, late_share=self.late_share(),
            neighbour_works=any(one.at_work.longest()[0] for one in self.neighbours),
        )  # fmt: skip

    def hand_back(self) -> None:
        """What the service has freed is the machine's again."""
        hand_back()

    def pid(self) -> int:
        """The process this service runs in; answering at all is its sign of life."""
        return os.getpid()

"""Questions to actors and to replicas of Serve: sent at once, answered later, waited for within bounds."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, Concatenate, ParamSpec, TypeVar

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError

from actors.hosts import Hosting, group_aside, host_of
from actors.wiring import NAMESPACE
from trading.cycle.questions import Answer, Reached
from trading.cycle.services import Ensemble
from trading.errors import InplayError, UnavailableError

ANSWER_TIMEOUT_S = 120.0
RETRY_FOR_S = 90.0
RETRY_EVERY_S = 0.5

Asked = ParamSpec("Asked")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
S_co = TypeVar("S_co", covariant=True)


class Pending(Answer[T_co]):
    """The answer of an actor, which stays in Ray's object store until somebody needs it.

    Attributes:
        reference: Ray's own.
    """

    def __init__(self, reference: Any) -> None:
        self.reference = reference

    def get(self, timeout_s: float = ANSWER_TIMEOUT_S) -> T_co:
        """The answer, waited for at most two minutes by default; a restarting actor answers after its restart."""
        try:
            answer: T_co = ray.get(self.reference, timeout=timeout_s)
        except RayTaskError as error:
            cause = error.cause
            raise cause if isinstance(cause, InplayError) else error from error
        except (RayActorError, GetTimeoutError) as error:
            raise UnavailableError(f"a service did not answer ({error}); what it had on record is safe") from error
        return answer

    @property
    def later(self) -> T_co:
        """Ray's reference, for which it puts the answer into the call that it is passed to."""
        reference: T_co = self.reference
        return reference


class Actor(Reached[S_co]):
    """A service in the actor that hosts it, found by name when it is first asked.

    Attributes:
        service: its name.
        host: name of the actor.
    """

    def __init__(self, service: str, hosting: Hosting = "few") -> None:
        self.service, self.host = service, host_of(service, hosting)

    def __getstate__(self) -> dict[str, str]:
        return {"service": self.service, "host": self.host}

    @cached_property
    def handle(self) -> Any:
        """Ray's own, of the host.

        Raises:
            UnavailableError: when there is none.
        """
        try:
            return ray.get_actor(self.host, namespace=NAMESPACE)
        except ValueError as error:
            raise UnavailableError(f"the service {self.service} is not there; what it had on record is safe") from error

    def ask(self, method: str, *args: Any, **named: Any) -> Pending[Any]:
        """The method is called after those of this service that were asked for before."""
        return self._called(self.service, method, *args, **named)

    def aside(
        self, method: Callable[Concatenate[Any, Asked], T], *args: Asked.args, **named: Asked.kwargs
    ) -> Pending[T]:  # fmt: skip
        """The method is called beside the work of the service, as in `actor.aside(Service.condition)`."""
        return self._called(group_aside(self.service), method.__name__, *args, **named)

    def _called(self, group: str, method: str, /, *args: Any, **named: Any) -> Pending[Any]:
        call = self.handle.call.options(concurrency_group=group)
        return Pending(call.remote(self.service, method, *args, **named))


class Replica(Reached[Ensemble]):
    """The ensemble behind its Serve handle."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def ask(self, method: str, *args: Any, **named: Any) -> Answer[Any]:
        """A replica is asked, and asked again while it restarts."""
        return _Scored(lambda: getattr(self._handle, method).remote(*args, **named))


class _Scored(Answer[T_co]):
    """A question to a replica; asked again while it restarts, since scoring changes nothing."""

    def __init__(self, asked: Callable[[], Any]) -> None:
        self._asked = asked
        self._response = asked()

    def get(self, timeout_s: float = RETRY_FOR_S) -> T_co:
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                answer: T_co = self._response.result(timeout_s=timeout_s)
            except RayTaskError as error:
                cause = error.cause
                raise cause if isinstance(cause, InplayError) else error from error
            except (RayActorError, TimeoutError) as error:
                if time.monotonic() > deadline:
                    raise UnavailableError(f"the ensemble did not answer for {timeout_s:.0f} s: {error}") from error
            else:
                return answer
            time.sleep(RETRY_EVERY_S)
            self._response = self._asked()

    @property
    def later(self) -> T_co:
        return self.get()


class NotServed(Reached[Ensemble]):
    """Stands for the ensemble until Serve is up: a session asks the one that it is given."""

    def ask(self, method: str, *_: Any, **__: Any) -> Answer[Any]:
        """Nobody answers.

        Raises:
            UnavailableError: always.
        """
        raise UnavailableError(f"no ensemble is served yet, so none was asked to {method}; nothing was decided")

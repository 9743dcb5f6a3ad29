"""Questions to services, typed: the same call whether a service is an object in this process or an actor elsewhere.

A service is described by a Protocol. A class of questions names the Protocol's methods once (`deliver =
question(Ingestion.deliver)`) and has, for each of them, a method with the same arguments that answers later. So a
method that doesn't exist, or an argument of the wrong type, is a type error where the question is asked.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

Asked = ParamSpec("Asked")
T_co = TypeVar("T_co", covariant=True)
S_co = TypeVar("S_co", covariant=True)


class Answer(Protocol[T_co]):
    """What a service will have answered."""

    def get(self, timeout_s: float = ...) -> T_co:
        """The answer itself, waited for so long; there is a bound by default.

        Raises:
            UnavailableError: when the service could not answer in time, restarts included.
        """
        ...

    @property
    def later(self) -> T_co:
        """Stands for the answer, and may only be passed to a further question: the service asked gets the answer.

        Nothing is waited for here, so the answer of an actor goes to the next one without passing through this process.
        """
        ...


class Reached(ABC, Generic[S_co]):
    """A service with the methods of `S_co`, wherever it runs."""

    @abstractmethod
    def ask(self, method: str, *args: Any, **named: Any) -> Answer[Any]:
        """The method is called; only `question` calls this, by names that it has from the Protocol."""


class Given(Generic[T_co]):
    """An answer that is there."""

    def __init__(self, value: T_co) -> None:
        self._value = value

    def get(self, timeout_s: float = 0.0) -> T_co:  # noqa: ARG002 - there is nothing to wait for
        """The answer."""
        return self._value

    @property
    def later(self) -> T_co:
        """The answer."""
        return self._value


class Local(Reached[S_co]):
    """A service that is a plain object in this process; it answers at once."""

    def __init__(self, service: S_co) -> None:
        self._service = service

    def ask(self, method: str, *args: Any, **named: Any) -> Answer[Any]:
        """The answer of the object's method."""
        return Given(getattr(self._service, method)(*args, **named))


class Questions(Generic[S_co]):
    """What may be asked of a service; a class per Protocol lists its methods."""

    def __init__(self, service: Reached[S_co]) -> None:
        self.service = service


class question(Generic[Asked, T_co]):  # noqa: N801 - stands where a method would
    """One method of a service's Protocol as a question with the same arguments.

    Args:
        method: of the Protocol, or of the service's class, as `Ingestion.deliver`.
    """

    def __init__(self, method: Callable[Concatenate[Any, Asked], T_co]) -> None:
        self._name = method.__name__

    def __get__(self, asker: Questions[Any], owner: type[Questions[Any]]) -> Callable[Asked, Answer[T_co]]:
        """The question, put to the asker's service."""
        return partial(asker.service.ask, self._name)

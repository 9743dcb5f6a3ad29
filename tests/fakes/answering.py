"""A stand-in for the platform that the HTTP API reads from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, TypeVarTuple, cast

from serve.sources import Sources
from tests.fakes import accounts, market, operations, performances, scores
from tests.fakes.replay import Replay

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
PREPARED = {**market.ANSWERS, **accounts.ANSWERS, **performances.ANSWERS, **scores.ANSWERS, **operations.ANSWERS}


class FakePlatform(Replay):
    """Answers for each reader like a platform that has replayed `done` of 100 sessions.

    Args:
        done: complete sessions; 0 is a platform that has only just started.
        seed: of the made-up numbers.
        answers: reader -> what answers in its place, called with the replay and the reader's arguments.

    Attributes:
        failing: reader -> what it raises.
        asked: the readers asked for so far, with their arguments.
    """

    def __init__(
        self, done: int = 64, seed: int = 7, *, answers: Mapping[Any, Callable[..., Any]] | None = None
    ) -> None:
        super().__init__(done, seed)
        self.failing: dict[Any, Exception] = {}
        self.asked: list[tuple[Any, tuple[Any, ...]]] = []
        self._answers = {**PREPARED, **(answers or {})}

    def answer(self, question: Callable[[Sources, *Ts], T], *args: *Ts) -> T:
        """The prepared answer in the reader's place."""
        self.asked.append((question, args))
        if question in self.failing:
            raise self.failing[question]
        return cast("T", self._answers[question](self, *args))

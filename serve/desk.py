"""What a route is given: a way to have its reader answered, within bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, TypeVar, TypeVarTuple

from fastapi import Depends, Request

from serve.asking import Asker
from serve.sources import Answering, Sources

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


@dataclass(frozen=True)
class BoundedDesk:
    """Has readers answered on the asker's threads."""

    answering: Answering
    asker: Asker

    async def ask(self, question: Callable[[Sources, *Ts], T], *args: *Ts) -> T:
        """What the reader `question` answers to `args`.

        Raises:
            UnavailableError: see `Asker.ask`, and whatever the reader raises.
        """
        return await self.asker.ask(partial(self.answering.answer, question, *args))


def _desk(request: Request) -> BoundedDesk:
    desk = request.app.state.desk
    assert isinstance(desk, BoundedDesk)  # noqa: S101 - set by create_app; narrows the type
    return desk


Desk = Annotated[BoundedDesk, Depends(_desk)]
"""The parameter of a route that asks."""

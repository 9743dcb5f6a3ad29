"""Which state may follow which, as a table; whoever puts a state on record asks it first.

    TRAFFIC = Transitions("light", {"red": {"green"}, "green": {"yellow"}, "yellow": {"red"}})
    TRAFFIC.require("main street", "red", "green")

A repeat is a transition like any other: it is allowed where the table has the state among its own followers.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar

from trading.errors import LedgerError

State = TypeVar("State", bound=str)


@dataclass(frozen=True)
class Transitions(Generic[State]):
    """A table of states.

    Attributes:
        what: has the state, in a word, for the error.
        allowed: by state, those that may follow it; every state has a row.
    """

    what: str
    allowed: Mapping[State, AbstractSet[State]]

    def require(self, name: str, before: State, after: State) -> None:
        """The change is allowed.

        Args:
            name: of the thing, for the error.
            before: its state on record.
            after: the state that is to be put on record.

        Raises:
            LedgerError: when it isn't. Nothing was written.
        """
        if after in self.allowed[before]:
            return
        may = ", ".join(sorted(self.allowed[before])) or "nothing"
        raise LedgerError(
            f"The {self.what} {name} can't become {after!r}: it is {before or 'new'!r}, and what may follow is {may}. "
            "Nothing was written. Look at what is on record for it before it is told again."
        )

    def before(self, after: State) -> list[State]:
        """The states that this one may follow."""
        return [state for state, followers in self.allowed.items() if after in followers]

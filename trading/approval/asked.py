"""What the owner is asked between a close and the next open, and how it stands: a fold of the answers on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal

Verdict = Literal["yes", "no"]
Silence = Literal["place", "hold"]
"""What becomes of orders that nobody answered for: they are placed, or they are not."""
NOBODY: Final = "silence"
"""Who answered, where nobody did in time."""
REFUSED: Final = "refused by the owner"
UNANSWERED: Final = "not approved by the owner in time"
"""How the reason begins of an order that was asked about and isn't placed."""


@dataclass(frozen=True)
class ApprovalTerms:
    """What the owner wants to be asked.

    Attributes:
        account: whose openings need a yes.
        silence: what no answer means.
        until: an answer is taken until so long before the open.
        url: that links begin with, without a slash at its end.
    """

    account: str
    silence: Silence
    until: timedelta
    url: str


@dataclass(frozen=True)
class AskedOrder:
    """An order that would open a position.

    Attributes:
        about_cents: shares at the last close; None where that isn't known.
        reason: why it was decided, in words.
    """

    order_id: str
    symbol: str
    side: str
    shares: int
    about_cents: int | None
    reason: str


@dataclass(frozen=True)
class Answer:
    """What was said of an order; the first answer counts and no other one follows.

    Attributes:
        who: `link`, `command:` and the user of the machine, or `NOBODY`.
        reason: in the owner's words; may be empty.
    """

    order_id: str
    verdict: Verdict
    who: str
    reason: str
    at: datetime

    @property
    def refusal(self) -> str:
        """Why the order isn't placed; empty when it is."""
        if self.verdict == "yes":
            return ""
        if self.who == NOBODY:
            return UNANSWERED
        return f"{REFUSED}: {self.reason}" if self.reason else REFUSED


@dataclass(frozen=True)
class Asked:
    """A list of orders that the owner is asked about.

    Attributes:
        number: of the record; 0 before it is there.
        session: whose close they were decided at.
        orders: in the order in which they were decided.
        expires_at: from then on no answer is taken.
        answers: by the order's id.
    """

    session: date
    account: str
    orders: tuple[AskedOrder, ...]
    asked_at: datetime
    expires_at: datetime
    silence: Silence
    number: int = 0
    answers: Mapping[str, Answer] = field(default_factory=dict)

    @property
    def undecided(self) -> tuple[AskedOrder, ...]:
        """Without an answer."""
        return tuple(one for one in self.orders if one.order_id not in self.answers)

    def is_over(self, at: datetime) -> bool:
        """Whether it is too late for an answer."""
        return at >= self.expires_at

    def by_silence(self, at: datetime) -> list[Answer]:
        """What no answer means, for each order that has none."""
        verdict: Verdict = "yes" if self.silence == "place" else "no"
        return [Answer(one.order_id, verdict, NOBODY, "", at) for one in self.undecided]

    def answered(self, order_ids: Sequence[str], verdict: Verdict, who: str, reason: str, at: datetime) -> list[Answer]:
        """What an answer adds: to those of the orders that have none. After the end, what no answer means."""
        if self.is_over(at):
            return self.by_silence(at)
        wanted = set(order_ids)
        return [Answer(one.order_id, verdict, who, reason, at) for one in self.undecided if one.order_id in wanted]

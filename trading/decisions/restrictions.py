"""What an account's own past leaves of new positions: the desks decide by it, and the HTTP interface tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from trading.risk.cooldown import resting
from trading.risk.decision_rules import DecisionRules
from trading.risk.past import DrawdownState, Past, Restricting


@dataclass(frozen=True)
class Standing:
    """What a past leaves.

    Attributes:
        drawdown: of the size of each new position, by losses and pauses.
        resting: symbols that may not be bought now, and why.
    """

    drawdown: DrawdownState
    resting: Mapping[str, str]


def restricting(limits: DecisionRules) -> list[Restricting]:
    """The limits that may shrink new positions, in the order of the fields of `DecisionRules`."""
    sections = [getattr(limits, section.name) for section in fields(limits)]
    return [section for section in sections if isinstance(section, Restricting)]


def restriction(past: Past, limits: DecisionRules) -> DrawdownState:
    """The strictest of them at the close of the last session; the first where two are as strict."""
    return min((section.restrict(past) for section in restricting(limits)), key=lambda found: found.scale)


def standing(past: Past, limits: DecisionRules, drawdown: DrawdownState | None = None) -> Standing:
    """All that the past forbids at the close of the last session.

    Args:
        past: of the account.
        limits: of risk.
        drawdown: the restriction as it is on record for that close; None reckons it.
    """
    return Standing(
        drawdown=restriction(past, limits) if drawdown is None else drawdown,
        resting=resting(past.history, past.sessions, limits.cooldown),
    )

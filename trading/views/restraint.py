"""How far a version of the ensemble may act: turns on record, folded by session, so that all who ask see the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

Stage = Literal["full", "half", "rules", "retrain"]
STAGES: Final[tuple[Stage, ...]] = ("full", "half", "rules", "retrain")
"""From free to held back: half the size of what models buy; the rules decide; they do, and a training is due."""
MOST_STEPS = 2
"""A version's share of the decisions may grow by so many steps (`trading.risk.model_trust.grown`)."""


@dataclass(frozen=True)
class Turn:
    """A version came into a stage, or its share of the decisions grew or shrank.

    Attributes:
        found_session: the turn follows from what was known at the close of this session.
        from_session: the first session that it holds for.
        why: in words.
        at: by the wall clock.
        step: by how many steps its share of the decisions has grown, 0 to `MOST_STEPS`.
    """

    ensemble_id: str
    stage: Stage
    found_session: date
    from_session: date
    why: str
    at: datetime
    step: int = 0


def stages_at(turns: Sequence[Turn], session: date) -> Mapping[str, Turn]:
    """The turn in force of each version that is held back, or has grown, when the session is decided.

    Args:
        turns: in the order of the record.
        session: to be decided.
    """
    found: dict[str, Turn] = {}
    for turn in turns:
        if turn.from_session <= session:
            found[turn.ensemble_id] = turn
    return {name: turn for name, turn in found.items() if turn.stage != "full" or turn.step}

"""What a watch says after a session: quiet, an alarm, or that it can't say yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["calibration", "concept", "features", "unknown"]
State = Literal["quiet", "alarm", "not_enough_data"]


@dataclass(frozen=True)
class Finding:
    """One watch on one version.

    Attributes:
        value: what was compared with the bar; None where there is nothing.
        bar: above it the watch gives the alarm; None where it has no single one.
        words: in a sentence.
    """

    kind: Kind
    state: State
    value: float | None
    bar: float | None
    words: str


def not_enough(kind: Kind, have: int, least: int, what: str) -> Finding:
    """The answer while there is too little to look at."""
    return Finding(kind, "not_enough_data", None, None, f"not enough data yet: {have} of at least {least} {what}")

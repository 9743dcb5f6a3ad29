"""What one session ended with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

CYCLE: Final = "cycle"
"""What the record calls all stages of `run_session` together."""


@dataclass(frozen=True)
class SessionSummary:
    """What a progress line shows.

    Attributes:
        equity_cents: per book, at the close.
        fills: per book, entries and exits of this session.
    """

    session: date
    equity_cents: dict[str, int]
    fills: dict[str, int]
    stocks_in_play: int

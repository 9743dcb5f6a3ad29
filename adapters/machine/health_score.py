"""How well a service does, as one figure from 0 to 1, from what was seen of it.

    score = 0.40 heartbeat + 0.20 answers + 0.15 queue + 0.15 errors + 0.10 lag

Each part is 1 up to its limit and 0 from twice its limit on, straight in between (`part`).

| part | what is measured | limit |
| --- | --- | --- |
| heartbeat | seconds since its last answer | 6 |
| answers | seconds that it took to answer, at rest | 0.5 |
| queue | age of the work under way, as a share of what its kind may take | 0.5 |
| errors | share of its last calls that ended with a defect | 0.05 |
| lag | share of its sources that are late or can't be had | 0.5 |

One part alone at 0 brings the score below 0.9 or to it. The platform's score is the lowest of its services'.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LEAST: Final = 0.9
"""Below it a service is unwell, and started anew where that helps. Source: the strategy, section 7.1."""
WEIGHTS: Final = {"heartbeat": 0.40, "answers": 0.20, "queue": 0.15, "errors": 0.15, "lag": 0.10}
LIMITS: Final = {"heartbeat": 6.0, "answers": 0.5, "queue": 0.5, "errors": 0.05, "lag": 0.5}
MENDED_BY_RESTART: Final = frozenset({"answers", "errors"})
"""Silence and work without end have rules of their own (`actors/supervision.py`); late data are the source's."""


@dataclass(frozen=True)
class Vitals:
    """What was seen of one service.

    Attributes:
        silence_s: since its last answer.
        answer_s: that the last answer took; 0 while it is at work, since work may make it late.
        work_share: age of the work under way over what its kind may take.
        error_share: of its last calls that ended with a defect.
        lag_share: of its sources, those that are late or can't be had.
    """

    silence_s: float = 0.0
    answer_s: float = 0.0
    work_share: float = 0.0
    error_share: float = 0.0
    lag_share: float = 0.0

    @property
    def parts(self) -> dict[str, float]:
        """Each part from 0 to 1."""
        seen = {
            "heartbeat": self.silence_s, "answers": self.answer_s, "queue": self.work_share,
            "errors": self.error_share, "lag": self.lag_share,
        }  # fmt: skip
        return {name: part(value, LIMITS[name]) for name, value in seen.items()}

    @property
    def score(self) -> float:
        """From 0 to 1."""
        return max(0.0, 1.0 - sum(WEIGHTS[name] * (1.0 - value) for name, value in self.parts.items()))

    @property
    def cause(self) -> str:
        """The part that takes most of the score; empty where nothing is missing."""
        missing = {name: WEIGHTS[name] * (1.0 - value) for name, value in self.parts.items()}
        worst = max(missing, key=lambda name: missing[name])
        return worst if missing[worst] > 0 else ""


def part(value: float, limit: float) -> float:
    """1 up to the limit, 0 from twice the limit on, straight in between; 0 for what is no number."""
    return min(1.0, max(0.0, 2.0 - value / limit))


def of_platform(scores: Iterable[float]) -> float | None:
    """The lowest; None of nothing."""
    return min(scores, default=None)

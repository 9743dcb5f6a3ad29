"""What bounds a search: parameter sets, time and money."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MOST_TRIALS = 1_000
"""A search that is bound by time or money alone ends here at the latest."""


@dataclass(frozen=True)
class Bounds:
    """When a search ends; without any, the members' grids are compared and nothing else.

    Only a search that ends by the number of its trials is the same whenever it is repeated.

    Attributes:
        trials: parameter sets of each model, its grid included; the grid is compared in any case.
        time_s: after so long nothing more is begun.
        budget_usd: once so much is spent, likewise.
        spent_usd: what the machines have cost since the training began.
    """

    trials: int | None = None
    time_s: float | None = None
    budget_usd: float | None = None
    spent_usd: Callable[[], float] | None = None

    @property
    def most(self) -> int:
        """Parameter sets of each model beside the grid's own bound."""
        if self.trials is not None:
            return self.trials
        return 0 if self.time_s is None and self.budget_usd is None else MOST_TRIALS

    def over(self, passed_s: float) -> str:
        """Which bound of time or money is reached, in words; empty while none is."""
        if self.time_s is not None and passed_s >= self.time_s:
            return f"after {self.time_s / 60:g} min"
        if self.budget_usd is not None and self.spent_usd is not None and self.spent_usd() >= self.budget_usd:
            return f"with ${self.budget_usd:g} spent"
        return ""


GRIDS = Bounds()
"""What is small and deterministic: the members' grids and nothing else."""

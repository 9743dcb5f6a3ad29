"""What a search found: the winners, and every trial that lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tune.search.trials import SearchTrial, best_first


@dataclass(frozen=True)
class Winner:
    """The best parameters of one model and what they scored.

    Attributes:
        loss: mean over the folds: log loss, or squared error divided by the variance for the regressor.
        residual_std: of a predicted return on the folds, as a fraction; 0 for a probability.
        trials: how many parameter sets were compared, so that the reader can discount the best.
    """

    params: dict[str, Any]
    loss: float
    residual_std: float
    trials: int


@dataclass(frozen=True)
class SearchReport:
    """A search that ended.

    Attributes:
        trials: of all models, by model and number.
        ended: why, in words.
        rows: that it worked on, `of_rows` of how many.
        seed: of it.
        seconds: that it took; less than its fits did when it went on from an earlier one.
    """

    trials: tuple[SearchTrial, ...]
    ended: str
    rows: int
    of_rows: int
    seed: int
    seconds: float

    @cached_property
    def winners(self) -> Mapping[str, Winner]:
        """By member, of the trials that saw every fold; of equals the earlier one."""
        found = {}
        for name in dict.fromkeys(one.member for one in self.trials):
            of_member = [one for one in self.trials if one.member == name]
            best = best_first([one for one in of_member if one.state == "complete"])[0]
            found[name] = Winner(dict(best.params), best.loss, best.residual_std, len(of_member))
        return found

    @property
    def lost(self) -> list[SearchTrial]:
        """Those that were judged on a fold at least and didn't win."""
        winners = self.winners
        return [one for one in self.trials if one.folds and dict(one.params) != winners[one.member].params]

    def to_dict(self) -> dict[str, Any]:
        """In values of JSON."""
        return {
            "ended": self.ended, "rows": self.rows, "of_rows": self.of_rows, "seed": self.seed,
            "seconds": self.seconds, "trials": [one.to_dict() for one in self.trials],
        }  # fmt: skip

    def summary(self) -> dict[str, Any]:
        """The same with counts in place of the trials."""
        states = [one.state for one in self.trials]
        counts = {state: states.count(state) for state in ("complete", "stopped", "cut off")}
        return {**self.to_dict(), "trials": len(states), **counts}

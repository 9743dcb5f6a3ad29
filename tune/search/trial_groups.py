"""The placement groups of a search's trials: named like all others of the training, and not waited for without end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ray.tune import Callback, PlacementGroupFactory, Stopper
from ray.util.placement_group import PlacementGroup

from tune.on_ray.placements import LOOK_EVERY_S, Placements
from tune.search.kept import Kept
from tune.search.trials import Ask, FoldResult


class TrialGroups(PlacementGroupFactory):  # type: ignore[misc]
    """What Tune makes the groups of trials with, each of one bundle."""

    def __init__(self, placements: Placements, bundle: Mapping[str, float], *, elsewhere: bool = False) -> None:
        super().__init__([dict(bundle)], name=placements.training)
        self._placements = placements
        self._elsewhere = elsewhere

    def to_placement_group(self) -> PlacementGroup:
        """A further group."""
        return self._placements.named(self.bundles, self.strategy, elsewhere=self._elsewhere)


class Starvation(Stopper):  # type: ignore[misc]
    """Ends a search of which no trial has had its resources for as long as a training may wait for them."""

    def __init__(self, placements: Placements) -> None:
        self._placements = placements
        self._looked_s = self._ran_s = time.monotonic()
        self.ended = False

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:  # noqa: ARG002 - Tune's signature
        """Whether to stop one trial: never."""
        return False

    def stop_all(self) -> bool:
        """Whether to stop the search."""
        now_s = time.monotonic()
        if now_s - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = now_s
            states = self._placements.states().values()
            if not states or "CREATED" in states:
                self._ran_s = now_s
            self.ended = now_s - self._ran_s > self._placements.wait_s
        return self.ended


class Keeper(Callback):  # type: ignore[misc]
    """Each answer of a trial is on disk as soon as it comes in."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def on_trial_result(self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **_: Any) -> None:  # noqa: ARG002 - Tune's signature
        """Tune has a result."""
        if "loss" in result:
            self._kept.add(Ask(**trial.config["ask"]).key, FoldResult.of(result))

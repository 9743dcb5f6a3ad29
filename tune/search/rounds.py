"""The course of a search: grids first, then batches of proposals, each halved after every fold.

Batches have a fixed size, folds are waited for, and ties go to the lower number. So with the same results of the same
questions the course is the same, whichever is answered first, on however many processors.

Source:
    Jamieson and Talwalkar (2016), Non-stochastic Best Arm Identification and Hyperparameter Optimization (successive
    halving), here with folds in time as the resource.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from trading.views.members.member import Member, Members
from tune.search.bounds import Bounds
from tune.search.proposals import proposals
from tune.search.trials import Ask, FoldResult, SearchTrial, best_first

BATCH = 12
"""Proposals of a model at a time: of twelve, six see the second fold and three the third."""
Evaluate = Callable[[Sequence[Ask]], Mapping[str, FoldResult]]
"""Answers by `Ask.key`, all of them."""


@dataclass(frozen=True)
class Course:
    """What a search does.

    Attributes:
        evaluate: judges parameter sets on folds.
        folds: how many there are.
        seed: of the proposals.
        bounds: when it ends.
        passed_s: since it began.
        say: told after each batch: trials so far, and the best loss of each model.
    """

    evaluate: Evaluate
    folds: int
    seed: int
    bounds: Bounds
    passed_s: Callable[[], float]
    say: Callable[[str], None]

    def run(self, members: Members) -> tuple[tuple[SearchTrial, ...], str]:
        """Every trial, by model and number, and why the search ended, in words."""
        trials = {one.name: self._grid(one) for one in members}
        self._judged(trials, self.folds, halve=False)
        self._tell(trials)
        why = ""
        while not why:
            batch = {one.name: self._proposed(one, trials[one.name]) for one in members}
            if not any(batch.values()):
                why = "all parameter sets that were asked for are tried"
                break
            why = self._judged(batch, self.folds, halve=True)
            for name, found in batch.items():
                trials[name] += found
            self._tell(trials)
        return tuple(one for of_member in trials.values() for one in of_member), why

    @staticmethod
    def _grid(member: Member) -> list[SearchTrial]:
        return [SearchTrial(member.name, number, params) for number, params in enumerate(member.grid)]

    def _proposed(self, member: Member, before: list[SearchTrial]) -> list[SearchTrial]:
        count = min(BATCH, self.bounds.most - len(before))
        found = proposals(member, before, count, self.seed) if count > 0 else []
        return [SearchTrial(member.name, len(before) + k, params) for k, params in enumerate(found)]

    def _judged(self, batch: dict[str, list[SearchTrial]], folds: int, *, halve: bool) -> str:
        """The batch's trials are judged, fold by fold. Returns: which bound ended that, if one did."""
        if not halve:
            self._ask(batch, range(folds))
        for fold in range(folds) if halve else ():
            over = self.bounds.over(self.passed_s())
            if over:
                return f"it ended {over}"
            self._ask(batch, range(fold, fold + 1))
            if fold + 1 < folds:
                for name, of_member in batch.items():
                    batch[name] = _halved(of_member)
        for name, of_member in batch.items():
            batch[name] = [replace(one, state="complete") if len(one.folds) == folds else one for one in of_member]
        return ""

    def _ask(self, batch: dict[str, list[SearchTrial]], folds: range) -> None:
        """Each trial that wasn't stopped has its results of these folds."""
        goes_on = [one for of_member in batch.values() for one in of_member if one.state != "stopped"]
        found = self.evaluate([Ask(one.member, one.params, fold) for one in goes_on for fold in folds])
        for name, of_member in batch.items():
            batch[name] = [
                one
                if one.state == "stopped"
                else replace(one, folds=(*one.folds, *(found[Ask(name, one.params, fold).key] for fold in folds)))
                for one in of_member
            ]

    def _tell(self, trials: Mapping[str, list[SearchTrial]]) -> None:
        best = ", ".join(
            f"{name} {best_first([one for one in of_member if one.state == 'complete'])[0].loss:.4f}"
            for name, of_member in trials.items()
        )
        self.say(f"{sum(map(len, trials.values()))} trials done; best loss: {best}")


def _halved(trials: list[SearchTrial]) -> list[SearchTrial]:
    """The worse half of those that go on is stopped."""
    goes_on = best_first([one for one in trials if one.state != "stopped"])
    kept = {one.number for one in goes_on[: -(-len(goes_on) // 2)]}
    return [one if one.number in kept else replace(one, state="stopped") for one in trials]

"""Search over the models' parameters: Ray Tune trials judged on purged walk-forward folds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import ray
from ray import tune as ray_tune

from trading.arrays import Floats
from trading.errors import ModelError
from trading.views.members.member import Member, Members
from tune.fits.estimators import FITTERS, Predict, log_loss, refuse_one_class
from tune.judgement.trial_returns import session_returns
from tune.on_ray.causes import cause_of, told_in_words
from tune.on_ray.placements import Placements
from tune.on_ray.room import HERE, Room
from tune.search.bounds import GRIDS, Bounds
from tune.search.kept import Kept, kept_in, key_of
from tune.search.report import SearchReport
from tune.search.rounds import Course
from tune.search.trial_groups import Keeper, Starvation, TrialGroups
from tune.search.trials import Ask, FoldResult, told
from tune.sets.splits import EMBARGO_SESSIONS, Split, walk_forward
from tune.sets.training_set import TARGET_SCALE, TrainingSet, bound_ways, columns_of, target_of

FOLDS = 3
SEARCH_ROWS = 200_000
"""A search works on at most so many rows. Of more it draws these, each as likely as any other, by the seed."""


def fold_model(
    member: Member, params: Mapping[str, Any], data: TrainingSet, split: Split, seed: int, *, device: str = "cpu"
) -> Predict:
    """A member fitted on the fold's past: of rows with all columns it says a probability, or a return as a fraction."""
    columns, target = columns_of(member, data), target_of(member, data)
    fitted = FITTERS[member.estimator](
        bound_ways(member, data.left_out, dict(params)), member.objective, data.matrix[split.train][:, columns],
        target[split.train], seed, weight=data.weight[split.train], device=device,
    )  # fmt: skip
    scale = 1.0 if member.predicts == "success" else TARGET_SCALE
    return lambda rows: fitted(rows[:, columns]) * scale


def fold_predictions(
    member: Member, params: Mapping[str, Any], data: TrainingSet, split: Split, seed: int, *, device: str = "cpu"
) -> Floats:
    """The same of the fold's test rows."""
    return fold_model(member, params, data, split, seed, device=device)(data.matrix[split.test])


def judged(member: Member, ask: Ask, data: TrainingSet, folds: int, *, seed: int, device: str) -> FoldResult:
    """One parameter set of the member, fitted on the past of one fold and judged by its test part."""
    split = walk_forward(data, folds, EMBARGO_SESSIONS)[ask.fold]
    predicted = fold_predictions(member, ask.params, data, split, seed, device=device)
    sessions, returns = session_returns(predicted, data.take(split.test))
    made = {"sessions": tuple(np.datetime_as_string(sessions, "D").tolist()), "returns": tuple(returns.tolist())}
    if member.predicts == "success":
        return FoldResult(log_loss(predicted, data.success[split.test]), **made)
    residual = data.net_return[split.test] - predicted
    moments = (float(len(residual)), float(residual.mean()), float(((residual - residual.mean()) ** 2).sum()))
    return FoldResult(float(np.mean(residual**2) / np.var(data.net_return[split.test])), moments, **made)


def trial(config: dict[str, Any], rows: Any, folds: int, members: Members, device: str) -> dict[str, Any]:
    """One Tune trial: what came of one parameter set on one fold.

    Args:
        config: `ask` and `seed`.
        rows: the reference of the training set, in a list: trials share the one copy of each machine.
        folds: how many there are.
        members: among which is the one that is asked for.
        device: that boosters train on.
    """
    ask = Ask(**config["ask"])
    member = next(one for one in members if one.name == ask.member)
    return told(judged(member, ask, ray.get(rows[0]), folds, seed=config["seed"], device=device))


def search(
    data: TrainingSet, storage: Path, members: Members, *, seed: int, folds: int = FOLDS,
    placements: Placements | None = None, bounds: Bounds = GRIDS, room: Room = HERE,
    say: Callable[[str], None] = lambda _: None,
) -> SearchReport:  # fmt: skip
    """The best parameters by member. Trials run in parallel; the result doesn't depend on which ends first.

    However it ends, nothing on Ray is reserved for it afterwards. One that was killed goes on from what it had found
    when it is begun again with the same rows, seed, members and code.

    Args:
        data: everything that may be learned from and judged by.
        storage: folder of the search's own files.
        members: whose parameters.
        seed: of the fits and the proposals.
        folds: that each parameter set is judged on.
        placements: of the training that this search is part of.
        bounds: when it ends; without, only the grids are compared.
        room: where trials run.
        say: told in words what is done.

    Raises:
        ModelError: when a fold can't tell parameters apart, when there was no room for trials in time, or when one
            fails, with its error.
    """
    began_s = time.monotonic()
    drawn = _drawn(data, seed)
    if len(drawn) < len(data):
        say(f"the search works on {len(drawn):,} of {len(data):,} setups, drawn by the seed")
    refuse_folds(drawn, folds, members)
    key = key_of(drawn.sha256, members, seed=seed, folds=folds, device=room.device)
    with kept_in(storage, key) as kept:
        if kept.answers:
            say(f"going on from {len(kept.answers)} fits of a search that was ended before")
        runs = _Runs(drawn, members, seed, folds, room, placements or Placements(), storage, kept)
        course = Course(
            evaluate=runs.evaluate, folds=folds, seed=seed, bounds=bounds,
            passed_s=lambda: time.monotonic() - began_s, say=say,
        )  # fmt: skip
        trials, why = course.run(members)
    return SearchReport(trials, why, len(drawn), len(data), seed, round(time.monotonic() - began_s, 1))


def _drawn(data: TrainingSet, seed: int) -> TrainingSet:
    if len(data) <= SEARCH_ROWS:
        return data
    return data.take(np.sort(np.random.default_rng(seed).choice(len(data), SEARCH_ROWS, replace=False)))


@dataclass(frozen=True)
class _Runs:
    """Asks Ray Tune what isn't known yet."""

    data: TrainingSet
    members: Members
    seed: int
    folds: int
    room: Room
    placements: Placements
    storage: Path
    kept: Kept

    def evaluate(self, asks: Sequence[Ask]) -> Mapping[str, FoldResult]:
        """Every answer is in what is kept."""
        new = [one for one in asks if one.key not in self.kept.answers]
        if new and self.room.within:
            self._within(new)
        elif new:
            self._tuned(new)
        return self.kept.answers

    def _within(self, asks: Sequence[Ask]) -> None:
        """One after the other, in this process."""
        members = {member.name: member for member in self.members}
        for ask in asks:
            found = judged(
                members[ask.member], ask, self.data, self.folds, seed=self.seed, device=self.room.device
            )  # fmt: skip
            self.kept.add(ask.key, found)

    def _tuned(self, asks: Sequence[Ask]) -> None:
        one = self.room.bundle
        most = self.room.slots(self.placements)
        self.placements.require([one], elsewhere=self.room.elsewhere)
        starvation = Starvation(self.placements)
        rows = [ray.put(self.data)]
        with_rows = ray_tune.with_parameters(
            trial, rows=rows, folds=self.folds, members=self.members, device=self.room.device
        )
        groups = TrialGroups(self.placements, one, elsewhere=self.room.elsewhere)
        tuner = ray_tune.Tuner(
            ray_tune.with_resources(with_rows, groups),
            param_space={"ask": ray_tune.grid_search([_plain(ask) for ask in asks]), "seed": self.seed},
            tune_config=ray_tune.TuneConfig(
                metric="loss", mode="min", reuse_actors=True, max_concurrent_trials=most or None
            ),
            run_config=ray_tune.RunConfig(
                storage_path=str(self.storage / "tune"), name="search", verbose=0, stop=starvation,
                callbacks=[Keeper(self.kept)],
            ),
        )  # fmt: skip
        results = _fitted(tuner, self.placements)
        if results.errors:
            raise ModelError(f"A search trial failed: {cause_of(results.errors[0])}. No model was replaced.")
        missing = [ask for ask in asks if not np.isfinite(_loss(self.kept, ask))]
        if missing:
            why = f"no trial had a CPU for {self.placements.wait_s:g} s" if starvation.ended else "they ended without"
            raise ModelError(f"{len(missing)} of {len(asks)} search trials reported no loss: {why}. None was replaced.")


def _plain(ask: Ask) -> dict[str, Any]:
    return {"member": ask.member, "params": dict(ask.params), "fold": ask.fold}


def _loss(kept: Kept, ask: Ask) -> float:
    found = kept.answers.get(ask.key)
    return np.nan if found is None else found.loss


def refuse_folds(data: TrainingSet, folds: int, members: Members) -> None:
    """Every fold has something to learn from and something to be judged by.

    Raises:
        ModelError: when the outcomes before a fold are all alike, or returns in it are.
    """
    for number, split in enumerate(walk_forward(data, folds, EMBARGO_SESSIONS), start=1):
        try:
            for member in members:
                refuse_one_class(member.objective, target_of(member, data)[split.train])
        except ModelError as error:
            raise ModelError(f"fold {number} of {folds}: {error}") from None
        returns = data.net_return[split.test]
        if returns.max() == returns.min():  # a variance of equal numbers needn't be zero
            raise ModelError(
                f"fold {number} of {folds}: all {len(returns):,} returns to judge by are {returns[0]:.4f}. No model "
                "was made; collect more sessions first"
            )


def _fitted(tuner: Any, placements: Placements) -> Any:
    try:
        with told_in_words():
            return tuner.fit()
    finally:
        placements.remove()

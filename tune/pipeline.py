"""From a training set to an ensemble on disk: search, a judgement on a held-out part, the final fit on all of it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from adapters.machine.free_memory import give_back
from adapters.models.scoring import Card
from trading.arrays import Floats
from trading.errors import ModelError
from trading.views.ensemble import Views, as_calibrated
from trading.views.members.member import Member, Members
from trading.views.members.registry import MEMBERS
from trading.views.regime_weights import regime_weights
from tune.fits.baselines import fit_logistic
from tune.fits.distributed import Workers, fit_distributed
from tune.fits.estimators import fit_booster, fit_forest
from tune.fits.model_files import Fitted, write_ensemble
from tune.judgement.audit import Audit, audit
from tune.judgement.calibrated import Unseen, calibration_of, folds_of, unseen, unseen_of_folds
from tune.judgement.evaluate import Accuracy, evaluate
from tune.judgement.leakage.again import Then
from tune.judgement.leakage.checks import leakage
from tune.judgement.leakage.finding import refuse_leaks
from tune.judgement.paths import PathSpread, path_spread
from tune.judgement.trials import Tried, lost, tried
from tune.on_ray.placements import Placements, print_nothing
from tune.on_ray.room import HERE, Room
from tune.search.bounds import GRIDS, Bounds
from tune.search.report import SearchReport, Winner
from tune.search.search import search
from tune.sets.sampled import sampled
from tune.sets.sealed import spared
from tune.sets.splits import EMBARGO_SESSIONS, holdout
from tune.sets.training_set import TrainingSet, bound_ways, columns_of, target_of

HOLDOUT_FRACTION = 0.25
JUDGED_ROWS = 200_000
"""Of more setups, so many are drawn with a fixed seed for the search and the judgement, in the order of time: a hundred
sessions' worth of more rows narrows no interval, because setups of a session share the market's move."""
MIN_REFERENCE = 100
"""Fewer setups than this don't tell a rank to the per cent."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """An ensemble on disk and what is known of it.

    Attributes:
        accuracy: on the held-out last quarter of the sessions, of models with the same parameters that were fitted on
            what was known before it, and with the strategy's weights.
            The models on disk then learned from all rows, so their own accuracy on these rows would not be a fair
            figure and is not computed.
        winners: parameters per model.
        rows: in the final fit.
        audit: what the training checked of itself.
        tried: the ensemble on the held-out part and the winners on the folds, for the ledger of trials.
        spared: sealed spans, in words, that nothing was learned from.
        search: every trial of the search; also in `search.json` beside the models.
        paths: how far the figures of one model move with the split.
        undecidable: labels that bars can't decide, of how many: see `TrainingSet.both_barriers`.
        seconds: from the rows to the files.
        device: that it trained on: `cpu`, `cpu of N machines`, or what the process that holds a GPU said.
    """

    card: Card
    folder: Path
    accuracy: Accuracy
    winners: Mapping[str, Winner]
    rows: int
    data_sha256: str
    first_session: np.datetime64
    last_session: np.datetime64
    audit: Audit
    tried: tuple[Tried, ...]
    spared: tuple[str, ...]
    search: SearchReport
    paths: PathSpread
    undecidable: tuple[int, int]
    seconds: float = field(default=0.0, compare=False)
    device: str = "cpu"


def train_ensemble(
    data: TrainingSet, models: Path, scratch: Path, *, seed: int, workers: Workers, say: Progress,
    members: Members = MEMBERS, placements: Placements | None = None, bounds: Bounds = GRIDS, room: Room = HERE,
    asked: str = "", then: Then | None = None,
) -> Trained:  # fmt: skip
    """The ensemble for `data`, written under `models`.

    Args:
        data: setups whose outcomes were known before the first session that the ensemble will trade.
        models: folder of all ensembles.
        scratch: folder for the search's own files.
        seed: of forests, boosters and bootstraps.
        workers: of the final, distributed fits.
        say: told in words what happens.
        members: of the ensemble.
        placements: of this training on Ray; none of them is left, however it ends.
        bounds: of the search; without, it compares the members' grids.
        room: where trials run.
        asked: tells trainings apart that would have one name, such as those of `inplay train`.
        then: makes the rows of a session from what was known at its close, for the audit; None where there are no bars.

    Raises:
        ModelError: when the audit before the training finds a leak, when the data hold too few sessions, only successes
            or only failures before the held-out part or before a fold of the search, or when Ray had no room for it or
            lost it.
    """
    began_s, placements = time.monotonic(), placements or Placements()
    data = data.without_unknown(holdout(data, HOLDOUT_FRACTION, EMBARGO_SESSIONS).train)
    judged = _judged(data, say)
    split = holdout(judged, HOLDOUT_FRACTION, EMBARGO_SESSIONS)
    development = judged.take(split.train)
    _refuse_alike(development)
    _say_unknown(data, say)
    parts = [(judged.bare, split), *((development.bare, fold) for fold in folds_of(development))]
    leaks = leakage(data, parts, then)
    refuse_leaks(leaks)
    give_back()
    say(f"searching {sum(len(member.grid) for member in members)} parameter sets on {len(development):,} setups")
    found = search(development, scratch, members, seed=seed, placements=placements, bounds=bounds, room=room, say=say)
    winners = found.winners
    say(f"judging the winners on {len(split.test):,} setups that came later")
    earlier = unseen_of_folds(development, winners, members, seed=seed, device=room.device)
    later = unseen(judged, split, winners, members, seed=seed, device=room.device)
    give_back()
    views, test = as_calibrated(later.views, calibration_of(earlier)), later.test
    base_rate = float(development.success.mean())
    logistic = fit_logistic(judged, split.train, members).probability(test.matrix)
    accuracy = evaluate(views, test, base_rate, seed=seed, logistic=logistic)
    factors = data.regime_factors
    adapted = replace(views, weights=regime_weights(test.matrix, test.features, factors, members.weights))
    say(_words_of(factors))
    del development, judged
    give_back()
    say(f"fitting on all {len(data):,} setups")
    fitted = fit_all(data, winners, members, seed=seed, workers=workers, placements=placements, room=room, say=say)
    name = ensemble_name(data, winners, seed, workers, asked)
    card = write_ensemble(
        models / name, name, fitted, winners, reference_strengths(adapted, test), members=members,
        left_out=data.left_out, regime_factors=factors,
        calibration=calibration_of([*earlier, later]),
    )  # fmt: skip
    (models / name / "search.json").write_text(json.dumps(found.to_dict(), indent=1) + "\n", encoding="utf-8")
    digest = data.sha256
    return Trained(
        card, models / name, accuracy, winners, len(data), digest, data.session[0], data.session[-1],
        audit(data, parts, card, leaks),
        (*_tried(card, digest, winners, earlier, later, seed=seed), *lost(found, digest)),
        tuple(spared(data)), found, path_spread(data, winners, members, seed=seed, device=room.device),
        data.undecidable, time.monotonic() - began_s, workers.on_cpus,
    )  # fmt: skip


def _judged(data: TrainingSet, say: Progress) -> TrainingSet:
    """The setups that search and judgement work on: all, or `JUDGED_ROWS` of them."""
    if len(data) <= JUDGED_ROWS:
        return data
    say(f"search and judgement work on {JUDGED_ROWS:,} of {len(data):,} setups, drawn once; the last fit on all")
    return data.take(sampled(len(data), JUDGED_ROWS))


def _refuse_alike(development: TrainingSet) -> None:
    if len(np.unique(development.success)) > 1:
        return
    ended = "succeeded" if development.success[0] > 0 else "failed"
    raise ModelError(
        f"the outcomes before the held-out part are all alike: all {len(development):,} {ended}. No model was "
        "made; collect more sessions first"
    )


def _say_unknown(data: TrainingSet, say: Progress) -> None:
    """Which columns have infinite values, and which nobody learns from."""
    infinite = {name: int(np.isinf(data.matrix[:, at]).sum()) for at, name in enumerate(data.features)}
    if any(infinite.values()):
        of = ", ".join(f"{name} {count:,}" for name, count in infinite.items() if count)
        say(f"infinite values count as unknown: {of}")
    if data.left_out:
        say(f"leaving out {len(data.left_out)} columns, no setup knows them: {', '.join(data.left_out)}")


def _tried(
    card: Card, digest: str, winners: Mapping[str, Winner], earlier: Sequence[Unseen], later: Unseen, *, seed: int
) -> tuple[Tried, ...]:
    """The ensemble on the held-out part, and each winner on the folds."""
    made: dict[str, Any] = {"ensemble": card.ensemble_id, "seed": seed}
    of_members = [
        tried(
            "search", f"{name} {json.dumps(winner.params, sort_keys=True)}",
            {"member": name, "params": winner.params, "seed": seed},
            [(part.views.of(name), part.test) for part in earlier], digest,
        )
        for name, winner in winners.items()
    ]  # fmt: skip
    return (tried("training", card.ensemble_id, made, [(later.views.strength, later.test)], digest), *of_members)


def ensemble_name(
    data: TrainingSet, winners: Mapping[str, Winner], seed: int, workers: Workers, asked: str = ""
) -> str:
    """The same name for the same data, parameters, seed, workers and what was asked for."""
    parameters = {kind: winner.params for kind, winner in winners.items()}
    facts = json.dumps([data.sha256, parameters, seed, workers.facts(), asked], sort_keys=True)
    return "ensemble-" + hashlib.sha256(facts.encode()).hexdigest()[:12]


def _words_of(factors: Mapping[str, list[float]]) -> str:
    if not factors:
        return "the weights of the models are the strategy's in every regime"
    return "the weights of the models are learned by regime: " + ", ".join(
        f"{state} {' / '.join(f'{factor:.3f}x' for factor in of_models)}" for state, of_models in factors.items()
    )


def reference_strengths(views: Views, test: TrainingSet) -> Floats:
    """What later strengths are ranked among: unseen setups in play, or all unseen ones when those are too few."""
    chosen = views.strength[test.in_play]
    return chosen if len(chosen) >= MIN_REFERENCE else views.strength


def fit_all(
    data: TrainingSet, winners: Mapping[str, Winner], members: Members, *, seed: int, workers: Workers,
    placements: Placements, room: Room = HERE, say: Progress = print_nothing,
) -> Fitted:  # fmt: skip
    """The models on all rows: boosters by xgboost-ray, on one machine's CPUs by one process beyond `JUDGED_ROWS`.

    There an actor of xgboost-ray would hold each of its rows four times over. A process that holds a rented machine
    fits them itself: starting actors takes xgboost-ray longer than a GPU takes for the fits.
    """
    here = bool(room.within) or (len(data) > JUDGED_ROWS and not workers.machines and not workers.gpus)

    def fitted(member: Member) -> object:
        columns, target = columns_of(member, data), target_of(member, data)
        params = bound_ways(member, data.left_out, winners[member.name].params)
        if member.estimator == "forest":
            threads = workers.actors * workers.cpus
            return fit_forest(params, data.matrix[:, columns], target, seed=seed, threads=threads, weight=data.weight)
        if here:
            return fit_booster(
                params, member.objective, data.matrix, target, seed=seed, weight=data.weight, columns=columns,
                device=room.device,
            )  # fmt: skip
        return fit_distributed(
            params, member.objective, data.matrix, target, seed=seed, workers=workers, placements=placements,
            weight=data.weight, columns=columns, say=say,
        )  # fmt: skip

    return {member.name: fitted(member) for member in members}

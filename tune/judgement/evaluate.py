"""How good an ensemble is on setups that it has not seen, beside the majority, the rules and a plain regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from trading.arrays import Flags, Floats
from trading.performance.estimate import BLOCK_SESSIONS, Estimate, block_samples, interval, widening
from trading.views.ensemble import Views
from trading.views.rule_system import BUY_AT
from tune.sets.training_set import TrainingSet


@dataclass(frozen=True)
class Accuracy:
    """Out-of-sample accuracy, each with an interval from a bootstrap of blocks of sessions.

    Setups of one session share the market's move, so whole sessions are drawn, not single setups.

    Attributes:
        setups: judged.
        sessions: they come from, `first_session` to `last_session`.
        base_rate: share of the setups that succeeded.
        majority: always saying what was more frequent in training.
        rule: the rule-based system saying yes from its threshold on.
        logistic: a logistic regression on the same columns, fitted on the same past, saying yes above one half; without
            a value where none was asked. `logistic_auc` is its chance that a success is ranked above a failure.
        ensemble: the weighted probability saying yes above one half.
        members: each model alone, by name, saying yes above one half: for a predicted return, by its sign.
        ensemble_auc: chance that a success is ranked above a failure.
        ensemble_less_majority: the difference, in the same resamples.
        in_play: how many of the setups are such as the scanner passes on; the next three are about these.
        in_play_success: share of them that succeeded.
        strongest_fifth: share of successes among the fifth that the ensemble ranks highest.
        weakest_fifth: likewise lowest.
    """

    setups: int
    sessions: int
    base_rate: float
    majority: Estimate
    rule: Estimate
    logistic: Estimate
    logistic_auc: Estimate
    ensemble: Estimate
    members: Mapping[str, Estimate]
    ensemble_auc: Estimate
    ensemble_less_majority: Estimate
    in_play: int
    in_play_success: Estimate
    strongest_fifth: Estimate
    weakest_fifth: Estimate
    first_session: str
    last_session: str

    def to_dict(self) -> dict[str, object]:
        """The figures for a program, each member's beside the others."""
        told = asdict(self)
        return {**told, **told.pop("members")}


def auc(score: Floats, success: Floats) -> float:
    """Area under the ROC curve by ranks, ties counted half; NaN when only one class is there.

    Source:
        Mann and Whitney (1947).
    """
    positives = int(success.sum())
    negatives = len(success) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    return float((ranks[success > 0].sum() - positives * (positives + 1) / 2.0) / (positives * negatives))


def evaluate(
    views: Views, test: TrainingSet, train_base_rate: float, *, seed: int, logistic: Floats | None = None
) -> Accuracy:
    """The accuracy of `views` on the setups of `test`.

    Args:
        views: of the rows of `test`, in order.
        test: setups that no model saw, with their outcomes.
        train_base_rate: share of successes in training; the majority baseline follows it.
        seed: of the bootstrap.
        logistic: probabilities of the regression, of the rows of `test`; it isn't judged if None.
    """
    truth = test.success > 0
    strength = views.strength
    calls = {
        "majority": np.full(len(test), train_base_rate >= 0.5),  # noqa: PLR2004
        "rule": test.rule_confidence >= BUY_AT,
        "ensemble": strength > 0.5,  # noqa: PLR2004
    }
    calls |= {} if logistic is None else {"logistic": logistic > 0.5}  # noqa: PLR2004
    calls |= {name: views.of(name) > 0.5 for name in views.members}  # noqa: PLR2004
    sessions, group = np.unique(test.session, return_inverse=True)
    draws = block_samples(len(sessions), np.random.default_rng(seed), BLOCK_SESSIONS)
    wide = widening(len(sessions), BLOCK_SESSIONS)
    every = np.ones(len(test), dtype=np.bool_)

    def share(right: Flags, among: Flags = every) -> tuple[float, Floats]:
        hits, sizes = (np.bincount(group, weights=of, minlength=len(sessions)) for of in (right & among, among))
        with np.errstate(invalid="ignore"):
            return float(np.divide(hits.sum(), sizes.sum())), hits[draws].sum(axis=1) / sizes[draws].sum(axis=1)

    def success(among: Flags) -> Estimate:
        return interval(*share(truth, among), widen=wide, within=(0.0, 1.0)) if among.any() else Estimate(None)

    shares = {name: share(call == truth) for name, call in calls.items()}
    estimates = {name: interval(*pair, widen=wide, within=(0.0, 1.0)) for name, pair in shares.items()}
    difference = shares["ensemble"][1] - shares["majority"][1]
    members = [np.flatnonzero(group == g) for g in range(len(sessions))]

    def ranking(score: Floats) -> Estimate:
        drawn = (np.concatenate([members[g] for g in d]) for d in draws[:200])
        samples = np.array([auc(score[rows], test.success[rows]) for rows in drawn])
        return interval(auc(score, test.success), samples, widen=wide, within=(0.0, 1.0))

    low, high = np.quantile(strength[test.in_play], [0.2, 0.8]) if test.in_play.any() else (np.nan, np.nan)
    return Accuracy(
        setups=len(test),
        sessions=len(sessions),
        base_rate=float(truth.mean()),
        ensemble_auc=ranking(strength),
        ensemble_less_majority=interval(shares["ensemble"][0] - shares["majority"][0], difference, widen=wide),
        in_play=int(test.in_play.sum()),
        in_play_success=success(test.in_play),
        strongest_fifth=success(test.in_play & (strength >= high)),
        weakest_fifth=success(test.in_play & (strength <= low)),
        first_session=str(sessions[0]),
        last_session=str(sessions[-1]),
        majority=estimates["majority"],
        rule=estimates["rule"],
        logistic=estimates.get("logistic", Estimate(None)),
        logistic_auc=Estimate(None) if logistic is None else ranking(logistic),
        ensemble=estimates["ensemble"],
        members={name: estimates[name] for name in views.members},
    )

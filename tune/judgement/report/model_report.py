"""The report on an ensemble: all setups and every part of them, calibration, targets, importance and paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from trading.evidence.significance import ALPHA, q_values
from trading.performance.estimate import Estimate, finite
from tune.judgement.importance import Importance, importances
from tune.judgement.report.columns import columns_of, loss
from tune.judgement.report.figures import Figures, figures_of
from tune.judgement.report.out_of_fold import OutOfFold, Recipe, out_of_fold
from tune.judgement.report.slices import slices
from tune.judgement.report.targets import Target, share, targets_of
from tune.sets.sampled import sampled
from tune.sets.training_set import TrainingSet

MOST_ROWS = 200_000
"""As many as the search works on; of more, so many are drawn with a seed."""
BINS = 10
ALL = "all"


@dataclass(frozen=True)
class Part:
    """The figures of some setups.

    Attributes:
        by: what tells them apart, and `label` which of them these are.
        q: `figures.chance`, adjusted for the number of parts that were tested; None where it wasn't.
    """

    by: str
    label: str
    figures: Figures
    q: float | None


@dataclass(frozen=True)
class Bin:
    """Setups of similar strength.

    Attributes:
        said: mean strength; `success` the share that made money.
    """

    setups: int
    said: float
    success: Estimate


@dataclass(frozen=True)
class Calibrated:
    """The probability by the calibration of the folds before, on the folds that have one before them.

    Attributes:
        setups: of these folds.
        brier: mean squared error, and `log_loss`; `brier_base` and `log_loss_base` of the base rate of training.
    """

    setups: int
    brier: Estimate
    brier_base: Estimate
    log_loss: float
    log_loss_base: float


@dataclass(frozen=True)
class ModelReport:
    """What is told of one ensemble.

    Attributes:
        setups: judged, of `sessions` sessions; `rows` were learned from and judged, of `of_rows` on record.
        members: share that each called right.
        parts: all setups first, then by year, regime, sector, pattern and catalyst.
        tested: parts whose AUC was tested. With a q of at most 5 % it is above one half in `better` of them and below
            in `worse`.
        undecided: setups on record without an outcome, by reason.
    """

    ensemble_id: str
    known_before: date
    first_session: str
    last_session: str
    setups: int
    sessions: int
    rows: int
    of_rows: int
    seed: int
    parts: tuple[Part, ...]
    members: Mapping[str, Estimate]
    bins: tuple[Bin, ...]
    calibrated: Calibrated
    targets: tuple[Target, ...]
    importance: tuple[Importance, ...]
    tested: int
    better: int
    worse: int
    undecided: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """In values of JSON, but for dates and figures that are no numbers."""
        return asdict(self)


def model_report(
    data: TrainingSet, recipe: Recipe, ensemble_id: str, known_before: date, *, sectors: Mapping[str, str], seed: int,
    say: Callable[[str], None] = lambda _: None,
) -> ModelReport:  # fmt: skip
    """The report.

    Args:
        data: the setups on record with an outcome.
        recipe: of the ensemble.
        ensemble_id: its name.
        known_before: the session up to which its search knew outcomes.
        sectors: by symbol.
        seed: of fits, bootstraps and permutations.
        say: told in words what is done.

    Raises:
        ModelError: as of `tune.judgement.report.out_of_fold.out_of_fold`.
    """
    few = data.take(sampled(len(data), MOST_ROWS))
    say(f"fitting the recipe on the past of each fold of {len(few):,} setups")
    said = out_of_fold(few, recipe, seed=seed)
    say(f"judging {len(said.test):,} setups that those models had not seen")
    parts = _parts(said, sectors, known_before, seed)
    clear = [part for part in parts if part.q is not None and part.q <= ALPHA]
    signs = [(part.figures.estimates["auc"].value or 0.5) - 0.5 for part in clear]
    say("permuting groups of features")
    return ModelReport(
        ensemble_id=ensemble_id,
        known_before=known_before,
        first_session=str(said.test.session[0]),
        last_session=str(said.test.session[-1]),
        setups=len(said.test),
        sessions=len(np.unique(said.test.session)),
        rows=len(few),
        of_rows=len(data),
        seed=seed,
        parts=parts,
        members={name: _right(score, said, seed) for name, score in said.members.items()},
        bins=_bins(said, seed),
        calibrated=_calibrated(said, seed),
        targets=tuple(targets_of(said, seed=seed)),
        importance=importances(few, said.folds, seed=seed),
        tested=sum(part.q is not None for part in parts),
        better=len([sign for sign in signs if sign > 0]),
        worse=len([sign for sign in signs if sign < 0]),
        undecided=dict(data.undecided),
    )


def _parts(said: OutOfFold, sectors: Mapping[str, str], known_before: date, seed: int) -> tuple[Part, ...]:
    columns, session = columns_of(said), said.test.session
    every = figures_of(columns, session, np.ones(len(said.test), dtype=np.bool_), seed=seed)
    chosen = slices(said.test, sectors, known_before)
    found = [figures_of(columns, session, one.rows, seed=seed) for one in chosen]
    q = q_values(np.array([one.chance for one in found]))
    parts = [
        Part(one.by, one.label, figures, finite(value))
        for one, figures, value in zip(chosen, found, q.tolist(), strict=True)
    ]
    return (Part(ALL, ALL, every, None), *parts)


def _right(score: np.ndarray, said: OutOfFold, seed: int) -> Estimate:
    right = (score > 0.5) == (said.test.success > 0)  # noqa: PLR2004
    return share(right.astype(np.float64), np.ones(len(right)), said, seed=seed)


def _bins(said: OutOfFold, seed: int) -> tuple[Bin, ...]:
    """Of about equal numbers of setups; fewer where strengths are equal."""
    edges = np.unique(np.quantile(said.strength, np.linspace(0, 1, BINS + 1)[1:-1]))
    of_row = np.searchsorted(edges, said.strength, side="right")
    made = []
    for number in np.unique(of_row).tolist():
        there = of_row == number
        success = share(said.test.success * there, there.astype(np.float64), said, seed=seed)
        made.append(Bin(int(there.sum()), float(said.strength[there].mean()), success))
    return tuple(made)


def _calibrated(said: OutOfFold, seed: int) -> Calibrated:
    there = np.isfinite(said.calibrated)
    won = said.test.success
    squared, base = (
        share(np.where(there, (p - won) ** 2, 0.0), there.astype(np.float64), said, seed=seed)
        for p in (np.where(there, said.calibrated, 0.0), said.base_rate)
    )
    losses = [
        float(loss(p[there], won[there] > 0).mean()) if there.any() else float("nan")
        for p in (said.calibrated, said.base_rate)
    ]
    return Calibrated(int(there.sum()), squared, base, *losses)

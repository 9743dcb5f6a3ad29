"""Scoring a few setups: the ensemble's files against scikit-learn and XGBoost on the same fitted models."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adapters.models.scoring import EnsembleScorer
from benchmarks.daily_cycle import session_work
from benchmarks.markets import sample
from benchmarks.measure import Table, same, timed
from trading.outcomes.barriers import OutcomeRules
from trading.scanner.at_close import large_cap
from trading.views.members.member import Member
from trading.views.members.registry import MEMBERS
from trading.views.setups import FEATURES
from tune.fits.estimators import Forest, fit_booster, fit_forest
from tune.fits.model_files import Fitted, write_ensemble
from tune.search.report import Winner
from tune.sets.from_market import from_market
from tune.sets.training_set import TARGET_SCALE, TrainingSet, target_of

Rows = npt.NDArray[np.float32]
Answers = tuple[npt.NDArray[np.float64], ...]
SEED = 7
TRAIN_ROWS = 20_000
CLOSE_ENOUGH = 1e-5
FORESTS_APART = 0.02
"""On average: XGBoost's forest draws other rows and columns than scikit-learn's of the same parameters."""
REPEATS = 200


def training_rows() -> TrainingSet:
    """Setups of the sample with known outcomes."""
    universe = sample()
    market, patterns = session_work(universe)
    data = from_market(market, patterns, OutcomeRules(), large_cap(), universe.last)
    return data.take(np.arange(min(TRAIN_ROWS, len(data))))


BY_NAME = {member.name: member for member in MEMBERS}


def _columns(member: Member) -> list[int]:
    return [FEATURES.index(name) for name in member.features]


def _fitted(data: TrainingSet) -> Fitted:
    """The models as the platform fits them, with the simplest parameters of its search."""
    return {member.name: _model(member, data) for member in MEMBERS}


def _model(member: Member, data: TrainingSet) -> object:
    rows, target = data.matrix[:, _columns(member)], target_of(member, data)
    return fit_booster(member.grid[0], member.objective, rows, target, seed=SEED)


def _peers_forest(data: TrainingSet) -> Forest:
    """Scikit-learn's, with the same parameters; on one thread: handing a few rows to two takes it longer."""
    pattern = BY_NAME["pattern"]
    rows = data.matrix[:, _columns(pattern)]
    return fit_forest(pattern.grid[0], rows, target_of(pattern, data), seed=SEED, threads=1)


def _scorer(folder: Path, fitted: Fitted) -> EnsembleScorer:
    winners = {member.name: Winner(member.grid[0], 0.0, 0.03, 1) for member in MEMBERS}
    write_ensemble(folder, "benchmark", fitted, winners, np.linspace(0.3, 0.7, 1_000), members=MEMBERS)
    return EnsembleScorer(folder)


def ask_peers(fitted: Fitted, forest: Forest, rows: Rows) -> Answers:
    """What the libraries' own prediction calls say; the forest is scikit-learn's."""
    import xgboost  # noqa: PLC0415  heavy

    columns = {name: _columns(member) for name, member in BY_NAME.items()}
    catalyst = fitted["catalyst"].predict(xgboost.DMatrix(rows[:, columns["catalyst"]]))
    outcome = fitted["outcome"].predict(xgboost.DMatrix(rows[:, columns["outcome"]]))
    return forest.probability(rows[:, columns["pattern"]]), catalyst, outcome * TARGET_SCALE


def _check(scorer: EnsembleScorer, fitted: Fitted, forest: Forest, rows: Rows) -> str:
    views = scorer.score(rows)
    ours = (views.of("catalyst"), views.expected_return)
    of_forest, *theirs = ask_peers(fitted, forest, rows)
    worst = max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))
    apart = float(np.abs(views.of("pattern") - of_forest).mean())
    same(apart < FORESTS_APART, True, f"their forests (by {apart:g} on average)")
    same(worst < CLOSE_ENOUGH, True, f"their answers (by up to {worst:g})")
    return (
        f"both boosters give the same answers on {len(rows)} rows to {worst:.0e}; the two forests differ by {apart:.4f}"
    )


def run() -> Table:
    """The table of this benchmark; `ratio` says how many times as long the libraries' own calls take."""
    data = training_rows()
    fitted, forest = _fitted(data), _peers_forest(data)
    table = Table("scoring", f"three models on rows of {len(FEATURES)} features, fitted on {len(data):,} setups")
    with tempfile.TemporaryDirectory(prefix="inplay-bench-") as folder:
        scorer = _scorer(Path(folder) / "benchmark", fitted)
        table.notes.append(_check(scorer, fitted, forest, data.matrix[-500:]))
        for count in (1, 25, 1_000):
            rows = np.ascontiguousarray(data.matrix[-count:])
            ours = timed(partial(scorer.score, rows), repeats=REPEATS)
            theirs = timed(partial(ask_peers, fitted, forest, rows), repeats=REPEATS)
            table.add(f"{count} rows: EnsembleScorer", ours, ratio=theirs.median_s / ours.median_s)
            table.add(f"{count} rows: predict_proba and predict", theirs, ratio=1.0)
    table.notes.append("the scorer also computes probability, weighted strength and rank; both use one thread")
    return table

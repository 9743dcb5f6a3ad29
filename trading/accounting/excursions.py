"""How far trades of a setup went against and for it, what they made in R, and whether other exits would do better.

R is what the stop puts at risk. MAE is the worst excursion until the exit, MFE the best.

Source:
    Sweeney (1996), Maximum Adverse Excursion; Tharp (1998), Trade Your Way to Financial Freedom, for R.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trading.arrays import Days, Flags, Floats, Ints
from trading.evidence.clustered import GroupMean, group_means
from trading.evidence.purged_folds import known_before
from trading.outcomes.barriers import OutcomeRules

OVERLAP = OutcomeRules().horizon_sessions
FOLDS = 4
HEAT = 0.9
Levels = tuple[float, float]
"""A stop and a target, in average true ranges."""


@dataclass(frozen=True)
class Excursions:
    """Trades of setups with a known outcome, arrays of shape `(n,)`.

    Attributes:
        session: number of the session of the decision.
        group: number of the setup.
        r: net return in R; `mae_r` at most 0, `mfe_r` at least 0.
    """

    session: Ints
    group: Ints
    r: Floats
    mae_r: Floats
    mfe_r: Floats


@dataclass(frozen=True)
class SetupExcursions:
    """A setup.

    Attributes:
        expectancy: mean net R, tested against zero with all other setups.
        heat_of_winners: R against it that nine winners of ten did not reach; None without a winner.
        best_of_losers: R for it that the middle loser had seen; None without a loser.
    """

    label: tuple[str, ...]
    expectancy: GroupMean
    winners: int
    mean_mae_r: float
    mean_mfe_r: float
    heat_of_winners: float | None
    best_of_losers: float | None


def excursions_by_setup(trades: Excursions, labels: Sequence[tuple[str, ...]], sessions: int) -> list[SetupExcursions]:
    """Every setup with a trade, the clearest expectancy first, those too few to test last.

    Args:
        trades: with known outcomes.
        labels: of the setups, by number.
        sessions: how many there are.
    """
    means = group_means(
        trades.r, trades.session, trades.group, groups=len(labels), sessions=sessions, overlap=OVERLAP
    )  # fmt: skip
    order = np.argsort(trades.group, kind="stable")
    bounds = np.searchsorted(trades.group[order], np.arange(len(labels) + 1))
    found = [
        _setup(label, means[k], trades, order[bounds[k] : bounds[k + 1]])
        for k, label in enumerate(labels)
        if means[k].count
    ]
    return sorted(found, key=lambda one: (one.expectancy.q_value is None, one.expectancy.q_value or 0.0, one.label))


def _setup(label: tuple[str, ...], mean: GroupMean, trades: Excursions, rows: Ints) -> SetupExcursions:
    won = trades.r[rows] > 0
    mae, mfe = trades.mae_r[rows], trades.mfe_r[rows]
    return SetupExcursions(
        label=label,
        expectancy=mean,
        winners=int(won.sum()),
        mean_mae_r=float(mae.mean()),
        mean_mfe_r=float(mfe.mean()),
        heat_of_winners=float(np.quantile(-mae[won], HEAT)) if won.any() else None,
        best_of_losers=float(np.median(mfe[~won])) if (~won).any() else None,
    )


@dataclass(frozen=True)
class Suggestion:
    """Other exits for a setup.

    Attributes:
        levels: that every fold chose; None where they did not agree, or nothing was gained.
        chosen: by each fold, from what was known before it.
        gains_r: of each fold, mean R with its choice less that with the exits of now, on later trades.
        gain: all folds together, tested with all other setups.
        words: what to make of it.
    """

    label: str
    levels: Levels | None
    chosen: tuple[Levels, ...]
    gains_r: tuple[float, ...]
    gain: GroupMean
    words: str


@dataclass(frozen=True)
class Grid:
    """What every trade would have made by other exits, arrays of shape `(n,)`.

    Attributes:
        r: net R by exits, NaN where unknown.
        known: at whose close each trade was over, by exits.
        session: of the decision.
        now: the exits of now, among these.
    """

    r: Mapping[Levels, Floats]
    known: Mapping[Levels, Days]
    session: Days
    now: Levels


def suggestions(grid: Grid, rows: Mapping[str, Ints]) -> list[Suggestion]:
    """For each setup the exits that purged folds agree on, if they do.

    Sessions are cut in `FOLDS + 1` blocks. Each block but the first is judged with the exits that were best, by mean R,
    on trades whose outcome was known before it; an embargo of five sessions lies between. Exits are suggested where
    every fold chose the same ones, gained by them, and the gain of all folds isn't chance among all setups asked.

    Args:
        grid: of all trades.
        rows: trades of each setup.
    """
    days, at = np.unique(grid.session, return_inverse=True)
    blocks = [block for block in np.array_split(days, FOLDS + 1)[1:] if len(block)]
    judged = [[fold for block in blocks if (fold := _fold(grid, part, block))] for part in rows.values()]
    whole = [fold for folds in judged for fold in folds]
    group = np.repeat(np.arange(len(judged)), [sum(len(fold.gain) for fold in folds) for folds in judged])
    means = group_means(
        np.concatenate([np.zeros(0), *(fold.gain for fold in whole)]),
        at[np.concatenate([np.zeros(0, np.int64), *(fold.rows for fold in whole)])],
        group, groups=len(judged), sessions=len(days), overlap=OVERLAP,
    )  # fmt: skip
    return [
        _suggestion(name, grid.now, folds, mean) for name, folds, mean in zip(rows, judged, means, strict=True)
    ]  # fmt: skip


@dataclass(frozen=True)
class _Fold:
    """What was chosen before a block, and what each trade of the block gained by it."""

    levels: Levels
    gain: Floats
    rows: Ints


def _fold(grid: Grid, part: Ints, block: Days) -> _Fold | None:
    """The fold of one block; None where nothing can be chosen, or judged."""
    session = grid.session[part]
    means = {
        levels: _mean(of[part], known_before(session, grid.known[levels][part], block[0], OVERLAP))
        for levels, of in grid.r.items()
    }
    best = max(means, key=lambda levels: (means[levels], levels == grid.now))
    test = part[(session >= block[0]) & (session <= block[-1])]
    gain = grid.r[best][test] - grid.r[grid.now][test]
    there = np.isfinite(gain)
    if not np.isfinite(means[best]) or not there.any():
        return None
    return _Fold(best, gain[there], test[there])


def _mean(values: Floats, here: Flags) -> float:
    known = values[here & np.isfinite(values)]
    return float(known.mean()) if len(known) else -np.inf


def _suggestion(name: str, now: Levels, folds: Sequence[_Fold], gain: GroupMean) -> Suggestion:
    chosen = tuple(fold.levels for fold in folds)
    gains = tuple(float(fold.gain.mean()) for fold in folds)
    levels: Levels | None = None
    if len(chosen) < FOLDS:
        words = f"not enough data yet: {len(chosen)} of {FOLDS} folds"
    elif len(set(chosen)) > 1:
        words = "the folds do not agree: leave the exits as they are"
    elif chosen[0] == now:
        words = "every fold chose the exits of now"
    elif min(gains) <= 0 or gain.found < 1:
        words = "the folds agree, but the gain on later trades may be chance: leave the exits as they are"
    else:
        levels = chosen[0]
        words = f"stop {levels[0]:g}, target {levels[1]:g} average true ranges: every fold chose it and gained"
    return Suggestion(label=name, levels=levels, chosen=chosen, gains_r=gains, gain=gain, words=words)

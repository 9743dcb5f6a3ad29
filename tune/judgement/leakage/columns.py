"""Columns that are the answer, that name the row, or that were scaled by rows they mustn't know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from trading.arrays import Flags, Floats, Ints
from tune.judgement.leakage.finding import Finding
from tune.sets.sampled import SEED, sampled
from tune.sets.training_set import TrainingSet

MOST_ROWS = 200_000
"""Columns are looked at on so many rows at most, drawn with a seed, in the order of time."""
LEAST_ROWS = 100
"""With fewer known values a column says nothing by rank."""
AUC_BOUND = 0.85
"""No column of daily bars tells a trade's success that well; the best of ours stay below 0.60. A test's planted skill
of 0.75 is no leak."""
RANK_BOUND = 0.8
"""Likewise for the rank correlation of a column with the net return."""
ORDER_BOUND = 0.999
"""Rank correlation with the row number or the session, from where on a column counts their order."""
SCALED_WITHIN = 1e-5
"""So near to mean 0 and standard deviation 1, or median 0 and quartiles 1 apart, no column comes by itself."""
MOST_NAMED = 5
FEW = 5
"""Symbols, and rows of each, that are needed to say that a column names them."""

Values = npt.NDArray[np.floating[Any]]
Column = tuple[str, Values, Flags]
"""Name, values and where they are known."""


def label_leakage(data: TrainingSet) -> Finding:
    """A column, or whether it is known, tells the outcome better than any market lets it.

    Measured by the area under the ROC curve for success and the rank correlation with the net return, rows weighted.
    """
    rows = sampled(len(data), MOST_ROWS)
    success, weight = data.success[rows] > 0, data.weight[rows]
    returns = ranks(data.net_return[rows])
    worst, leak = 0.0, list[str]()
    for name, values, known in _columns(data, rows):
        figures = [_auc_distance(known.astype(np.float64), success, weight)]
        if known.sum() >= LEAST_ROWS:
            figures.append(_auc_distance(values[known], success[known], weight[known]))
            correlated = abs(_correlation(ranks(values[known]), returns[known], weight[known]))
            figures.append(AUC_BOUND if correlated >= RANK_BOUND else 0.0)
        worst = max(worst, *figures)
        if max(figures) >= AUC_BOUND:
            leak.append(name)
    told = f"{_listed(leak)} of the rows tell how the trade ended" if leak else ""
    return Finding("largest AUC of a column alone, or of its being known", worst, AUC_BOUND, told)


def identity_leakage(data: TrainingSet) -> Finding:
    """A column names the symbol, the row or its place in time, or a setup is there twice.

    Measured by the largest rank correlation of a column with the row number or the session, and by looking for columns
    with one value a symbol that no other symbol has.
    """
    twice = _twice(data)
    if twice:
        return Finding("setups that are there twice", float(twice), 1.0, f"{twice:,} setups are there twice")
    rows = sampled(len(data), MOST_ROWS)
    place, session = rows.astype(np.float64), ranks(data.session[rows].astype(np.int64).astype(np.float64))
    worst, leak = 0.0, list[str]()
    for name, values, known in _columns(data, rows):
        if known.sum() < LEAST_ROWS or len(np.unique(values[known])) < 2 * FEW:
            continue
        ranked = ranks(values[known])
        order = max(abs(_correlation(ranked, other[known])) for other in (place, session))
        worst = max(worst, order)
        if order >= ORDER_BOUND or _names_symbols(values[known], data.symbol[rows][known]):
            leak.append(name)
    told = f"{_listed(leak)} name the symbol, the row or its place in time" if leak else ""
    return Finding("largest rank correlation of a column with the order of rows", worst, ORDER_BOUND, told)


def scaler_leakage(data: TrainingSet) -> Finding:
    """A column was scaled by a statistic of all rows, those included that a model is judged on.

    Measured by how near the mean and standard deviation, or the median and quartiles, of all rows come to 0 and 1, and
    by whether the values are their own evenly spaced ranks. Trees need no scaling, and inplay makes none.
    """
    nearest, leak = np.inf, list[str]()
    for name, values, known in _columns(data, np.arange(len(data))):
        if known.sum() < LEAST_ROWS:
            continue
        there = values[known].astype(np.float64)
        low, middle, high = np.quantile(there, [0.25, 0.5, 0.75])
        standard = max(abs(there.mean()), abs(there.std() - 1.0))
        robust = max(abs(middle), abs(high - low - 1.0)) if len(np.unique(there)) > LEAST_ROWS else np.inf
        nearest = min(nearest, standard, robust)
        if min(standard, robust) <= SCALED_WITHIN or _evenly_spaced(there):
            leak.append(name)
    told = f"{_listed(leak)} were scaled by all rows, the later ones included" if leak else ""
    figure = float(nearest) if np.isfinite(nearest) else None
    return Finding("nearest distance of a column from a scaler fitted on all rows", figure, SCALED_WITHIN, told)


def ranks(values: Values) -> Floats:
    """Mean ranks, ties alike."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    out: Floats = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    return out


def weighted_auc(score: Values, success: Flags, weight: Floats) -> float:
    """Area under the ROC curve, pairs weighted by both rows, ties counted half; 0.5 with one class only."""
    _, at = np.unique(score, return_inverse=True)
    won, lost = np.bincount(at, weight * success), np.bincount(at, weight * ~success)
    if won.sum() == 0 or lost.sum() == 0:
        return 0.5
    below = np.cumsum(lost) - lost / 2.0
    return float((won * below).sum() / (won.sum() * lost.sum()))


def _columns(data: TrainingSet, rows: Ints) -> Iterator[Column]:
    """One column after the other, so that no second matrix is in memory."""
    for at, name in enumerate(data.features):
        if name not in data.left_out:
            values = data.matrix[:, at][rows]
            yield name, values, np.isfinite(values)


def _auc_distance(score: Values, success: Flags, weight: Floats) -> float:
    """The area, or one less it where the column tells failures; 0.5 tells nothing."""
    if min(success.sum(), (~success).sum()) < LEAST_ROWS // 4:
        return 0.5
    area = weighted_auc(score, success, weight)
    return max(area, 1.0 - area)


def _correlation(one: Floats, other: Floats, weight: Floats | None = None) -> float:
    one, other = (part - np.average(part, weights=weight) for part in (one, other))
    spread = np.sqrt(np.average(one**2, weights=weight) * np.average(other**2, weights=weight))
    return float(np.average(one * other, weights=weight) / spread) if spread > 0 else 0.0


def _names_symbols(values: Values, symbol: npt.NDArray[np.integer[Any]]) -> bool:
    """Each symbol with enough rows has one value, and hardly any two symbols share one."""
    order = np.argsort(symbol, kind="stable")
    _, first, counts = np.unique(symbol[order], return_index=True, return_counts=True)
    low, high = (of.reduceat(values[order], first)[counts >= FEW] for of in (np.minimum, np.maximum))
    return len(low) >= FEW and bool((low == high).all()) and len(np.unique(low)) >= 0.9 * len(low)


def _evenly_spaced(values: Values) -> bool:
    """Distinct values that are all equally far apart, as ranks are."""
    ordered = np.sort(values)
    steps = np.diff(ordered)
    return bool(steps.min() > 0 and steps.max() <= 1.01 * steps.min())


def _twice(data: TrainingSet) -> int:
    """Setups that are there twice: the same bar and direction, or the same features and return at another bar."""

    def repeated(*keys: npt.NDArray[Any]) -> int:
        order = np.lexsort(keys)
        same = np.ones(len(order) - 1, dtype=np.bool_)
        for key in keys:
            same &= key[order][1:] == key[order][:-1]
        return int(same.sum())

    if not len(data):
        return 0
    factors = np.random.default_rng(SEED).normal(size=(data.matrix.shape[1],))
    mixed = np.zeros(len(data))
    for at, factor in enumerate(factors.tolist()):
        mixed += factor * np.nan_to_num(data.matrix[:, at], nan=-0.12345, posinf=1e6, neginf=-1e6)
    same_bar = repeated(data.session, data.symbol, data.direction)
    return max(same_bar, repeated(mixed, data.net_return, data.symbol, data.direction))


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")

"""Accuracy and Matthews' correlation of calls, with intervals that draw whole days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trading.arrays import Days, Flags, Floats
from trading.performance.estimate import Estimate, block_samples, interval, widening

ONE_DAY = 1
"""Sessions to a block: a movement ends with its session, but those of one session share the market's."""


@dataclass(frozen=True)
class Score:
    """Means over the seeds.

    Attributes:
        accuracy: share of the calls that were right.
        mcc: Matthews' correlation; 0 where all calls are alike.
        per_seed: accuracy and MCC of each seed.
    """

    accuracy: Estimate
    mcc: Estimate
    per_seed: tuple[tuple[float, float], ...]


def mcc(cells: Floats) -> Floats:
    """Matthews' correlation of confusion matrices, 0 where a row or column is empty.

    Args:
        cells: true up, false up, false down, true down on the last axis.

    Source:
        Matthews (1975), "Comparison of the predicted and observed secondary structure of T4 phage lysozyme".
    """
    hit, false_up, false_down, true_down = np.moveaxis(cells, -1, 0)
    product = (hit + false_up) * (hit + false_down) * (true_down + false_up) * (true_down + false_down)
    return np.asarray(
        np.where(product > 0, hit * true_down - false_up * false_down, 0.0) / np.sqrt(np.where(product > 0, product, 1))
    )


def scored(calls: Flags, up: Flags, session: Days, *, seed: int) -> Score:
    """The score of calls.

    Args:
        calls: whether each sample was said to rise, shape `(n_seeds, n)`.
        up: whether it did, shape `(n,)`.
        session: of each sample.
        seed: of the resamples.
    """
    days, group = np.unique(session, return_inverse=True)
    kinds = (calls & up, calls & ~up, ~calls & up, ~calls & ~up)
    cells = np.array(
        [[np.bincount(group, weights=row, minlength=len(days)) for row in kind] for kind in kinds]
    ).transpose(2, 1, 0)  # days, seeds, four cells
    draws = block_samples(len(days), np.random.default_rng(seed), ONE_DAY)
    times = np.array([np.bincount(draw, minlength=len(days)) for draw in draws]).reshape(-1, len(days))
    drawn = np.einsum("rd,dsc->rsc", times.astype(np.float64), cells)
    whole = cells.sum(axis=0)
    right, drawn_right = whole[:, [0, 3]].sum(axis=1) / whole.sum(axis=1), drawn[..., [0, 3]].sum(axis=-1)
    shares = (drawn_right / np.maximum(drawn.sum(axis=-1), 1.0)).mean(axis=1)
    wide = widening(len(days), ONE_DAY)
    return Score(
        interval(float(right.mean()), shares, widen=wide, within=(0.0, 1.0)),
        interval(float(mcc(whole).mean()), mcc(drawn).mean(axis=1), widen=wide, within=(-1.0, 1.0)),
        tuple(zip(right.tolist(), mcc(whole).tolist(), strict=True)),
    )

"""What the models' figures are worth, measured on setups that they had not seen: a probability, a return, a spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Floats

Z_95 = 1.959963984540054
NEWTON_STEPS = 50
QUANTILES = 1_001


@dataclass(frozen=True)
class Calibration:
    """Fitted on setups that models with these parameters had not seen, both directions.

    A slope below zero says that higher figures went with worse outcomes: then the figure tells nothing, and every setup
    gets the mean.

    Attributes:
        strength: intercept and slope of the log odds of success over the strength.
        net_return: intercept and slope of the net return over the predicted one.
        covariance: of these two: variance, covariance, variance; errors clustered by session.
        disagreements: ascending quantiles of the gap between the members' probabilities.
        setups: it was fitted on, of `sessions` sessions.
    """

    strength: tuple[float, float]
    net_return: tuple[float, float]
    covariance: tuple[float, float, float]
    disagreements: tuple[float, ...]
    setups: int
    sessions: int

    @classmethod
    def from_dict(cls, told: dict[str, object]) -> Calibration:
        """What `dataclasses.asdict` and JSON made of it."""
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in told.items()})  # type: ignore[arg-type]

    def probability(self, strength: Floats) -> Floats:
        """That setups of these strengths make money."""
        intercept, slope = self.strength
        return _logistic(intercept + slope * strength)

    def expected(self, predicted: Floats) -> tuple[Floats, Floats, Floats]:
        """The net return to expect where the models predict so much, and its 95 % interval."""
        intercept, slope = self.net_return
        of_intercept, of_both, of_slope = self.covariance
        value = intercept + slope * predicted
        half = Z_95 * np.sqrt(np.maximum(of_intercept + 2 * predicted * of_both + predicted**2 * of_slope, 0.0))
        return value, value - half, value + half


def calibrate(
    strength: Floats, predicted: Floats, disagreement: Floats, *, success: Floats, net_return: Floats, session: Days
) -> Calibration:
    """The calibration that outcomes of unseen setups give.

    Args:
        strength: of each setup, shape `(n,)`; likewise all others.
        predicted: net return, as a fraction.
        disagreement: widest gap between two members.
        success: 1 where it made money after costs, else 0.
        net_return: realised, as a fraction.
        session: of the decision; setups of one share the market's move.

    Source:
        Log odds: Platt (1999), Probabilistic outputs for support vector machines. Errors by cluster: Liang and Zeger
        (1986).
    """
    _, group = np.unique(session, return_inverse=True)
    intercept, slope, covariance = _line(predicted, net_return, group)
    return Calibration(
        strength=_log_odds(strength, success),
        net_return=(intercept, slope),
        covariance=covariance,
        disagreements=tuple(np.quantile(disagreement, np.linspace(0, 1, QUANTILES)).tolist()),
        setups=len(strength),
        sessions=int(group.max()) + 1,
    )


def _logistic(values: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -500, 500))))


def _log_odds(strength: Floats, success: Floats) -> tuple[float, float]:
    """Intercept and slope by Newton's method; the base rate alone where the slope isn't above zero."""
    rate = float(np.clip(success.mean(), 1e-6, 1 - 1e-6))
    flat = (math.log(rate / (1 - rate)), 0.0)
    centre, spread = float(strength.mean()), float(strength.std())
    if spread == 0.0:
        return flat
    design = np.column_stack([np.ones(len(strength)), (strength - centre) / spread])
    found = np.array([flat[0], 0.0])
    for _ in range(NEWTON_STEPS):
        chance = _logistic(design @ found)
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, design.T @ (success - chance))
        found = found + step
        if float(np.abs(step).max()) < 1e-10:  # noqa: PLR2004
            break
    if not (np.isfinite(found).all() and found[1] > 0):
        return flat
    slope = float(found[1]) / spread
    return float(found[0]) - slope * centre, slope


def _line(
    predicted: Floats, realised: Floats, group: npt.NDArray[np.int64]
) -> tuple[float, float, tuple[float, float, float]]:
    """Least squares, errors clustered; the mean alone where the slope isn't above zero."""
    ones = np.ones(len(predicted))
    for columns in ((ones, predicted), (ones,)):
        design = np.column_stack(columns)
        gram = design.T @ design
        if np.linalg.matrix_rank(gram) < design.shape[1]:
            continue
        bread = np.linalg.inv(gram)
        found = bread @ design.T @ realised
        scores = design * (realised - design @ found)[:, None]
        of_session = np.array([np.bincount(group, weights=column) for column in scores.T]).T
        clusters = len(of_session)
        small = clusters / max(1, clusters - 1)
        covariance = small * bread @ of_session.T @ of_session @ bread
        if design.shape[1] == 1:
            return float(found[0]), 0.0, (float(covariance[0, 0]), 0.0, 0.0)
        if found[1] > 0:
            return float(found[0]), float(found[1]), _three(covariance)
    return 0.0, 0.0, (0.0, 0.0, 0.0)


def _three(covariance: Floats) -> tuple[float, float, float]:
    return float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])


def rank_of_gap(gaps: Floats, calibration: Calibration) -> Floats:
    """The share of unseen setups on which the members lay closer together; NaN for NaN."""
    known: Sequence[float] = calibration.disagreements
    found = np.searchsorted(np.asarray(known), gaps, side="left") / len(known)
    return np.where(np.isnan(gaps), np.nan, found)

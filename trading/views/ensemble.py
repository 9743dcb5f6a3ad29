"""The ensemble: three models' views of a setup as one signal, with the strategy's weights and safety rules."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WEIGHTS = (0.4, 0.4, 0.2)
"""Pattern detector, catalyst classifier, outcome regressor (strategy, section 4.2)."""


def weighted(p_pattern: Floats, p_catalyst: Floats, p_outcome: Floats, weights: Floats | None = None) -> Floats:
    """The weighted sum of the three probabilities.

    Args:
        p_pattern: of each setup, shape `(n,)`.
        p_catalyst: likewise.
        p_outcome: likewise.
        weights: shape `(3,)`, or `(n, 3)` where they differ from setup to setup; the strategy's if None.
    """
    pattern, catalyst, outcome = np.array(WEIGHTS) if weights is None else weights.T
    return np.asarray(pattern * p_pattern + catalyst * p_catalyst + outcome * p_outcome)


def rank_among(strength: Floats, reference: Floats) -> Floats:
    """The share of `reference` below each strength, ties counted half; NaN for NaN.

    Args:
        strength: shape `(n,)`.
        reference: ascending, out-of-sample strengths from before the decision.
    """
    below = np.searchsorted(reference, strength, side="left") + np.searchsorted(reference, strength, side="right")
    return np.where(np.isnan(strength), np.nan, below / (2.0 * len(reference)))


@dataclass(frozen=True)
class Views:
    """What the models say of each setup, NaN where a model can't say.

    Attributes:
        p_pattern: random forest, probability that the setup succeeds, shape `(n,)`.
        p_catalyst: XGBoost classifier on catalyst and momentum features, the same event.
        expected_return: XGBoost regressor, net return of the setup as a fraction.
        p_outcome: probability of a positive return, from the expected return and the regressor's out-of-sample error.
        rank: where the strength stands among those of setups that the models had not seen, 0 lowest, 1 highest.
        weights: of the three models, shape `(3,)` or, adapted to each setup's regime, `(n, 3)`.
    """

    p_pattern: Floats
    p_catalyst: Floats
    expected_return: Floats
    p_outcome: Floats
    rank: Floats
    weights: Floats = field(default_factory=lambda: np.array(WEIGHTS))

    @classmethod
    def unknown(cls, n: int) -> Views:
        """Those of `n` setups that no model looked at."""
        silent = np.full(n, np.nan)
        return cls(silent, silent, silent, silent, silent)

    @property
    def strength(self) -> Floats:
        """The weighted probability; NaN as soon as one model is silent, so that no part stands in for the whole."""
        return weighted(self.p_pattern, self.p_catalyst, self.p_outcome, self.weights)

    @property
    def disagreement(self) -> Floats:
        """The widest gap between two of the three probabilities, 0 to 1."""
        stacked = np.vstack([self.p_pattern, self.p_catalyst, self.p_outcome])
        return np.asarray(stacked.max(axis=0) - stacked.min(axis=0))

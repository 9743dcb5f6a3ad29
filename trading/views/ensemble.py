"""The ensemble: its models' views of a setup as one signal, by their weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trading.arrays import Floats
from trading.views.members.registry import MEMBERS


def weighted(probabilities: Floats, weights: Floats) -> Floats:
    """The weighted sum of the members' probabilities, added up in the order of the members.

    Args:
        probabilities: of each setup, shape `(members, n)`.
        weights: shape `(members,)`, or `(n, members)` where they differ from setup to setup.
    """
    total = np.zeros(probabilities.shape[1])
    for of_member, weight in zip(probabilities, weights.T, strict=True):
        total = total + weight * of_member
    return total


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
        members: names of the models.
        probabilities: of each model that the setup succeeds, shape `(members, n)`. One that predicts the return says
            how probable a positive one is, from its out-of-sample error.
        expected_return: net return of the setup as a fraction, of the models that predict it.
        rank: where the strength stands among those of setups that the models had not seen, 0 lowest, 1 highest.
        weights: of the models, shape `(members,)` or, adapted to each setup's regime, `(n, members)`.
    """

    members: tuple[str, ...]
    probabilities: Floats
    expected_return: Floats
    rank: Floats
    weights: Floats

    @classmethod
    def unknown(cls, n: int) -> Views:
        """Those of `n` setups that no model looked at."""
        silent = np.full((len(MEMBERS), n), np.nan)
        return cls(MEMBERS.names, silent, np.full(n, np.nan), np.full(n, np.nan), np.array(MEMBERS.weights))

    def of(self, member: str) -> Floats:
        """The probabilities that a model gives, shape `(n,)`."""
        found: Floats = self.probabilities[self.members.index(member)]
        return found

    def at(self, setup: int) -> Mapping[str, float]:
        """The probability of one setup by member."""
        return dict(zip(self.members, self.probabilities[:, setup].tolist(), strict=True))

    @property
    def strength(self) -> Floats:
        """The weighted probability; NaN as soon as one model is silent, so that no part stands in for the whole."""
        return weighted(self.probabilities, self.weights)

    @property
    def disagreement(self) -> Floats:
        """The widest gap between two of the probabilities, 0 to 1."""
        return np.asarray(self.probabilities.max(axis=0) - self.probabilities.min(axis=0))

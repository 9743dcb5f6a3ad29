"""The ensemble: its models' views of a setup as one signal, by their weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from trading.arrays import Floats, Ints
from trading.views.calibration import Calibration, rank_of_gap
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


OF_EACH = ("expected_return", "rank", "probability", "expected_low", "expected_high", "disagreement_rank")
"""Fields of `Views` with one value a setup."""


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
        probability: that the setup makes money, calibrated on setups that the models had not seen.
        expected_low: of the expected return's 95 % interval, as far as the calibration tells; `expected_high` likewise.
        disagreement_rank: the share of unseen setups on which the models lay closer together.
        ensemble_id: that gave these; None where none was asked.
        trouble: why an ensemble could not be asked, in words.
    """

    members: tuple[str, ...]
    probabilities: Floats
    expected_return: Floats
    rank: Floats
    weights: Floats
    probability: Floats
    expected_low: Floats
    expected_high: Floats
    disagreement_rank: Floats
    ensemble_id: str | None = None
    trouble: str = ""

    @classmethod
    def raw(
        cls, members: tuple[str, ...], probabilities: Floats, expected_return: Floats, *, rank: Floats,
        weights: Floats, ensemble_id: str | None = None,
    ) -> Views:  # fmt: skip
        """Those that nothing is known of beside what the members say."""
        nobody = np.full(probabilities.shape[1], np.nan)
        return cls(
            members=members,
            probabilities=probabilities,
            expected_return=expected_return,
            rank=rank,
            weights=weights,
            ensemble_id=ensemble_id,
            probability=nobody,
            expected_low=nobody,
            expected_high=nobody,
            disagreement_rank=nobody,
        )

    @classmethod
    def unknown(cls, n: int, ensemble_id: str | None = None, trouble: str = "") -> Views:
        """Those of `n` setups that no model looked at."""
        silent, nobody = np.full((len(MEMBERS), n), np.nan), np.full(n, np.nan)
        weights = np.array(MEMBERS.weights)
        views = cls.raw(MEMBERS.names, silent, nobody, rank=nobody, weights=weights, ensemble_id=ensemble_id)
        return replace(views, trouble=trouble)

    def take(self, rows: Ints) -> Views:
        """Those of some setups, in the order given."""
        return replace(
            self,
            probabilities=self.probabilities[:, rows],
            weights=self.weights[rows] if self.weights.ndim > 1 else self.weights,
            **{name: getattr(self, name)[rows] for name in OF_EACH},
        )

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


def as_calibrated(views: Views, calibration: Calibration) -> Views:
    """Raw views with what a calibration makes of them; the members' probabilities, ranks and weights stay."""
    expected, low, high = calibration.expected(views.expected_return)
    return replace(
        views,
        expected_return=expected,
        expected_low=low,
        expected_high=high,
        probability=calibration.probability(views.strength),
        disagreement_rank=rank_of_gap(views.disagreement, calibration),
    )

"""What a version's figures are worth, refreshed: what is on its card and what new outcomes say, each by its setups.

The version said it of the new setups before their outcomes were known, so they are as unseen as those that the card's
calibration was fitted on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from trading.arrays import Floats
from trading.views.calibration import QUANTILES, Calibration

MOST_REMEMBERED = 100_000
"""Setups for which an earlier calibration counts at most, so that years of them don't outvote the last months."""


def refreshed(before: Calibration, new: Calibration) -> Calibration:
    """Both, each coefficient as the mean weighted by setups; the covariance is that of such a mean."""
    old = min(before.setups, MOST_REMEMBERED)
    share = new.setups / (old + new.setups)

    def mean(one: Sequence[float], other: Sequence[float]) -> tuple[float, ...]:
        return tuple((1 - share) * a + share * b for a, b in zip(one, other, strict=True))

    strength, net_return = mean(before.strength, new.strength), mean(before.net_return, new.net_return)
    covariance = tuple(
        (1 - share) ** 2 * a + share**2 * b for a, b in zip(before.covariance, new.covariance, strict=True)
    )
    return Calibration(
        strength=(strength[0], strength[1]),
        net_return=(net_return[0], net_return[1]),
        covariance=(covariance[0], covariance[1], covariance[2]),
        disagreements=tuple(
            pooled_quantiles(np.array(before.disagreements), np.array(new.disagreements), share, QUANTILES).tolist()
        ),
        setups=old + new.setups,
        sessions=before.sessions + new.sessions,
    )


def pooled_quantiles(before: Floats, new: Floats, share: float, count: int) -> Floats:
    """Evenly spaced quantiles of both together.

    Args:
        before: ascending quantiles, evenly spaced.
        new: values or ascending quantiles.
        share: of the new ones in the whole, from 0 to 1.
        count: of quantiles.
    """
    values = np.concatenate([before, new])
    weights = np.concatenate([np.full(len(before), (1 - share) / len(before)), np.full(len(new), share / len(new))])
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) - weights[order] / 2
    return np.asarray(np.interp(np.linspace(0, 1, count), reached, values[order]))


def pooled_std(before: float, errors: Floats, share: float) -> float:
    """The root mean square of errors before and the new ones, the new ones by their share."""
    return math.sqrt((1 - share) * before**2 + share * float(np.mean(errors**2)))

"""The models' weights as they apply in a regime: the strategy's, times what was shown of each model in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from trading.arrays import Floats
from trading.errors import ModelError

Factors = Mapping[str, Sequence[float]]
"""By state of `STATES`: what multiplies the weight of each member, in their order."""

STATES: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "high volatility": ("market_volatility", 1.0),
        "low volatility": ("market_volatility", 0.0),
        "driven by catalysts": ("market_driver", 1.0),
        "driven by technical trading": ("market_driver", 0.0),
    }
)
"""The feature that tells each state of the regime, and its value there. A session may be in two of them, or in none."""


def in_state(matrix: npt.NDArray[np.float32], features: Sequence[str], state: str) -> npt.NDArray[np.bool_]:
    """Which setups were made in the state; unknown is no."""
    name, value = STATES[state]
    return np.asarray(matrix[:, features.index(name)] == value)


def regime_weights(
    matrix: npt.NDArray[np.float32], features: Sequence[str], factors: Factors, weights: Sequence[float]
) -> Floats:
    """The weights of each setup, shape `(n, members)`; each row adds up to one.

    Args:
        matrix: of the setups, shape `(n, n_features)`.
        features: names of its columns.
        factors: those of a setup's states are multiplied. Without any, each row is `weights`, bit by bit.
        weights: of the members.

    Raises:
        ModelError: for a state that doesn't exist, or factors that are not one number above zero a member.
    """
    adapted = np.tile(np.array(weights), (len(matrix), 1))
    for state, of_models in factors.items():
        if state not in STATES or len(of_models) != len(weights) or not all(factor > 0 for factor in of_models):
            raise ModelError(f"weights can't be adapted by {list(of_models)} in the regime {state!r}; train again")
        adapted[in_state(matrix, features, state)] *= np.asarray(of_models)
    return adapted / adapted.sum(axis=1, keepdims=True) if factors else adapted

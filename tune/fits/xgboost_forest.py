"""A random forest made by XGBoost, so that it trains on several machines or a GPU and knows missing values.

It minimises the squared error of 0 and 1. For two classes the best split by that is the best split by Gini's impurity,
and without regularisation a leaf is the share of successes in it: what scikit-learn's forest does, but for two things.
Values are sorted into 256 bins before a split is looked for, and each tree draws half of the rows without putting them
back.

Source:
    Breiman (2001), Random Forests; XGBoost's documentation, "Random Forests(TM) in XGBoost".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from trading.arrays import Floats

ROW_SHARE = 0.5
"""Of the rows, in each tree."""


def in_xgboosts_words(params: Mapping[str, Any], columns: int) -> dict[str, Any]:
    """The parameters of a forest, as XGBoost and `rounds` name them.

    Args:
        params: `trees`, `max_depth`, `min_samples_leaf`, `max_features` (`sqrt`, or a share of the columns), and others
            that XGBoost knows by their names.
        columns: that a tree sees.
    """
    given = dict(params)
    trees, leaf, features = (given.pop(name) for name in ("trees", "min_samples_leaf", "max_features"))
    tried = math.isqrt(columns) if features == "sqrt" else features * columns
    return {
        **given,
        "rounds": 1,
        "num_parallel_tree": trees,
        "eta": 1.0,
        "lambda": 0.0,
        "subsample": ROW_SHARE,
        "min_child_weight": leaf,
        "colsample_bynode": min(1.0, (max(1, int(tried)) + 0.01) / columns),  # XGBoost rounds down
    }


def as_probability(shares: Floats) -> Floats:
    """What the trees say, kept within 0 and 1: rounding may leave them by a hair."""
    return np.clip(shares, 0.0, 1.0)

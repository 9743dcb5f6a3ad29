"""The catalyst classifier: catalyst, momentum and volume (strategy, phase 3)."""

from __future__ import annotations

from trading.views.members import columns
from trading.views.members.grids import BOOSTERS
from trading.views.members.member import Member

CATALYST = Member(
    name="catalyst",
    title="catalyst classifier",
    estimator="booster",
    predicts="success",
    features=(
        *columns.CATALYST, "gap_pct", "volume_ratio_20", "return_1", "return_5", "return_20", "range_pct", "atr_pct",
        "obv_slope_10", "high_20_distance", "relative_strength_20",
    ),
    weight=0.4,
    says="XGBoost classifier on catalyst features: the same probability.",
    example=0.57,
    grid=BOOSTERS,
    monotone=columns.GOOD_NEWS,
)  # fmt: skip

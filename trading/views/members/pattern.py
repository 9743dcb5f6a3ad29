"""The pattern detector: price action, indicators, candlesticks and chart patterns (strategy, phase 1)."""

from __future__ import annotations

from trading.views.members.columns import CATALYST, WITHIN_SESSION
from trading.views.members.grids import FORESTS
from trading.views.members.member import Member

PATTERN = Member(
    name="pattern",
    title="pattern detector",
    estimator="xgboost_forest",
    predicts="success",
    features=tuple(name for name in WITHIN_SESSION if name not in CATALYST),
    weight=0.4,
    says="Random forest: probability that a long trade from here succeeds.",
    example=0.61,
    grid=FORESTS,
)

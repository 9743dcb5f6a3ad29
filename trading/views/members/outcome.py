"""The outcome regressor: the net return of a setup, from everything that differs between setups of one session."""

from __future__ import annotations

from trading.views.members.columns import GOOD_NEWS, WITHIN_SESSION
from trading.views.members.grids import BOOSTERS
from trading.views.members.member import Member

OUTCOME = Member(
    name="outcome",
    title="outcome regressor",
    estimator="booster",
    predicts="net_return",
    features=WITHIN_SESSION,
    weight=0.2,
    says="Probability that goes with the regressor's expected return.",
    example=0.55,
    grid=BOOSTERS,
    monotone=GOOD_NEWS,
)

"""Every limit that a decision depends on."""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.outcomes.barriers import OutcomeRules
from trading.risk.cooldown import CooldownLimits
from trading.risk.drawdown import DrawdownLimits
from trading.risk.exposure import ExposureLimits
from trading.risk.model_risk import ModelRiskLimits
from trading.risk.regime_size import RegimeSizes
from trading.risk.sizing import SizingLimits


@dataclass(frozen=True)
class DecisionRules:
    """Everything that a decision depends on beside the market.

    Attributes:
        outcome: barriers and horizon; orders carry the same ones that the models learned from.
    """

    sizing: SizingLimits = field(default_factory=SizingLimits)
    model_risk: ModelRiskLimits = field(default_factory=ModelRiskLimits)
    exposure: ExposureLimits = field(default_factory=ExposureLimits)
    drawdown: DrawdownLimits = field(default_factory=DrawdownLimits)
    cooldown: CooldownLimits = field(default_factory=CooldownLimits)
    regime: RegimeSizes = field(default_factory=RegimeSizes)
    outcome: OutcomeRules = field(default_factory=OutcomeRules)

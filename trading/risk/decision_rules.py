"""Every limit that a decision depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trading.outcomes.barriers import OutcomeRules
from trading.risk.cooldown import CooldownLimits
from trading.risk.drawdown import DrawdownLimits
from trading.risk.exposure import ExposureLimits
from trading.risk.limits import LIMITS, check_limits
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


def limits_of(rules: DecisionRules) -> dict[str, float]:
    """All limits by name."""
    return {name: getattr(getattr(rules, limit.section), limit.field) for name, limit in LIMITS.items()}


def rules_of(given: Mapping[str, float], rules: DecisionRules | None = None) -> DecisionRules:
    """The rules with these limits, the defaults where none is given.

    Raises:
        ConfigurationError: when a name is unknown, or a value out of its bounds. Nothing was changed.
    """
    check_limits(given)
    rules = rules or DecisionRules()
    for name, value in given.items():
        limit = LIMITS[name]
        exact: Any = {limit.field: int(value) if limit.whole else float(value)}
        changed: Any = {limit.section: replace(getattr(rules, limit.section), **exact)}
        rules = replace(rules, **changed)
    return rules

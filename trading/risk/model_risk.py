"""Model risk: when the ensemble decides, when the rules do, and when to be careful."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from trading.rules import BUY_AT


@dataclass(frozen=True)
class ModelRiskLimits:
    """Thresholds of the strategy (section 7.1).

    Attributes:
        min_confidence: below it the rules decide.
        max_disagreement: above it the position is halved.
    """

    min_confidence: float = 0.6
    max_disagreement: float = 0.25


@dataclass(frozen=True)
class Verdict:
    """What to do with one setup and why.

    Attributes:
        buy: whether to open a position.
        source: whose view decided.
        confidence: of that view, 0 to 1; sizes the position.
        careful: the models disagree, so the position is halved.
        reason: in words.
    """

    buy: bool
    source: Literal["rule", "ensemble"]
    confidence: float
    careful: bool
    reason: str


def by_rule(rule_confidence: float, prefix: str = "") -> Verdict:
    """The rules' own verdict."""
    buy = rule_confidence >= BUY_AT
    words = f"rule confidence {rule_confidence:.2f} {'reaches' if buy else 'is below'} {BUY_AT:.2f}"
    return Verdict(buy, "rule", rule_confidence, careful=False, reason=prefix + words)


def by_ensemble(
    strength: float, disagreement: float, rule_confidence: float, limits: ModelRiskLimits | None = None
) -> Verdict:
    """The ensemble's verdict, or the rules' where the ensemble is missing, out of range or unsure.

    Args:
        strength: weighted probability of success; NaN when a model is missing.
        disagreement: widest gap between two models.
        rule_confidence: of the rule-based system for the same setup.
        limits: thresholds.
    """
    limits = limits or ModelRiskLimits()
    if math.isnan(strength) or not 0.0 <= strength <= 1.0:
        return by_rule(rule_confidence, "no usable model answer, so the rules decide: ")
    confidence = max(strength, 1.0 - strength)
    if confidence < limits.min_confidence:
        return by_rule(rule_confidence, f"ensemble unsure at {strength:.2f}, so the rules decide: ")
    careful = disagreement > limits.max_disagreement
    words = f"ensemble expects {'success' if strength >= limits.min_confidence else 'failure'} at {strength:.2f}"
    if careful:
        words += f", models disagree by {disagreement:.2f}: half size"
    return Verdict(strength >= limits.min_confidence, "ensemble", confidence, careful, words)

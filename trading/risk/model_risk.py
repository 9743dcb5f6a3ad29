"""Model risk: when the ensemble decides, when the rules do, and when to be careful."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trading.views.rule_system import BUY_AT


@dataclass(frozen=True)
class ModelRiskLimits:
    """Thresholds of the strategy (section 7.1).

    Attributes:
        min_confidence: below it the rules decide; at 0.6 the ensemble decides on its strongest and weakest fifth.
        max_disagreement: above it the position is halved.
        max_age_sessions: models that learned nothing of more sessions than this don't decide.
        accuracy_sessions: of so many last sessions the ensemble's own closed trades are counted.
        accuracy_trades: fewer of them say nothing.
        min_win_rate: when even the upper end of the win rate's 95 % interval is below it, the rules decide. A target of
            2.5 and a stop of 1.5 ranges break even at 1.5 / (1.5 + 2.5) = 37.5 % before costs.
    """

    min_confidence: float = 0.6
    max_disagreement: float = 0.25
    max_age_sessions: int = 126
    accuracy_sessions: int = 60
    accuracy_trades: int = 20
    min_win_rate: float = 0.40


TRANSITION = ModelRiskLimits(min_confidence=0.8)
"""The strategy's hybrid rule while models replace rules: the ensemble above 0.8, else the rules (section 3.3)."""


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
    strength: float, rank: float, disagreement: float, rule_confidence: float, limits: ModelRiskLimits | None = None,
    *, doubt: str = "",
) -> Verdict:  # fmt: skip
    """The ensemble's verdict, or the rules' where the ensemble is missing, out of range or unsure.

    The confidence is how far the strength ranks from the middle of the strengths that the models gave to setups they
    had not seen: |2 x rank - 1|. The probability itself would not do: honest models of a market stay so close to the
    base rate that they would never decide anything, and could not be measured against the rules.

    Args:
        strength: weighted probability of success; NaN when a model is missing.
        rank: of the strength among out-of-sample strengths, 0 to 1.
        disagreement: widest gap between two models.
        rule_confidence: of the rule-based system for the same setup.
        limits: thresholds.
        doubt: why the models may not decide at all, in words; empty when they may.
    """
    limits = limits or ModelRiskLimits()
    if not (0.0 <= strength <= 1.0 and 0.0 <= rank <= 1.0):
        return by_rule(rule_confidence, "no usable model answer, so the rules decide: ")
    if doubt:
        return by_rule(rule_confidence, f"{doubt}, so the rules decide: ")
    confidence = abs(2.0 * rank - 1.0)
    if confidence < limits.min_confidence:
        words = f"ensemble unsure ({strength:.2f}, above {rank:.0%} of setups), so the rules decide: "
        return by_rule(rule_confidence, words)
    buy = rank > 0.5  # noqa: PLR2004
    careful = disagreement > limits.max_disagreement
    words = f"ensemble {'for' if buy else 'against'} it ({strength:.2f}, above {rank:.0%} of setups)"
    if careful:
        words += f", models disagree by {disagreement:.2f}: half size"
    return Verdict(buy, "ensemble", confidence, careful, words)

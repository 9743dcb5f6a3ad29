"""Model risk: when models decide, when the rules do, and when to be careful."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol

from trading.views.rule_system import BUY_AT

Rule = Literal[
    "no_answer", "stale", "lost_skill", "alarm", "alarm_half", "unsure", "expected_loss", "disagreement", "small_move"
]  # fmt: skip
"""A rule of model risk that acted on a verdict: see `RULES`."""
RULES: dict[Rule, str] = {
    "no_answer": "no usable answer of the models",
    "stale": "the models learned too long ago",
    "lost_skill": "what the models ranked highest failed too often",
    "alarm": "an alarm of the monitoring stands: the models don't decide",
    "alarm_half": "an alarm of the monitoring stands: half size",
    "unsure": "the confidence is below the limit",
    "expected_loss": "the models' own expected return after costs isn't above zero",
    "disagreement": "the models disagree more than on nearly all setups they hadn't seen: half size",
    "small_move": "the expected move is small: a smaller position",
}
"""What each says, in words."""


@dataclass(frozen=True)
class ModelRiskLimits:
    """Thresholds of the strategy (section 7.1).

    Attributes:
        min_confidence: below it models don't decide. The confidence is |2 x rank - 1|: at 0.6 they decide on the
            strongest and the weakest fifth of setups, at 0.8 (the strategy's transition, section 3.3) on the tenths.
        max_disagreement_rank: above it the position is halved: the share of unseen setups on which the models lay
            closer together than here. The strategy gives no number; 0.9 is the widest tenth.
        full_size_r: the expected net return, in units of what the stop would cost (R), from which on a position isn't
            made smaller for it; below, in proportion (the strategy's pipeline, section 4.3, which gives no number). A
            quarter of Kelly's fraction, the expected R over four times its variance of about one, is the strategy's
            2 % of equity from 0.08 R on.
        max_age_sessions: models that learned nothing of more sessions than this don't decide.
        accuracy_sessions: of so many last sessions the setups are counted that the models ranked highest.
        accuracy_signals: fewer of them say nothing.
        min_win_rate: when even the upper end of the win rate's 95 % interval is below it, models don't decide. A target
            of 2.5 and a stop of 1.5 ranges break even at 1.5 / (1.5 + 2.5) = 37.5 % before costs.
    """

    min_confidence: float = 0.6
    max_disagreement_rank: float = 0.9
    full_size_r: float = 0.08
    max_age_sessions: int = 126
    accuracy_sessions: int = 60
    accuracy_signals: int = 20
    min_win_rate: float = 0.40


TRANSITION = ModelRiskLimits(min_confidence=0.8)
"""The strategy's hybrid rule while models replace rules: the ensemble above 0.8, else the rules (section 3.3)."""


class View(Protocol):
    """What an ensemble and the rules say of one setup; see `trading.decisions.book_view.Candidate`."""

    @property
    def strength(self) -> float: ...  # noqa: D102
    @property
    def rank(self) -> float: ...  # noqa: D102
    @property
    def expected_return(self) -> float: ...  # noqa: D102
    @property
    def disagreement_rank(self) -> float: ...  # noqa: D102
    @property
    def rule_confidence(self) -> float: ...  # noqa: D102
    @property
    def trouble(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Verdict:
    """What to do with one setup and why.

    Attributes:
        buy: whether to open a position.
        source: whose view decided.
        confidence: of that view, 0 to 1; sizes the position.
        scale: further factor on the position, above 0 to 1.
        reason: in words.
        acted: the rules of model risk that changed it.
    """

    buy: bool
    source: Literal["rule", "ensemble"]
    confidence: float
    reason: str
    scale: float = 1.0
    acted: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Doubt:
    """Why an ensemble may not decide at all, or not in full size.

    Attributes:
        rule: that says so.
        words: for the reason.
        scale: on the size of what it buys; 0 = it may not decide.
    """

    rule: Rule
    words: str
    scale: float = 0.0


def by_rule(rule_confidence: float, prefix: str = "", acted: tuple[Rule, ...] = ()) -> Verdict:
    """The rules' own verdict."""
    buy = rule_confidence >= BUY_AT
    words = f"rule confidence {rule_confidence:.2f} {'reaches' if buy else 'is below'} {BUY_AT:.2f}"
    return Verdict(buy, "rule", rule_confidence, prefix + words, acted=acted)


def by_ensemble(
    view: View, limits: ModelRiskLimits, *, falls_back: bool, stop_return: float, doubt: Doubt | None = None
) -> Verdict:
    """The ensemble's verdict. Where it is missing, in doubt or unsure, the rules' or none.

    The confidence is how far the strength ranks from the middle of the strengths that the models gave to setups they
    had not seen: |2 x rank - 1|. It says how unusual the setup is, not how likely it succeeds; the calibrated
    probability and the expected return say that.

    Args:
        view: of the setup.
        limits: thresholds.
        falls_back: the rules decide where the models don't; else nothing is bought.
        stop_return: what the stop would cost, as a fraction of the price; not above zero or NaN where nobody knows.
        doubt: why the models may not decide at all, or in full size; None when they may.
    """

    def without(rule: Rule, words: str) -> Verdict:
        if falls_back:
            return by_rule(view.rule_confidence, f"{words}, so the rules decide: ", (rule,))
        return Verdict(
            buy=False, source="ensemble", confidence=0.0, reason=f"{words}: nothing is bought", acted=(rule,)
        )

    if not (0.0 <= view.strength <= 1.0 and 0.0 <= view.rank <= 1.0):
        return without("no_answer", view.trouble or "no usable model answer")
    if doubt is not None and not doubt.scale > 0:
        return without(doubt.rule, doubt.words)
    confidence = abs(2.0 * view.rank - 1.0)
    seen = f"{view.strength:.2f}, above {view.rank:.0%} of setups"
    if confidence < limits.min_confidence:
        return without("unsure", f"ensemble unsure ({seen})")
    if view.rank <= 0.5:  # noqa: PLR2004
        return Verdict(buy=False, source="ensemble", confidence=confidence, reason=f"ensemble against it ({seen})")
    if not view.expected_return > 0:
        words = f"ensemble for it ({seen}), but its own expected return after costs is {view.expected_return:+.2%}"
        return Verdict(buy=False, source="ensemble", confidence=confidence, reason=words, acted=("expected_loss",))
    return _doubted(_sized(view, limits, confidence, seen, stop_return), doubt)


def _doubted(verdict: Verdict, doubt: Doubt | None) -> Verdict:
    """The purchase, as large as the doubt leaves it."""
    if doubt is None:
        return verdict
    return replace(
        verdict, scale=verdict.scale * doubt.scale, reason=f"{verdict.reason}, {doubt.words}",
        acted=(*verdict.acted, doubt.rule),
    )  # fmt: skip


def _sized(view: View, limits: ModelRiskLimits, confidence: float, seen: str, stop_return: float) -> Verdict:
    """A purchase, as large as disagreement and the expected move allow."""
    words, scale, acted = f"ensemble for it ({seen}), {view.expected_return:+.2%} expected", 1.0, list[Rule]()
    in_r = view.expected_return / stop_return if stop_return > 0 else 0.0
    if in_r < limits.full_size_r:
        scale = in_r / limits.full_size_r if stop_return > 0 else 0.0
        acted.append("small_move")
        words += f", {in_r:.2f} of what the stop would cost: {scale:.0%} of the size"
    if view.disagreement_rank > limits.max_disagreement_rank:
        scale *= 0.5
        acted.append("disagreement")
        words += f", models disagree more than on {view.disagreement_rank:.0%} of setups: half size"
    return Verdict(buy=True, source="ensemble", confidence=confidence, reason=words, scale=scale, acted=tuple(acted))

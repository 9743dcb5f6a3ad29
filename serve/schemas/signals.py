"""Signals: what each model says about a symbol at its latest bar, and what is decided."""

from datetime import date
from typing import Literal

from pydantic import Field

from serve.schemas.base import Probability, Schema, Symbol


class SignalsRequest(Schema):
    """The symbols to score."""

    symbols: list[Symbol] = Field(
        min_length=1, max_length=500, description="1 to 500 tickers; repeats are scored once.", examples=[["AAPL", "F"]]
    )


class RuleView(Schema):
    """What the rule-based system says on its own, without any model."""

    confidence: Probability | None = Field(description="0 to 1; null when no rule applies.", examples=[0.58])
    view: Literal["long", "short", "none"] = Field(description="The direction the rule would take.")
    why: str = Field(description="In words.", examples=["engulfing up on 2.4x volume, above its 20-session average"])


class Signal(Schema):
    """One symbol at its latest bar: each model's probability, the weighted ensemble, the rule's view, the decision."""

    symbol: Symbol
    session: date = Field(description="Exchange session of the bar that was scored.", examples=["2010-04-14"])
    patterns: list[str] = Field(
        description="Candlesticks and chart patterns that ended on this bar; +/- is their direction, no sign is none.",
        examples=[["+engulfing", "+bull_flag", "doji"]],
    )
    p_pattern: Probability | None = Field(
        description="Random forest: probability that a long trade from here succeeds.", examples=[0.61]
    )
    p_catalyst: Probability | None = Field(
        description="XGBoost classifier on catalyst features: the same probability.", examples=[0.57]
    )
    p_outcome: Probability | None = Field(
        description="Probability that goes with the regressor's expected return.", examples=[0.55]
    )
    expected_return: float | None = Field(
        description="XGBoost regressor: expected net return of the trade, as a fraction.", examples=[0.0062]
    )
    strength: Probability | None = Field(
        description="0.4·p_pattern + 0.4·p_catalyst + 0.2·p_outcome; null when one of them is.", examples=[0.582]
    )
    rank: Probability | None = Field(
        description="Share of setups unseen in training that the models gave a lower strength.", examples=[0.87]
    )
    confidence: Probability | None = Field(
        description="How far the rank is from the middle: |2·rank - 1|; below 0.60 the rules decide.", examples=[0.74]
    )
    disagreement: float | None = Field(
        ge=0, le=1, description="Largest minus smallest of the three probabilities.", examples=[0.06]
    )
    rule: RuleView
    decision: Literal["buy", "none"] = Field(description="What the ensemble account does with it.")
    source: Literal["ensemble", "rule"] = Field(description="Which of the two decided, after the model-risk rules.")
    reason: str = Field(description="In words.", examples=["ensemble 0.58 is under 0.60: left to the rule, which buys"])
    ensemble_id: str | None = Field(description="The models that scored it; null before the first training.")


class Signals(Schema):
    """Signals in the order asked for (or strongest first when no symbols were asked for)."""

    session: date | None = Field(description="The latest session that the platform knows; null before the first one.")
    signals: list[Signal]
    unknown_symbols: list[Symbol] = Field(description="Symbols asked for that have no bar.", examples=[["ZZZZ"]])

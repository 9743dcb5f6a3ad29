"""Why a stock was or was not traded."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from serve.schemas.base import Book, Probability, Schema, Symbol


class ScanPlace(Schema):
    """Where the scan had the stock."""

    rank: int = Field(ge=1)
    score: float = Field(description="0 to 1.")
    parts: dict[str, float | None] = Field(description="Of the score, by name.")
    reason: str


class AccountDecision(Schema):
    """What was decided for one account, and what from."""

    account: Book
    action: Literal["buy", "none"]
    shares: int = Field(ge=0)
    source: Literal["rule", "ensemble"] = Field(description="Whose view decided.")
    confidence: Probability | None = Field(description="Of the view that decided; sizes the position.")
    rule_confidence: Probability | None = Field(description="The rules'.")
    rule_reasons: list[str]
    p_pattern: Probability | None = Field(description="Pattern model: probability that the setup succeeds.")
    p_catalyst: Probability | None = Field(description="Catalyst model: likewise.")
    p_outcome: Probability | None = Field(description="Outcome model: probability of a positive return.")
    expected_return: float | None = Field(description="Net return of the setup, as a fraction.")
    strength: Probability | None = Field(description="Weighted probability.")
    rank: Probability | None = Field(description="Of the strength among those of setups that the models had not seen.")
    disagreement: Probability | None = Field(description="Widest gap between two probabilities.")
    patterns: list[str]
    veto: str = Field(description="What risk refused or made smaller; empty when neither.")
    reason: str
    ensemble_id: str | None


class Explanation(Schema):
    """What was known and decided of a symbol at a close."""

    symbol: Symbol
    session: date | None = Field(description="The last one that had closed by then; null = none is on record.")
    known_at: datetime | None = Field(description="Its close (UTC): nothing later was used.")
    sector: str | None = Field(description="As on record now.")
    regime: str | None = Field(description="In words.")
    in_play: ScanPlace | None
    decisions: list[AccountDecision]
    withheld: str = Field(
        default="", description="Why purchases that were decided were not placed; empty when nothing held them back."
    )
    said: str = Field(description="In one sentence, when there was no decision; else empty.")

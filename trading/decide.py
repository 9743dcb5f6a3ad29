"""From scored candidates to orders: one decision record per candidate and book, whether it trades or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from trading.engine.requests import Bracket, OrderRequest
from trading.orders import usd_e4
from trading.outcomes import OutcomeRules
from trading.risk.drawdown import DrawdownState
from trading.risk.model_risk import ModelRiskLimits, Verdict, by_ensemble, by_rule
from trading.risk.sizing import SizingLimits, position_shares

Source = Literal["rule", "ensemble"]


@dataclass(frozen=True)
class Candidate:
    """A stock in play with a bullish setup, as known at the close of the session; NaN where unknown.

    Attributes:
        score: of the scanner, 0 to 1.
        close_usd: last price.
        atr_usd: average true range over 14 sessions.
        average_volume: shares a session over 20 sessions.
        patterns: names of the bullish candlesticks and chart patterns of this bar.
        p_pattern: and the other views, see `trading.ensemble.Views`.
    """

    symbol: str
    score: float
    close_usd: float
    atr_usd: float
    average_volume: float
    patterns: tuple[str, ...]
    rule_confidence: float
    rule_reasons: tuple[str, ...]
    p_pattern: float
    p_catalyst: float
    p_outcome: float
    expected_return: float
    strength: float
    rank: float
    disagreement: float


@dataclass(frozen=True)
class BookView:
    """What a decision needs to know of a book.

    Attributes:
        decides_by: which system the book follows.
        symbols: open or waiting to open.
    """

    name: str
    decides_by: Source
    equity_cents: int
    symbols: frozenset[str]
    drawdown: DrawdownState


@dataclass(frozen=True)
class Decision:
    """What was decided for one candidate in one book, and why."""

    session: date
    book: str
    candidate: Candidate
    verdict: Verdict
    action: Literal["buy", "none"]
    shares: int
    reason: str


@dataclass(frozen=True)
class DecisionRules:
    """Everything that a decision depends on beside the market.

    Attributes:
        outcome: barriers and horizon; orders carry the same ones that the models learned from.
    """

    sizing: SizingLimits = field(default_factory=SizingLimits)
    model_risk: ModelRiskLimits = field(default_factory=ModelRiskLimits)
    outcome: OutcomeRules = field(default_factory=OutcomeRules)


def verdict_of(candidate: Candidate, decides_by: Source, limits: ModelRiskLimits) -> Verdict:
    """The view that the book follows."""
    if decides_by == "rule":
        return by_rule(candidate.rule_confidence)
    return by_ensemble(candidate.strength, candidate.rank, candidate.disagreement, candidate.rule_confidence, limits)


def _order(decision: Decision, rules: OutcomeRules) -> OrderRequest:
    candidate = decision.candidate
    return OrderRequest(
        order_id=f"order:{decision.session}:{decision.book}:{candidate.symbol}",
        symbol=candidate.symbol,
        side="buy",
        shares=decision.shares,
        kind="on_open",
        bracket=Bracket(
            stop_distance_usd_e4=usd_e4(candidate.atr_usd * rules.stop_atr),
            target_distance_usd_e4=usd_e4(candidate.atr_usd * rules.target_atr),
            hold_sessions=rules.horizon_sessions,
        ),
        reason=decision.reason,
    )


def decide(
    session: date, book: BookView, candidates: Sequence[Candidate], rules: DecisionRules
) -> tuple[list[Decision], list[OrderRequest]]:
    """A decision per candidate and the orders that follow, most confident first, ties by score, then by symbol."""
    judged = [(candidate, verdict_of(candidate, book.decides_by, rules.model_risk)) for candidate in candidates]
    judged.sort(key=lambda pair: (-pair[1].confidence, -pair[0].score, pair[0].symbol))
    decisions: list[Decision] = []
    orders: list[OrderRequest] = []
    for candidate, verdict in judged:
        shares, reason = _size(book, candidate, verdict, len(orders), rules)
        action: Literal["buy", "none"] = "buy" if shares > 0 else "none"
        decision = Decision(session, book.name, candidate, verdict, action, shares, reason)
        decisions.append(decision)
        if shares > 0:
            orders.append(_order(decision, rules.outcome))
    return decisions, orders


def _size(book: BookView, candidate: Candidate, verdict: Verdict, placed: int, rules: DecisionRules) -> tuple[int, str]:
    """Shares to buy (zero = don't) and the reason in words."""
    if not verdict.buy:
        return 0, verdict.reason
    obstacle = _obstacle(book, candidate.symbol, placed, rules.sizing)
    if obstacle:
        return 0, f"{verdict.reason}; {obstacle}"
    shares = position_shares(
        equity_cents=book.equity_cents,
        confidence=verdict.confidence,
        scale=book.drawdown.scale * (0.5 if verdict.careful else 1.0),
        price_usd=candidate.close_usd,
        stop_distance_usd=candidate.atr_usd * rules.outcome.stop_atr,
        average_volume=candidate.average_volume,
        limits=rules.sizing,
    )
    if shares <= 0:
        return 0, f"{verdict.reason}; the caps leave no whole share"
    suffix = f"; {book.drawdown.reason}" if book.drawdown.reason else ""
    return shares, verdict.reason + suffix


def _obstacle(book: BookView, symbol: str, placed: int, limits: SizingLimits) -> str:
    """In words, what keeps the book from a new position in the symbol; empty when nothing does."""
    obstacles = (
        (book.drawdown.scale == 0.0, book.drawdown.reason),
        (symbol in book.symbols, "already held"),
        (placed >= limits.max_new_per_session, f"{limits.max_new_per_session} orders a session are placed already"),
        (len(book.symbols) + placed >= limits.max_positions, f"all {limits.max_positions} positions are taken"),
    )
    return next((words for stands, words in obstacles if stands), "")

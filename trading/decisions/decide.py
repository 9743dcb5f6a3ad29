"""From scored candidates to orders: one decision record per candidate and book, whether it trades or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Literal

from trading.broker.orders import Bracket, OrderRequest
from trading.decisions.book_view import BookView, Candidate, Circumstances, Decision, Source
from trading.money import usd_e4
from trading.outcomes.barriers import OutcomeRules
from trading.risk.decision_rules import DecisionRules
from trading.risk.exposure import room_cents
from trading.risk.model_risk import ModelRiskLimits, Verdict, by_ensemble, by_rule
from trading.risk.regime_size import RegimeSize
from trading.risk.sizing import SizingLimits, position_shares
from trading.risk.trade_history import told_by


def verdict_of(candidate: Candidate, decides_by: Source, limits: ModelRiskLimits, doubt: str = "") -> Verdict:
    """The view that the book follows; the rules' where there is a doubt about the models."""
    if decides_by == "rule":
        return by_rule(candidate.rule_confidence)
    return by_ensemble(
        candidate.strength, candidate.rank, candidate.disagreement, candidate.rule_confidence, limits, doubt=doubt
    )


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
        reason=told_by(decision.verdict.source, decision.reason),
    )


def decide(
    session: date,
    book: BookView,
    candidates: Sequence[Candidate],
    rules: DecisionRules,
    now: Circumstances | None = None,
) -> tuple[list[Decision], list[OrderRequest]]:
    """A decision per candidate and the orders that follow, most confident first, ties by score, then by symbol.

    Args:
        session: at whose close.
        book: the account.
        candidates: stocks in play with their views.
        rules: every limit.
        now: what holds for every account; None where nothing is known and nothing restricts.
    """
    now = now or Circumstances()
    doubt = now.doubt or book.doubt
    judged = [(candidate, verdict_of(candidate, book.decides_by, rules.model_risk, doubt)) for candidate in candidates]
    judged.sort(key=lambda pair: (-pair[1].confidence, -pair[0].score, pair[0].symbol))
    decisions: list[Decision] = []
    orders: list[OrderRequest] = []
    exposure = dict(book.exposure_cents)
    for candidate, verdict in judged:
        room = room_cents(candidate.symbol, book.equity_cents, exposure, now.around, rules.exposure)
        shares, reason, veto = _size(book, candidate, verdict, rules, placed=len(orders), room=room, regime=now.regime)
        action: Literal["buy", "none"] = "buy" if shares > 0 else "none"
        decision = Decision(session, book.name, candidate, verdict, action, shares, reason, veto)
        decisions.append(decision)
        if shares > 0:
            orders.append(_order(decision, rules.outcome))
            cost = math.ceil(shares * candidate.close_usd * 100)
            exposure[candidate.symbol] = exposure.get(candidate.symbol, 0) + cost
    return decisions, orders


def _size(
    book: BookView, candidate: Candidate, verdict: Verdict, rules: DecisionRules, *, placed: int, room: tuple[int, str],
    regime: RegimeSize,
) -> tuple[int, str, str]:  # fmt: skip
    """Shares to buy (zero = don't), the reason in words, and what of it is risk's."""
    if not verdict.buy:
        return 0, verdict.reason, ""
    obstacle = _obstacle(book, candidate.symbol, placed, rules.sizing)
    if obstacle:
        return 0, f"{verdict.reason}; {obstacle}", obstacle

    def shares_within(room_cents: int | None) -> int:
        return position_shares(
            equity_cents=book.equity_cents,
            confidence=verdict.confidence,
            scale=book.drawdown.scale * regime.scale * (0.5 if verdict.careful else 1.0),
            price_usd=candidate.close_usd,
            stop_distance_usd=candidate.atr_usd * rules.outcome.stop_atr,
            average_volume=candidate.average_volume,
            limits=rules.sizing,
            range_usd=candidate.atr_usd,
            room_cents=room_cents,
        )

    wanted, shares = shares_within(None), shares_within(room[0])
    if regime.scale == 0.0:
        return 0, f"{verdict.reason}; {regime.reason}", regime.reason
    if shares <= 0:
        veto = "the caps leave no whole share" if wanted <= 0 else f"{room[1]}, leaves no whole share"
        return 0, f"{verdict.reason}; {veto}", veto
    smaller = [f"{room[1]}, leaves {shares} of {wanted} shares"] if shares < wanted else []
    smaller += [reason for reason in (book.drawdown.reason, regime.reason) if reason]
    return shares, "; ".join([verdict.reason, *smaller]), "; ".join(smaller)


def _obstacle(book: BookView, symbol: str, placed: int, limits: SizingLimits) -> str:
    """In words, what keeps the book from a new position in the symbol; empty when nothing does."""
    obstacles = (
        (book.drawdown.scale == 0.0, book.drawdown.reason),
        (symbol in book.symbols, "already held"),
        (symbol in book.resting, book.resting.get(symbol, "")),
        (placed >= limits.max_new_per_session, f"{limits.max_new_per_session} orders a session are placed already"),
        (len(book.symbols) + placed >= limits.max_positions, f"all {limits.max_positions} positions are taken"),
    )
    return next((words for stands, words in obstacles if stands), "")

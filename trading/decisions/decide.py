"""From scored candidates to orders: one decision record per candidate and book, whether it trades or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from trading.broker.orders import Bracket, OrderRequest
from trading.decisions.arms import ARMS, Arm
from trading.decisions.book_view import BookView, Candidate, Circumstances, Decision
from trading.decisions.size import Sized, Wanted, size
from trading.money import usd_e4
from trading.outcomes.barriers import OutcomeRules
from trading.risk.decision_rules import DecisionRules
from trading.risk.exposure import room_for
from trading.risk.model_risk import Doubt, ModelRiskLimits, Verdict, by_ensemble, by_rule
from trading.risk.trade_history import told_by


def verdict_of(
    candidate: Candidate, arm: Arm, rules: DecisionRules, doubt: Doubt | None = None,
    grown: ModelRiskLimits | None = None,
) -> Verdict:  # fmt: skip
    """The view that the arm follows; what it does without the models where there is a doubt about them.

    A share that has grown counts where models and rules share the decisions, and nowhere else.
    """
    facts = ARMS[arm]
    if not facts.asks:
        return by_rule(candidate.rule_confidence)
    stop_return = rules.outcome.stop_atr * candidate.atr_usd / candidate.close_usd
    limits = grown if grown is not None and facts.falls_back else rules.model_risk
    return by_ensemble(candidate, limits, falls_back=facts.falls_back, stop_return=stop_return, doubt=doubt)


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


def _decision(session: date, wanted: Wanted, sized: Sized) -> Decision:
    return Decision(
        session=session,
        book=wanted.book.name,
        candidate=wanted.candidate,
        verdict=wanted.verdict,
        action="buy" if sized.shares > 0 else "none",
        shares=sized.shares,
        reason=sized.reason,
        veto=sized.veto,
        refused_by=sized.refused_by,
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
        candidates: stocks in play with the views that its arm asks for.
        rules: every limit.
        now: what holds for every account; None where nothing is known and nothing restricts.
    """
    now = now or Circumstances()
    judged = [
        (one, verdict_of(one, book.decides_by, rules, now.doubts.get(name), now.grown.get(name)))
        for one in candidates
        for name in (one.ensemble_id or "",)
    ]
    judged.sort(key=lambda pair: (-pair[1].confidence, -pair[0].score, pair[0].symbol))
    decisions: list[Decision] = []
    orders: list[OrderRequest] = []
    exposure = dict(book.exposure_cents)
    for candidate, verdict in judged:
        room = room_for(candidate.symbol, book.equity_cents, exposure, now.around, rules.exposure)
        wanted = Wanted(
            book=book, candidate=candidate, verdict=verdict, placed=len(orders), room=room, regime=now.regime
        )
        decision = _decision(session, wanted, size(wanted, rules))
        decisions.append(decision)
        if decision.action == "buy":
            orders.append(_order(decision, rules.outcome))
            cost = math.ceil(decision.shares * candidate.close_usd * 100)
            exposure[candidate.symbol] = exposure.get(candidate.symbol, 0) + cost
    return decisions, orders

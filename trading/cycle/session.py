"""One session's decisions from start to end, in one process or across services.

`Services` is the only difference between a backtest in one process and the actors of a cluster: locally a question
calls a plain object, on a cluster it goes to an actor and the answer stays where it is until somebody needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from trading.broker.book import BOOK
from trading.broker.orders import OrderRequest
from trading.cycle.questions import Answer
from trading.cycle.services import Services
from trading.cycle.stages import Market, Patterns, candidates, long_setups
from trading.cycle.summary import SessionSummary
from trading.decisions.book_view import Candidate, Circumstances, Decision
from trading.decisions.decide import decide
from trading.risk.decision_rules import DecisionRules
from trading.risk.exposure import surroundings
from trading.risk.model_trust import stale_models
from trading.risk.regime_size import regime_size
from trading.scanner.at_close import InPlay
from trading.views.setups import Setups


@dataclass(frozen=True)
class Seen:
    """What a close is looked at with, each yet to be answered.

    Attributes:
        batch: the session's bars.
        market: a view of the market: the latest bars of each symbol (`trading.cycle.segment_analysis`).
        patterns: of that view.
    """

    batch: Answer[pa.Table]
    market: Answer[Market]
    patterns: Answer[Patterns]


def look(services: Services, session: date) -> Seen:
    """The session's bars, market and patterns as known at its close; what is analysed serves a whole segment."""
    batch = services.ingestion.deliver(session)
    name = services.technical_analysis.analyse(session, batch.later).get()
    market = services.technical_analysis.market_at(session, batch.later)
    known = services.news.known_at(session)
    if not services.pattern_recognition.holds(name).get():
        segment = services.technical_analysis.segment(session, batch.later)
        services.pattern_recognition.take(segment.later).get()
    return Seen(batch, market, services.pattern_recognition.patterns_at(session, name, known.later))


def run_session(
    services: Services, session: date, rules: DecisionRules, *, models_known_before: date | None
) -> SessionSummary:
    """The whole cycle for the bars of one session; repeating one that is complete changes nothing that is on record.

    Args:
        services: where the stages run; with `execution`, its book is decided for and ordered for as well.
        session: that is over.
        rules: every limit.
        models_known_before: the models learned from nothing that became known then or later; None = there are none, or
            nobody knows, and then they don't decide.

    Raises:
        UnavailableError: when a service did not answer; run the session again once it does.
    """
    done = services.paper_trading.completed(session).get()
    if done is not None:
        return done
    actions = services.ingestion.corporate_actions(session)
    seen = look(services, session)
    market, patterns = seen.market.later, seen.patterns.later
    settled = services.paper_trading.settle(session, seen.batch.later, actions.later)
    at_broker = services.execution.settle(session, seen.batch.later) if services.execution else None
    recorded = services.pattern_analysis.record(session, market, patterns)
    within = services.pattern_recognition.recognise_in_session(session)
    recorded_within = services.pattern_analysis.record_in_session(within.later)
    regime = services.technical_analysis.record_regime(session, market, patterns)
    in_play = services.scanner.scan(session, market, patterns)
    setups = services.pattern_recognition.setups(session, market, patterns)

    market_now = seen.market.get()
    stocks = in_play.get()
    chosen = _candidates(services, market_now, seen.patterns.get(), setups.get(), stocks)
    state = settled.get()
    books = [*state.views, *([at_broker.get()] if at_broker else [])]
    named = {candidate.symbol for candidate in chosen}.union(*(view.symbols for view in books))
    now = Circumstances(
        around=surroundings(market_now.panel, market_now.sectors, named, rules.exposure, session),
        regime=regime_size(regime.get(), rules.regime),  # on record before the decisions that join it
        doubt=stale_models(models_known_before, market_now.context.sessions, session, rules.model_risk),
    )
    decisions: list[Decision] = []
    orders: dict[str, Sequence[OrderRequest]] = {}
    for view in books:
        made, orders[view.name] = decide(session, view, chosen, rules, now)
        decisions.extend(made)
    services.pattern_analysis.record_decisions(decisions).get()
    recorded.get()
    recorded_within.get()
    if services.execution:
        services.execution.execute(session, orders.pop(BOOK), seen.batch.later).get()
    services.paper_trading.place(session, orders, len(stocks)).get()
    return SessionSummary(
        session=session,
        equity_cents={view.name: view.equity_cents for view in state.views},
        fills=dict(state.fills),
        stocks_in_play=len(stocks),
    )


def _candidates(
    services: Services, market: Market, patterns: Patterns, setups: Setups, in_play: Sequence[InPlay]
) -> list[Candidate]:
    """The long setups of the stocks in play, with the views of the ensemble."""
    long = long_setups(market.panel, setups, in_play)
    views = services.ensemble.score(long.matrix).get()
    return candidates(market, patterns, long, in_play, views)

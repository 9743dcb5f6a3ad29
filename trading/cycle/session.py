"""One session's decisions from start to end, in one process or across services.

`Services` is the only difference between a backtest in one process and the actors of a cluster: locally `ask` calls a
plain object, on a cluster it sends the call to an actor and the answer stays where it is until somebody needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from trading.broker.book import BOOK
from trading.broker.orders import OrderRequest
from trading.cycle.stages import candidates, long_setups
from trading.decisions.book_view import Circumstances, Decision
from trading.decisions.decide import decide
from trading.risk.decision_rules import DecisionRules
from trading.risk.exposure import surroundings
from trading.risk.model_trust import stale_models
from trading.risk.regime_size import regime_size
from trading.views.ensemble import Views


class Services(Protocol):
    """Where the stages of the cycle run."""

    def ask(self, service: str, method: str, *args: Any) -> Any:
        """A reference to the answer; references may be passed as arguments of further questions."""
        ...

    def answer(self, reference: Any) -> Any:
        """The answer itself, waited for within a bound.

        Raises:
            UnavailableError: when the service could not answer in time, restarts included.
        """
        ...


class LocalServices:
    """The services as plain objects in this process."""

    def __init__(self, **services: Any) -> None:
        self._services = services

    def ask(self, service: str, method: str, *args: Any) -> Any:
        """The answer at once."""
        return getattr(self._services[service], method)(*args)

    def answer(self, reference: Any) -> Any:
        """The answer."""
        return reference


@dataclass(frozen=True)
class SessionSummary:
    """What a progress line shows.

    Attributes:
        equity_cents: per book, at the close.
        fills: per book, entries and exits of this session.
    """

    session: date
    equity_cents: dict[str, int]
    fills: dict[str, int]
    stocks_in_play: int


def look(services: Services, session: date) -> tuple[Any, Any, Any]:
    """References to the session's bars, and to views of the market and the patterns as known at its close.

    A view holds the latest bars of each symbol (`trading.cycle.segment_analysis`); what was analysed serves a whole
    segment.
    """
    batch = services.ask("ingestion", "deliver", session)
    name = services.answer(services.ask("technical_analysis", "analyse", session, batch))
    market = services.ask("technical_analysis", "market_at", session, batch)
    known = services.ask("news", "known_at", session)
    if not services.answer(services.ask("pattern_recognition", "holds", name)):
        segment = services.ask("technical_analysis", "segment", session, batch)
        services.answer(services.ask("pattern_recognition", "take", segment))
    return batch, market, services.ask("pattern_recognition", "patterns_at", session, name, known)


def look_back(services: Services, session: date) -> tuple[Any, Any]:
    """References to the market and the patterns of the whole history, as known at the close of the session."""
    batch = services.ask("ingestion", "deliver", session)
    market = services.ask("technical_analysis", "observe", session, batch)
    known = services.ask("news", "known_at", session)
    return market, services.ask("pattern_recognition", "recognise", session, market, known)


def run_session(
    services: Services,
    session: date,
    rules: DecisionRules,
    *,
    models_known_before: date | None,
    with_broker: bool = False,
) -> SessionSummary:
    """The whole cycle for the bars of one session; repeating one that is complete changes nothing that is on record.

    Args:
        services: where the stages run.
        session: that is over.
        rules: every limit.
        models_known_before: the models learned from nothing that became known then or later; None = there are none, or
            nobody knows, and then they don't decide.
        with_broker: the service `execution` has a book at a broker, which is decided for and ordered for as well.

    Raises:
        UnavailableError: when a service did not answer; run the session again once it does.
    """
    done = services.answer(services.ask("paper_trading", "completed", session))
    if done is not None:
        return SessionSummary(session, *done)
    actions = services.ask("ingestion", "corporate_actions", session)
    batch, market, patterns = look(services, session)
    settled = services.ask("paper_trading", "settle", session, batch, actions)
    at_broker = services.ask("execution", "settle", session, batch) if with_broker else None
    recorded = services.ask("pattern_analysis", "record", session, market, patterns)
    within = services.ask("pattern_recognition", "recognise_in_session", session)
    recorded_within = services.ask("pattern_analysis", "record_in_session", within)
    regime = services.ask("technical_analysis", "record_regime", session, market, patterns)
    in_play_ref = services.ask("scanner", "scan", session, market, patterns)
    setups_ref = services.ask("pattern_recognition", "setups", session, market, patterns)

    market_now, patterns_now = services.answer(market), services.answer(patterns)
    in_play, all_setups = services.answer(in_play_ref), services.answer(setups_ref)
    setups = long_setups(market_now.panel, all_setups, in_play)
    views: Views = services.answer(services.ask("ensemble", "score", setups.matrix))
    chosen = candidates(market_now, patterns_now, setups, in_play, views)
    state = services.answer(settled)
    books = [*state.views, *([services.answer(at_broker)] if with_broker else [])]
    decisions: list[Decision] = []
    orders: dict[str, Sequence[OrderRequest]] = {}
    named = {candidate.symbol for candidate in chosen}.union(*(view.symbols for view in books))
    now = Circumstances(
        surroundings(market_now.panel, market_now.sectors, named, rules.exposure, session),
        regime_size(services.answer(regime), rules.regime),  # on record before the decisions that join it
        stale_models(models_known_before, market_now.context.sessions, session, rules.model_risk),
    )
    for view in books:
        made, orders[view.name] = decide(session, view, chosen, rules, now)
        decisions.extend(made)
    services.answer(services.ask("pattern_analysis", "record_decisions", decisions))
    services.answer(recorded)
    services.answer(recorded_within)
    if with_broker:
        services.answer(services.ask("execution", "execute", session, orders.pop(BOOK), batch))
    services.answer(services.ask("paper_trading", "place", session, orders, len(in_play)))
    return SessionSummary(
        session=session,
        equity_cents={view.name: view.equity_cents for view in state.views},
        fills=dict(state.fills),
        stocks_in_play=len(in_play),
    )

"""One session's decisions from start to end, in one process or across services.

`Services` is the only difference between a backtest in one process and the actors of a cluster: locally a question
calls a plain object, on a cluster it goes to an actor and the answer stays where it is until somebody needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa

from trading.bars.panel import as_date, as_day
from trading.broker.book import BOOK
from trading.broker.orders import OrderRequest
from trading.cycle.questions import Answer
from trading.cycle.services import Services
from trading.cycle.stages import Market, Patterns, candidates, long_rows, seen_as
from trading.cycle.summary import SessionSummary
from trading.decisions.arms import ARMS, Arm
from trading.decisions.book_view import Candidate, Circumstances, Decision
from trading.decisions.decide import decide
from trading.risk.decision_rules import DecisionRules
from trading.risk.exposure import surroundings
from trading.risk.model_risk import Doubt
from trading.risk.model_trust import grown, held_back, lost_skill, stale_models
from trading.risk.regime_size import regime_size
from trading.scanner.at_close import InPlay
from trading.views.ensemble import Views
from trading.views.lifecycle import Roles
from trading.views.setups import Setups
from trading.views.signals import Signals


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


def unmarked(_: str) -> None:
    """Nobody wants to know which stage ends now."""


def run_session(
    services: Services, session: date, rules: DecisionRules, roles: Roles, ended: Callable[[str], None] = unmarked
) -> SessionSummary:
    """The whole cycle for the bars of one session; repeating one that is complete changes nothing that is on record.

    Args:
        services: where the stages run; with `execution`, its book is decided for and ordered for as well.
        session: that is over.
        rules: every limit.
        roles: of the ensembles at the session: which are asked, and which of them decides where.
        ended: told the name of each stage when it ends, so that a clock outside may time it.

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
    ended("analysis")
    stocks = in_play.get()
    ended("scan")
    judged = _judged(services, _Scanned(session, market_now, seen.patterns.get(), setups.get(), stocks), roles)
    kept = services.pattern_analysis.record_signals(judged.signals)
    ended("views")
    state = settled.get()
    books = [*state.views, *([at_broker.get()] if at_broker else [])]
    named = {one.symbol for one in judged.without}.union(*(view.symbols for view in books))
    ended("settlement")
    now = Circumstances(
        around=surroundings(market_now.panel, market_now.sectors, named, rules.exposure, session),
        regime=regime_size(regime.get(), rules.regime),  # on record before the decisions that join it
        doubts=_doubts(services, session, market_now, rules, roles),
        grown={name: grown(rules.model_risk, turn.step) for name, turn in roles.held_back.items() if turn.step},
    )
    decisions: list[Decision] = []
    orders: dict[str, Sequence[OrderRequest]] = {}
    for view in books:
        made, orders[view.name] = decide(session, view, judged.seen_by(view.decides_by, roles), rules, now)
        decisions.extend(made)
    ended("decisions")
    kept.get()  # no decision without the features that it was made from
    services.pattern_analysis.record_decisions(decisions).get()
    recorded.get()
    recorded_within.get()
    ended("record")
    if services.execution:
        services.execution.execute(session, orders.pop(BOOK), seen.batch.later).get()
    services.paper_trading.place(session, orders, len(stocks)).get()
    ended("orders")
    return SessionSummary(
        session=session,
        equity_cents={view.name: view.equity_cents for view in state.views},
        fills=dict(state.fills),
        stocks_in_play=len(stocks),
    )


@dataclass(frozen=True)
class _Judged:
    """The long setups of the stocks in play, as each version sees them.

    Attributes:
        signals: of all setups of the session, whether they are candidates or not.
        by_version: the candidates with its views.
        without: the candidates with no views at all.
    """

    signals: Signals
    by_version: Mapping[str, list[Candidate]]
    without: list[Candidate]

    def seen_by(self, arm: Arm, roles: Roles) -> list[Candidate]:
        """The candidates with the views that the arm asks for."""
        asks = ARMS[arm].asks
        asked = {"champion": roles.champion, "challenger": roles.challenger}.get(asks)
        if asked is not None:
            return self.by_version[asked]
        return [replace(one, trouble=f"there is no {asks}") for one in self.without] if asks else self.without


@dataclass(frozen=True)
class _Scanned:
    """A close with all that was recognised at it."""

    session: date
    market: Market
    patterns: Patterns
    setups: Setups
    in_play: Sequence[InPlay]


def _judged(services: Services, close: _Scanned, roles: Roles) -> _Judged:
    """Every setup scored by every version, all in one call."""
    setups, panel = close.setups, close.market.panel
    views = services.ensemble.score(setups.matrix, roles.every).get() if roles.every else {}
    chosen = long_rows(panel, setups, close.in_play)
    is_chosen = np.zeros(len(setups), dtype=np.bool_)
    is_chosen[chosen] = True
    symbols = panel.row_symbols[setups.row]
    signals = Signals(
        session=close.session, symbols=symbols, direction=setups.direction, in_play=is_chosen, matrix=setups.matrix,
        views=views,
    )  # fmt: skip
    long = setups.take(chosen)
    without = candidates(close.market, close.patterns, long, close.in_play, Views.unknown(len(long)))
    by_version = {name: seen_as(without, found.take(chosen)) for name, found in views.items()}
    return _Judged(signals, by_version, without)


def _doubts(services: Services, session: date, market: Market, rules: DecisionRules, roles: Roles) -> dict[str, Doubt]:
    """Why versions may not decide at the close of the session, or not in full size."""
    if not roles.every:
        return {}
    days, limits = market.context.sessions, rules.model_risk
    until = int(np.searchsorted(days, as_day(session), side="right"))
    since = as_date(days[max(0, until - limits.accuracy_sessions)])
    evidence = services.pattern_analysis.evidence(session, since, roles.every).get()
    found = {
        name: stale_models(roles.known_before.get(name), days, session, limits)
        or lost_skill(evidence[name], limits)
        or held_back(roles.held_back.get(name))
        for name in roles.every
    }
    return {name: doubt for name, doubt in found.items() if doubt is not None}

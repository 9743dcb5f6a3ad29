"""The API's backend over the real platform: the record in PostgreSQL, the actors by name, the ensemble by handle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

import ray
from pydantic import SecretStr
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError

from adapters.calendar import close_of
from adapters.machine.run_state import read_state
from adapters.postgres.accounts import Accounts
from adapters.postgres.health import HealthStore
from adapters.postgres.news_coverage import CoverageStore
from adapters.postgres.pool import open_pool
from adapters.postgres.queries import Queries
from adapters.postgres.regimes import RegimeStore
from adapters.postgres.risk_limits import RiskLimits
from data.storage_rules import StorageRules
from research.measured_patterns import measured_patterns
from serve import answers
from serve.costs import costs_answer
from serve.explanations import explanation_answer
from serve.schemas import (
    Book,
    Catalyst,
    Catalysts,
    Costs,
    EquityCurves,
    Explanation,
    Health,
    InPlay,
    Models,
    News,
    NewsArticle,
    NewsSource,
    Orders,
    Pattern,
    Patterns,
    PatternStatistics,
    Performance,
    Portfolio,
    Positions,
    Progress,
    Regime,
    Scan,
    ServiceHealth,
    Signals,
    Storage,
    Trades,
    Trading,
)
from serve.statistics import Kept, statistics_answer
from serve.storage import storage_answer
from serve.trading import give, trading_answer
from trading.errors import InplayError, UnavailableError
from trading.patterns.recognised import direction_word
from trading.risk.decision_rules import DecisionRules
from trading.risk.limits import rules_of

NAMESPACE = "inplay"
ANSWER_TIMEOUT_S = 8.0
ALL_NAMES = 1_000
"""More than a scan ever keeps."""
STALE_AFTER = timedelta(seconds=60)
State = Literal["ok", "degraded", "down", "unknown"]
STATES: dict[str, State] = {
    "starting": "degraded",
    "ok": "ok",
    "degraded": "degraded",
    "failed": "down",
    "stopped": "down",
}
SEVERITY: tuple[State, ...] = ("ok", "unknown", "degraded", "down")


class PlatformBackend:
    """Answers from the record; asks an actor only for what is not on record. Its constructor opens no connection."""

    def __init__(
        self,
        home: Path,
        database_url: SecretStr,
        ensemble_id: str,
        seed: int,
        ensemble: Any,
        *,
        rules: StorageRules,
        gpu_budget_usd_per_month: float = 0.0,
    ) -> None:
        self._home = home
        self._url = database_url
        self._ensemble_id = ensemble_id
        self._seed = seed
        self._ensemble = ensemble
        self._pool = open_pool(database_url.get_secret_value(), name="inplay api", size=4)
        self._queries = Queries(self._pool)
        self._accounts = Accounts(self._pool)
        self._report: tuple[str, Any] = ("", None)
        self._measured = Kept(partial(measured_patterns, self._pool, home, locations=rules.locations))
        self._rules = rules
        self._gpu_budget_usd = gpu_budget_usd_per_month

    def _ask(self, service: str, method: str, *args: Any) -> Any:
        """The actor's answer.

        Raises:
            UnavailableError: it is not there, restarting, or busy for longer than a client should wait.
        """
        try:
            actor = ray.get_actor(service, namespace=NAMESPACE)
            return ray.get(getattr(actor, method).remote(*args), timeout=ANSWER_TIMEOUT_S)
        except RayTaskError as error:
            raise error.cause if isinstance(error.cause, InplayError) else error from error
        except (ValueError, RayActorError, GetTimeoutError) as error:
            raise UnavailableError(f"The service {service} does not answer now; nothing is lost. Try again.") from error

    def _figures(self) -> Any:
        """The reporting service's report, asked for anew only when there are new entries."""
        last = self._accounts.last_hash()
        if self._report[0] != last:
            self._report = (last, self._ask("reporting", "report", self._seed))
        return self._report[1]

    def signals(self, symbols: Sequence[str] | None, limit: int) -> Signals:
        """See `serve.port.Backend`."""
        if symbols is None:
            _, rows = self._queries.last_scan(limit)
            asked = tuple(row.symbol for row in rows)
        else:
            asked = tuple(symbols)
        latest = self._latest(asked)
        try:
            views = self._ensemble.score.remote(latest.setups.matrix).result(timeout_s=ANSWER_TIMEOUT_S)
        except (RayActorError, TimeoutError) as error:
            raise UnavailableError("The ensemble does not answer now; nothing is lost. Try again.") from error
        signals = answers.signals(latest, views, self._ensemble_id, self._limits().model_risk)
        if symbols is None:
            signals.sort(key=lambda signal: -(signal.strength or 0.0))
        return Signals(session=latest.session, signals=signals[:limit], unknown_symbols=list(latest.missing))

    def _latest(self, symbols: tuple[str, ...]) -> Any:
        """Features at the latest complete session or a later one; services that were restarted since are brought up."""
        complete = self._queries.progress().last_session
        try:
            latest = self._ask("pattern_recognition", "latest", symbols)
        except UnavailableError:
            if complete is None:
                raise
            latest = None
        if complete is not None and (latest is None or latest.session < complete):
            self._ask("coordinator", "refresh", complete)
            latest = self._ask("pattern_recognition", "latest", symbols)
        return latest

    def portfolio(self) -> Portfolio:
        """See `serve.port.Backend`."""
        views = self._accounts.accounts()
        restrictions = self._accounts.restrictions(self._limits())
        accounts = [answers.account(view, restrictions.get(view.book, "")) for view in views]
        return Portfolio(session=views[0].session if views else None, accounts=accounts)

    def _limits(self) -> DecisionRules:
        """The limits in force; the defaults before the first start put any on record."""
        row = RiskLimits(self._pool).in_force()
        return DecisionRules() if row is None else rules_of(row.limits)

    def positions(self, book: Book | None, limit: int) -> Positions:
        """See `serve.port.Backend`."""
        held = self._accounts.positions(book, limit)
        return Positions(session=self._queries.progress().last_session, positions=[answers.position(p) for p in held])

    def orders(self, book: Book | None, limit: int) -> Orders:
        """See `serve.port.Backend`."""
        return Orders(orders=[answers.order(row) for row in self._queries.orders(book, limit)])

    def trades(self, book: Book | None, limit: int) -> Trades:
        """See `serve.port.Backend`."""
        total, closed = self._accounts.trades(book, limit)
        return Trades(total=total, trades=[answers.trade(trade) for trade in closed])

    def scanner(self, limit: int) -> Scan:
        """See `serve.port.Backend`."""
        session, rows = self._queries.last_scan(ALL_NAMES)
        names = [
            InPlay(symbol=r.symbol, rank=r.rank, score=r.score, parts=dict(r.parts), reason=r.reason) for r in rows
        ]
        told = self._ask("scanner", "last_exclusions")
        excluded: dict[str, int] = told[1] if told and told[0] == session else {}
        considered = sum(excluded.values()) + len(rows) if excluded else None
        return Scan(
            session=session, profile="large_cap", considered=considered, in_play=names[:limit], excluded=excluded
        )

    def regime(self, session: date | None) -> Regime:
        """See `serve.port.Backend`."""
        return answers.regime(RegimeStore(self._pool).load(session))

    def explanation(self, symbol: str, at: date | datetime | None) -> Explanation:
        """See `serve.port.Backend`."""
        return explanation_answer(self._pool, symbol, at or datetime.now(UTC))

    def models(self) -> Models:
        """See `serve.port.Backend`."""
        return answers.models(self._queries.models())

    def performance(self) -> Performance:
        """See `serve.port.Backend`."""
        return answers.performance(self._figures())

    def equity_curves(self) -> EquityCurves:
        """See `serve.port.Backend`."""
        return answers.equity_curves(self._figures())

    def patterns(self, limit: int) -> Patterns:
        """See `serve.port.Backend`."""
        rows = self._queries.patterns(10_000)
        first, last = self._queries.pattern_sessions()
        return Patterns(
            recorded=sum(row.recorded for row in rows),
            with_outcome=sum(row.with_outcome for row in rows),
            first_session=first,
            last_session=last,
            patterns=[
                Pattern(
                    pattern=row.pattern_type,
                    family=row.family,
                    direction=direction_word(row.direction),
                    recorded=row.recorded,
                    with_outcome=row.with_outcome,
                    success_rate=row.success_rate,
                    mean_return=row.mean_return,
                    own_trades=row.own_trades,
                    own_target_rate=row.own_target_rate,
                    own_mean_return=row.own_mean_return,
                )
                for row in rows[:limit]
            ],
        )

    def pattern_statistics(self, condition: str, label: str | None, limit: int) -> PatternStatistics:
        """See `serve.port.Backend`."""
        found = self._measured.at(self._queries.pattern_sessions()[1])
        return statistics_answer(found, condition, label, limit)

    def catalysts(self, limit: int) -> Catalysts:
        """See `serve.port.Backend`."""
        session = self._queries.progress().last_session
        if session is None:
            return Catalysts(covered_symbols=None, catalysts=[])
        rows = self._queries.catalysts(close_of(session), limit)
        return Catalysts(
            covered_symbols=self._ask("news", "covered_symbols", session),
            catalysts=[
                Catalyst(symbol=r.symbol, kind=r.kind, event_date=r.event_date, knowable_at=r.knowable_at) for r in rows
            ],
        )

    def news(self, symbol: str | None, limit: int) -> News:
        """See `serve.port.Backend`."""
        articles = [NewsArticle.model_validate(asdict(one)) for one in self._queries.news(symbol, limit)]
        sources = [NewsSource.model_validate(asdict(one)) for one in CoverageStore(self._pool).sources()]
        return News(articles=articles, sources=sources)

    def health(self) -> Health:
        """See `serve.port.Backend`."""
        now = datetime.now(UTC)
        services = [
            ServiceHealth(
                service=row.service,
                state="unknown" if now - row.at > STALE_AFTER else STATES[row.state],
                detail=row.detail,
                at=row.at,
            )
            for row in HealthStore(self._pool).load()
        ]
        worst = max((SEVERITY.index(service.state) for service in services), default=SEVERITY.index("unknown"))
        return Health(state=SEVERITY[worst], services=services)

    def storage(self) -> Storage:
        """See `serve.port.Backend`."""
        return storage_answer(self._pool, self._rules, datetime.now(UTC).date())

    def costs(self) -> Costs:
        """See `serve.port.Backend`."""
        return costs_answer(self._pool, self._gpu_budget_usd, datetime.now(UTC))

    def trading(self) -> Trading:
        """See `serve.port.Backend`."""
        return trading_answer(self._pool, datetime.now(UTC))

    def suspend(self, reason: str) -> Trading:
        """See `serve.port.Backend`."""
        return give(self._pool, "suspend", reason, datetime.now(UTC))

    def resume(self, reason: str) -> Trading:
        """See `serve.port.Backend`."""
        return give(self._pool, "resume", reason, datetime.now(UTC))

    def progress(self) -> Progress:
        """See `serve.port.Backend`."""
        state = read_state(self._home)
        done = self._queries.progress()
        return Progress(
            phase=state.phase if state else "starting",
            session=done.last_session,
            sessions_done=done.sessions,
            sessions_total=state.sessions_total if state else None,
            detail=state.detail if state else "",
        )

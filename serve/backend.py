"""The API's backend over the real platform: the record in PostgreSQL, the actors by name, the ensemble by handle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import ray
from pydantic import SecretStr
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError

from adapters.calendar import close_of
from adapters.postgres.health import HealthStore
from adapters.postgres.journal import JournalStore
from adapters.postgres.pool import open_pool
from adapters.postgres.queries import Queries
from adapters.run_state import read_state
from serve import answers
from serve.accounts import AccountReader
from serve.schemas import (
    Book,
    Catalyst,
    Catalysts,
    EquityCurves,
    Health,
    InPlay,
    Models,
    Order,
    Orders,
    Pattern,
    Patterns,
    Performance,
    Portfolio,
    Positions,
    Progress,
    Scan,
    ServiceHealth,
    Signals,
    Trades,
)
from trading.errors import InplayError, UnavailableError
from trading.ledger import draft_of

NAMESPACE = "inplay"
BOOKS: tuple[Book, ...] = ("rule", "ensemble")
ANSWER_TIMEOUT_S = 8.0
STALE_AFTER = timedelta(seconds=60)
STATES = {"starting": "degraded", "ok": "ok", "degraded": "degraded", "failed": "down", "stopped": "down"}
SEVERITY = ("ok", "unknown", "degraded", "down")


class PlatformBackend:
    """Answers from the record; asks an actor only for what is not on record. Its constructor opens no connection."""

    def __init__(self, home: Path, database_url: SecretStr, ensemble_id: str, seed: int, ensemble: Any) -> None:
        self._home = home
        self._url = database_url
        self._ensemble_id = ensemble_id
        self._seed = seed
        self._ensemble = ensemble
        self._pool = open_pool(database_url.get_secret_value(), name="inplay api", size=4)
        self._queries = Queries(self._pool)
        self._journal = JournalStore(self._pool, clock=lambda: datetime.now(UTC))
        self._accounts: tuple[int, dict[Book, AccountReader]] = (-1, {})
        self._report: tuple[int, Any] = (-1, None)

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

    def _read(self) -> dict[Book, AccountReader]:
        """The accounts after the journal's last entry, folded anew only when there are new entries."""
        seq, _ = self._journal.last()
        if self._accounts[0] != seq:
            readers: dict[Book, AccountReader] = {name: AccountReader(name) for name in BOOKS}
            drafts = [draft_of(entry.body) for entry in self._journal.load()]
            for reader in readers.values():
                reader.read(drafts)
            self._accounts = (seq, readers)
        return self._accounts[1]

    def _figures(self) -> Any:
        """The reporting service's report, asked for anew only when there are new entries."""
        seq, _ = self._journal.last()
        if self._report[0] != seq:
            self._report = (seq, self._ask("reporting", "report", self._seed))
        return self._report[1]

    def _session(self) -> date | None:
        return self._read()["rule"].session

    def signals(self, symbols: Sequence[str] | None, limit: int) -> Signals:
        """See `serve.port.Backend`."""
        if symbols is None:
            _, rows = self._queries.last_scan(limit)
            asked = tuple(row.symbol for row in rows)
        else:
            asked = tuple(symbols)
        latest = self._ask("pattern_recognition", "latest", asked)
        try:
            views = self._ensemble.score.remote(latest.setups.matrix).result(timeout_s=ANSWER_TIMEOUT_S)
        except (RayActorError, TimeoutError) as error:
            raise UnavailableError("The ensemble does not answer now; nothing is lost. Try again.") from error
        signals = answers.signals(latest, views, self._ensemble_id)
        if symbols is None:
            signals.sort(key=lambda signal: -(signal.strength or 0.0))
        return Signals(session=latest.session, signals=signals[:limit], unknown_symbols=list(latest.missing))

    def portfolio(self) -> Portfolio:
        """See `serve.port.Backend`."""
        accounts = self._read()
        return Portfolio(session=accounts["rule"].session, accounts=[reader.account() for reader in accounts.values()])

    def _chosen(self, book: Book | None) -> list[AccountReader]:
        return [reader for name, reader in self._read().items() if book in {None, name}]

    def positions(self, book: Book | None, limit: int) -> Positions:
        """See `serve.port.Backend`."""
        held = [position for reader in self._chosen(book) for position in reader.positions()]
        return Positions(session=self._session(), positions=held[:limit])

    def orders(self, book: Book | None, limit: int) -> Orders:
        """See `serve.port.Backend`."""
        return Orders(orders=[_order(row) for row in self._queries.orders(book, limit)])

    def trades(self, book: Book | None, limit: int) -> Trades:
        """See `serve.port.Backend`."""
        closed = [trade for reader in self._chosen(book) for trade in reader.trades]
        closed.sort(key=lambda trade: (trade.exit_session, trade.book, trade.symbol), reverse=True)
        return Trades(total=len(closed), trades=closed[:limit])

    def scanner(self, limit: int) -> Scan:
        """See `serve.port.Backend`."""
        session, rows = self._queries.last_scan(limit)
        names = [
            InPlay(symbol=r.symbol, rank=r.rank, score=r.score, parts=dict(r.parts), reason=r.reason) for r in rows
        ]
        told = self._ask("scanner", "last_exclusions")
        excluded: dict[str, int] = told[1] if told and told[0] == session else {}
        considered = sum(excluded.values()) + len(rows) if excluded else None
        return Scan(session=session, profile="large_cap", considered=considered, in_play=names, excluded=excluded)

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
                    direction="long" if row.direction > 0 else "short",
                    recorded=row.recorded,
                    with_outcome=row.with_outcome,
                    success_rate=row.success_rate,
                    mean_return=row.mean_return,
                )
                for row in rows[:limit]
            ],
        )

    def catalysts(self, limit: int) -> Catalysts:
        """See `serve.port.Backend`."""
        session = self._session()
        if session is None:
            return Catalysts(covered_symbols=None, catalysts=[])
        rows = self._queries.catalysts(close_of(session), limit)
        return Catalysts(
            covered_symbols=len(self._ask("news", "known_at", session).covered),
            catalysts=[
                Catalyst(symbol=r.symbol, kind=r.kind, event_date=r.event_date, knowable_at=r.knowable_at) for r in rows
            ],
        )

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

    def progress(self) -> Progress:
        """See `serve.port.Backend`."""
        state = read_state(self._home)
        done = self._queries.progress()
        phase = "starting" if state is None else state.phase
        return Progress(
            phase="done" if phase == "stopped" else phase,
            session=done.last_session,
            sessions_done=done.sessions,
            sessions_total=state.sessions_total if state else None,
            detail=state.detail if state else "",
        )


def _order(row: Any) -> Order:
    return Order(
        order_id=row.order_id,
        book=row.book,
        symbol=row.symbol,
        side=row.side,
        shares=row.shares,
        kind=row.kind,
        decided_session=row.decided_session,
        status=row.status,
        filled_session=row.filled_session,
        fill_price_usd=None if row.price_usd_e4 is None else row.price_usd_e4 / 10_000,
        commission_usd=None if row.commission_cents is None else row.commission_cents / 100,
        reason=row.reason if row.closed_reason is None else f"{row.reason}; {row.closed_reason}",
    )



"""The platform of a run: PostgreSQL, Ray, the actors and Serve, all up, and all stopped when the run ends."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from typing import Any, cast

from pydantic import SecretStr

from actors.bootstrap import Actors, bootstrap
from actors.health import Health
from actors.local import join_ray, leave_ray, start_ray, stop_ray
from actors.services import PlatformServices
from actors.wiring import Wiring, now
from adapters.machine.run_state import Phase, RunState, write_state
from adapters.models.scoring import EnsembleScorer, Versions
from adapters.postgres.books import BookStore
from adapters.postgres.migrate import erase, migrate
from adapters.postgres.models import EnsembleRow
from adapters.postgres.owner import owned
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.risk_limits import RiskLimits
from adapters.postgres.server import EmbeddedPostgres
from adapters.postgres.tier_record import TierRecord
from adapters.settings import Settings
from cli.report import terms_of
from cli.run.alerts import alerts_of
from cli.run.approval import approval_of, require_reachable
from cli.run.health_watch import HealthWatch
from cli.run.interrupt import Interrupt
from cli.run.models import training_of
from cli.run.progress import Printer
from cli.run.watch import Watch
from data.live.feeds import live_to_follow
from data.news.sources import news_to_follow
from data.storage_rules import storage_rules
from data.tiers.archive import Archive
from execution.opening import broker_account
from serve.app import Scorer, build_app, check_port_free, ensemble_handle, serve_down, serve_up
from serve.connections import CALLBACK
from serve.opening import open_sources
from serve.token import token_of
from trading.decisions.arms import Arm
from trading.errors import ConfigurationError
from trading.risk.decision_rules import DecisionRules, limits_of, rules_of

LOCAL = "local"
"""A Ray of the run's own."""


@dataclass
class Phases:
    """What the run is at, in `run.json`."""

    settings: Settings
    interrupt: Interrupt
    state: RunState = field(default_factory=lambda: RunState(pid=os.getpid(), phase="starting"))

    def enter(self, phase: Phase, **facts: Any) -> None:
        """The run is at this now.

        Raises:
            KeyboardInterrupt: after Ctrl-C.
        """
        self.interrupt.check()
        self.state = replace(self.state, phase=phase, **facts)
        write_state(self.settings.home, self.state)


@dataclass(frozen=True)
class Platform:
    """A platform that is up."""

    settings: Settings
    say: Printer
    watch: Watch
    phases: Phases
    pool: Pool
    wiring: Wiring
    actors: Actors

    @property
    def services(self) -> PlatformServices:
        """The services, to be asked."""
        return self.actors.services

    def serve(self, ensemble: EnsembleRow | None) -> Any:
        """The HTTP interface answers; returns Serve's handle of the ensemble, by which sessions ask it."""
        settings = self.settings
        token = token_of(settings)
        folder = settings.home / "models"
        if ensemble is not None:
            EnsembleScorer(folder / ensemble.ensemble_id)  # a damaged champion is reported here, not at a close
        sources = partial(
            open_sources,
            hosts={name: actor.host for name, actor in self.actors.everything.items()},
            home=settings.home,
            database_url=self.wiring.database_url,
            seed=settings.seed,
            storage=self.wiring.storage,
            gpu_budget_usd_per_month=settings.gpu_budget_usd_per_month,
        )
        scorer = cast("Callable[[], Scorer]", partial(Versions, folder))
        url = serve_up(build_app(sources, scorer, token), host=settings.http_host, port=settings.http_port)
        self.phases.enter("training", url=url)
        self.say.addresses(url, token, self.phases.state.ray_dashboard)
        return ensemble_handle()


@contextmanager
def platform_of(settings: Settings, say: Printer, interrupt: Interrupt, *, fresh: bool) -> Iterator[Platform]:
    """PostgreSQL, its schema, Ray and the actors are up, and stopped afterwards, whatever happens in between.

    Args:
        settings: of the run.
        say: where its progress is told.
        interrupt: Ctrl-C.
        fresh: the record, bars and models are erased first.
    """
    phases = Phases(settings, interrupt)
    stack = ExitStack()
    try:
        yield _Start(settings, say, interrupt, phases, stack).platform(fresh=fresh)
    finally:
        interrupt.ignore()
        stack.close()
        phases.enter("stopped")


@dataclass(frozen=True)
class _Start:
    """How a platform comes up; what is to be stopped is on the stack as soon as it is up."""

    settings: Settings
    say: Printer
    interrupt: Interrupt
    phases: Phases
    stack: ExitStack

    def platform(self, *, fresh: bool) -> Platform:
        if self.settings.ray_address == LOCAL:  # on a cluster that is up, Serve of an earlier run may hold it
            check_port_free(self.settings.http_host, self.settings.http_port)
        require_reachable(self.settings)
        self.phases.enter("starting")
        watch = Watch(self.interrupt, self.say)
        url = self._database(watch)
        pool = open_pool(url, name="inplay run")
        self.stack.callback(pool.close)
        self._own(pool)
        if fresh:
            self._erase(pool)
        migrate(pool)
        rules = self._limits(pool)
        dashboard = self._ray()
        wiring = self._wiring(url, rules, BookStore(pool).open())
        actors = bootstrap(wiring)
        self.phases.enter("starting", ray_dashboard=dashboard)
        self.stack.enter_context(HealthWatch(Health.name, actors.everything[Health.name], pool))
        self.say.step(f"{len(actors.everything)} services are up")
        return Platform(self.settings, self.say, watch, self.phases, pool, wiring, actors)

    def _wiring(self, url: str, rules: DecisionRules, books: Mapping[str, Arm]) -> Wiring:
        return Wiring(
            home=self.settings.home,
            database_url=SecretStr(url),
            cash_cents=self.settings.starting_cash_usd * 100,
            broker=broker_account(self.settings),
            decisions=rules,
            live=live_to_follow(self.settings),
            news=news_to_follow(self.settings),
            storage=storage_rules(self.settings),
            training=training_of(self.settings),
            alerts=alerts_of(self.settings),
            approval=approval_of(self.settings, books),
            reports=terms_of(self.settings),
            books=books,
            hosting=self.settings.hosts,
        )

    def _limits(self, pool: Pool) -> DecisionRules:
        """The limits of risk of this run, on record; looser ones than those in force end the start."""
        rules = rules_of(self.settings.risk)
        row = RiskLimits(pool).begin(limits_of(rules), code_version=version("inplay"), at=now())
        self.say.step(f"limits of risk {row.sha256[:12]}, {row.action} on {row.set_at:%Y-%m-%d %H:%M} UTC")
        return rules

    def _ray(self) -> str:
        """A cluster is there; returns the address of its dashboard. One that was up before stays up afterwards."""
        address = self.settings.ray_address
        os.environ.update(CALLBACK)  # for the processes of Ray, which inherit it
        if address == LOCAL:
            dashboard = start_ray(self.settings.dashboard_port, self.settings.home)
            self.stack.callback(stop_ray)
            self.say.step(f"Ray is up, its dashboard at {dashboard}")
            return dashboard
        dashboard = join_ray(address)
        self.stack.callback(leave_ray)
        self.stack.callback(serve_down)
        self.say.step(f"joined the Ray cluster at {address}, its dashboard at {dashboard}")
        return dashboard

    def _database(self, watch: Watch) -> str:
        if self.settings.database_url is not None:
            self.say.step("using the PostgreSQL of DATABASE_URL")
            return self.settings.database_url.get_secret_value()
        watch.postgres = postgres = EmbeddedPostgres(self.settings.home)
        self.stack.callback(postgres.stop)
        url = postgres.start()
        self.say.step(f"embedded PostgreSQL is up under {self.settings.home}")
        return url

    def _own(self, pool: Pool) -> None:
        """No other run is on the record; the data folder's lock says so only of a server in it."""
        if self.settings.database_url is None:
            return
        unguarded = self.stack.enter_context(owned(pool, self.settings.database_url.get_secret_value()))
        if unguarded:
            self.say.warning(unguarded)

    def _erase(self, pool: Pool) -> None:
        try:
            migrate(pool)  # the files of other places than the data folder are found by the manifest
            Archive(self.settings.home, TierRecord(pool), storage_rules(self.settings).locations).erase()
        except ConfigurationError as error:
            self.say.warning(f"{error} It is erased; files in tiers outside the data folder stay where they are")
        erase(pool)
        for folder in ("bars", "models", "tune"):
            shutil.rmtree(self.settings.home / folder, ignore_errors=True)
        self.say.step("the earlier record, bars and models are erased")

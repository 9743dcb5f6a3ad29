"""The main job on the bundled sample, step by step; every step may be repeated after a stop at any point."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from importlib.metadata import version
from typing import Any, Self

import ray
from pydantic import SecretStr

from actors.bootstrap import bootstrap
from actors.coordinator import ActorServices, Coordinator
from actors.local import join_ray, leave_ray, start_ray, stop_ray
from actors.wiring import Training, Wiring, now
from adapters.postgres.migrate import erase, migrate
from adapters.postgres.models import EnsembleRow, ModelStore
from adapters.postgres.patterns import PatternStore
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.server import EmbeddedPostgres
from adapters.postgres.tier_record import TierRecord
from adapters.run_state import Phase, RunState, write_state
from adapters.scoring import EnsembleScorer
from adapters.settings import Settings
from adapters.tiers.archive import Archive
from adapters.tiers.rules import storage_rules
from cli.interrupt import Interrupt
from cli.progress import Printer, pattern_words
from serve.app import build_app, check_port_free, ensemble_handle, serve_down, serve_up
from serve.backend import PlatformBackend
from serve.token import token_of
from trading.errors import ConfigurationError, UnavailableError
from trading.sessions import SessionSummary, look
from tune.distributed import Workers
from tune.pipeline import Trained, train_ensemble
from tune.registration import config_sha256, register
from tune.sessions import SessionRules
from tune.training_set import from_market

WARM_UP_FRACTION = 0.6
"""Of the sample's sessions: the models learn from these and trade the rest."""
WATCH_EVERY_S = 0.5
RETRIES = 5
"""How often one session is tried again after something it needs went away and came back."""


@dataclass(frozen=True)
class Options:
    """What the command line asked for.

    Attributes:
        fresh: erase the record, bars and models first.
        sessions_per_s: upper bound of the replay's pace; None = as fast as it goes.
    """

    fresh: bool
    sessions_per_s: float | None


def training_of(settings: Settings) -> Training:
    """What the training scheduler needs to know."""
    rules = SessionRules(
        budget_usd_per_month=settings.gpu_budget_usd_per_month, hours=settings.gpu_session_h,
        wait_s=settings.gpu_wait_min * 60, usd_per_h=settings.gpu_usd_per_h, daily=settings.daily_training,
    )  # fmt: skip
    return Training(rules, settings.spend_folder, settings.seed)


class SampleRun:
    """One run over one data folder; enter it, call the steps in order, leave it and everything is stopped."""

    def __init__(self, settings: Settings, options: Options, printer: Printer, interrupt: Interrupt) -> None:
        self._interrupt = interrupt
        self.settings = settings
        self.options = options
        self.say = printer
        self._stack = ExitStack()
        self._postgres: EmbeddedPostgres | None = None
        self._state = RunState(pid=os.getpid(), phase="starting")
        self.pool: Pool
        self.actors: dict[str, Any]
        self.services: ActorServices
        self._ensemble: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._interrupt.ignore()
        self._stack.close()
        self._enter_phase("stopped")

    def _enter_phase(self, phase: Phase, detail: str = "", **facts: Any) -> None:
        self._interrupt.check()
        self._state = replace(self._state, phase=phase, detail=detail, **facts)
        write_state(self.settings.home, self._state)

    def start(self) -> None:
        """PostgreSQL, its schema, Ray and the actors are up."""
        check_port_free(self.settings.http_host, self.settings.http_port)
        self._enter_phase("starting")
        url = self._start_database()
        self.pool = open_pool(url, name="inplay run")
        self._stack.callback(self.pool.close)
        if self.options.fresh:
            self._erase()
        migrate(self.pool)
        dashboard = self._start_ray()
        self.say.step(f"Ray is up, its dashboard at {dashboard or 'no address'}")
        wiring = Wiring(
            self.settings.home,
            SecretStr(url),
            self.settings.starting_cash_usd * 100,
            live=self.settings.live_to_follow(),
            news=self.settings.news_to_follow(),
            storage=storage_rules(self.settings),
            training=training_of(self.settings),
        )
        self.actors = bootstrap(wiring)
        self.wiring = wiring
        self.services = ActorServices(self.actors, None)
        self._enter_phase("starting", ray_dashboard=dashboard)
        self.say.step(f"{len(self.actors)} services are up")

    def _start_ray(self) -> str:
        if self.settings.ray_address == "local":
            dashboard = start_ray(self.settings.dashboard_port)
            self._stack.callback(stop_ray)
            return dashboard
        dashboard = join_ray(self.settings.ray_address)
        self._stack.callback(leave_ray)
        self._stack.callback(serve_down)
        return dashboard

    def _start_database(self) -> str:
        if self.settings.database_url is not None:
            self.say.step("using the PostgreSQL of DATABASE_URL")
            return self.settings.database_url.get_secret_value()
        self._postgres = EmbeddedPostgres(self.settings.home)
        self._stack.callback(self._postgres.stop)
        url = self._postgres.start()
        self.say.step(f"embedded PostgreSQL is up under {self.settings.home}")
        return url

    def _erase(self) -> None:
        migrate(self.pool)  # the files of other places than the data folder are found by the manifest
        Archive(self.settings.home, TierRecord(self.pool), storage_rules(self.settings).locations).erase()
        erase(self.pool)
        for folder in ("bars", "models", "tune"):
            shutil.rmtree(self.settings.home / folder, ignore_errors=True)
        self.say.step("the earlier record, bars and models are erased")

    def ask(self, service: str, method: str, *args: Any) -> Any:
        """The answer of an actor."""
        return self.services.answer(self.services.ask(service, method, *args))

    def import_data(self) -> Any:
        """The sample's bars and events are on record, gated."""
        self._enter_phase("importing")
        imported = self.ask("ingestion", "import_sample")
        events = self.ask("news", "import_earnings")
        self.say.imported(imported, events)
        return imported

    def sessions(self) -> tuple[list[date], list[date]]:
        """Sessions to warm up on, and sessions to replay."""
        every = self.ask("ingestion", "sessions")
        cut = int(len(every) * WARM_UP_FRACTION)
        return every[:cut], every[cut:]

    def warm_up(self, sessions: list[date]) -> tuple[Any, Any]:
        """Every pattern of the warm-up is on record with its outcome; returns references to market and patterns."""
        self._enter_phase("warming_up")
        last = sessions[-1]
        _, market, patterns = look(self.services, last)
        new = self.ask("pattern_analysis", "warm_up", market, patterns)
        self.ask("technical_analysis", "record_regimes", market, patterns)
        counts = PatternStore(self.pool).counts()
        self.say.step(
            f"warmed up on {len(sessions)} sessions, {sessions[0]} to {last}: {new:,} new patterns; "
            + pattern_words(counts)
        )
        return market, patterns

    def ensemble(self, market: Any, patterns: Any, first_replay: date) -> EnsembleRow:
        """The champion for this replay: the one on record, or a new one trained on what was known before it."""
        self._enter_phase("training")
        store = ModelStore(self.pool)
        champion = store.champion()
        rules = self.wiring.decisions.outcome
        workers = Workers(actors=min(2, os.cpu_count() or 1))
        wanted = config_sha256(self.settings.seed, first_replay, rules, workers)
        if champion is not None and champion.config_sha256 != wanted:
            raise ConfigurationError(
                "The record was made with another seed, sample or set of models. Nothing was changed. "
                "Use the settings it was made with, or start anew with `inplay run --sample --fresh`."
            )
        if champion is not None:
            self.say.step(f"{champion.ensemble_id} is on record already")
            return champion
        known = self.services.answer(market), self.services.answer(patterns)
        data = from_market(*known, rules, self.wiring.scanner, first_replay)
        home = self.settings.home
        trained: Trained = train_ensemble(
            data, home / "models", home / "tune", seed=self.settings.seed, workers=workers, say=self.say.step
        )  # fmt: skip
        shutil.rmtree(home / "tune", ignore_errors=True)
        row = register(
            store, trained, home,
            config=wanted, known_before=first_replay, code_version=version("inplay"), at=now(),
        )  # fmt: skip
        self.say.accuracy(trained.accuracy)
        return row

    def serve(self, ensemble: EnsembleRow) -> str:
        """The HTTP interface answers; returns its address."""
        folder = self.settings.home / "models" / ensemble.ensemble_id
        EnsembleScorer(folder)  # a damaged model is reported here, not by a replica that keeps dying
        token = token_of(self.settings)
        backend = partial(
            PlatformBackend, self.settings.home, self.wiring.database_url, ensemble.ensemble_id, self.settings.seed,
            rules=self.wiring.storage, gpu_budget_usd_per_month=self.settings.gpu_budget_usd_per_month,
        )  # fmt: skip
        app = build_app(backend, partial(EnsembleScorer, folder), token)
        url = serve_up(app, host=self.settings.http_host, port=self.settings.http_port)
        self._ensemble = ensemble_handle()
        self._enter_phase("training", url=url)
        self.say.addresses(url, token, self._state.ray_dashboard)
        return url

    def replayed(self) -> list[date]:
        """Sessions that are complete already."""
        done: list[date] = self.ask("paper_trading", "sessions")
        return done

    def replay(self, sessions: list[date], show: Callable[[SessionSummary], None]) -> None:
        """Every session is decided, filled and on record, in order."""
        done = set(self.replayed())
        self._enter_phase("replaying", sessions_total=len(sessions))
        if done:
            self.say.step(f"resuming after {max(done)}: {len(done)} of {len(sessions)} sessions are on record")
        for session in sessions:
            started = time.monotonic()
            if session not in done:
                show(self._one_session(session))
                self._pace(started)

    def _awaited(self, reference: Any) -> SessionSummary:
        """The answer; while it is waited for, a database that died is started again."""
        while not ray.wait([reference], timeout=WATCH_EVERY_S)[0]:
            self._interrupt.check()
            self._revive_database()
        summary: SessionSummary = self.services.answer(reference)
        return summary

    def _one_session(self, session: date) -> SessionSummary:
        for attempt in range(1, RETRIES + 1):
            self._interrupt.check()
            try:
                summary = self._awaited(self.actors[Coordinator.name].run_session.remote(session, self._ensemble))
            except UnavailableError as error:
                if attempt == RETRIES:
                    raise
                self.say.warning(f"{session}: {error} Trying again ({attempt} of {RETRIES - 1}).")
                self._revive_database()
            else:
                return summary
        raise AssertionError("the loop above returns or raises")

    def _revive_database(self) -> None:
        if self._postgres is not None and self._postgres.restart_if_dead():
            self.say.warning("the embedded PostgreSQL had died and was started again; every committed row is there")

    def _pace(self, started: float) -> None:
        if self.options.sessions_per_s:
            time.sleep(max(0.0, 1.0 / self.options.sessions_per_s - (time.monotonic() - started)))

    def report(self) -> Any:
        """The figures of both accounts, shown."""
        self._enter_phase("reporting")
        report = self.ask("reporting", "report", self.settings.seed)
        self.say.report(report)
        self._enter_phase("done")
        return report

"""The main job, step by step; every step may be repeated after a stop at any point."""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from importlib.metadata import version
from typing import Any, Self, cast

from pydantic import SecretStr

from actors.bootstrap import Actors, bootstrap, hand_back_everywhere
from actors.ingestion import Imported
from actors.local import join_ray, leave_ray, start_ray, stop_ray
from actors.reporting import Report
from actors.services import PlatformServices, look_back
from actors.wiring import Wiring, now
from adapters.calendar import close_of
from adapters.machine.run_state import Phase, RunState, write_state
from adapters.models.scoring import EnsembleScorer, SilentScorer
from adapters.postgres.daily_checks import DailyCheck
from adapters.postgres.migrate import erase, migrate
from adapters.postgres.models import EnsembleRow, ModelStore
from adapters.postgres.patterns import PatternStore
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.risk_limits import RiskLimits
from adapters.postgres.server import EmbeddedPostgres
from adapters.postgres.tier_record import TierRecord
from adapters.settings import Settings
from cli.run.interrupt import Interrupt
from cli.run.models import Models, training_of
from cli.run.progress import Printer, pattern_words
from cli.run.watch import Watch
from data.opening import live_to_follow, news_to_follow
from data.storage_rules import storage_rules
from data.tiers.archive import Archive
from execution.opening import broker_account
from serve.app import Scorer, build_app, check_port_free, ensemble_handle, serve_down, serve_up
from serve.backend import PlatformBackend
from serve.token import token_of
from trading.cycle.session import Seen, SessionSummary
from trading.errors import ConfigurationError, UnavailableError
from trading.risk.decision_rules import DecisionRules
from trading.risk.limits import limits_of, rules_of

WARM_UP_FRACTION = 0.6
"""Of the sample's sessions: the models learn from these and trade the rest."""
FOLLOW_EVERY_S = 10.0
LATE_BARS = timedelta(minutes=20)
"""Bars of a session may be corrected for so long after its close."""
CHECK_TIMEOUT_S = 900.0
"""After so long the run goes on without them, and says so."""
NO_ENSEMBLE = "none"
LOCAL = "local"
"""A Ray of the run's own."""
RETRIES = 5
"""How often one session is tried again after something it needs went away and came back."""


@dataclass(frozen=True)
class Options:
    """What the command line asked for.

    Attributes:
        sample: the bundled bars are imported, and the last two fifths of them replayed unless `first` says otherwise.
        fresh: erase the record, bars and models first.
        sessions_per_s: upper bound of the replay's pace; None = as fast as it goes.
        rules_only: no models are trained, and none is asked.
        follow: go on with new sessions after the replay.
        first: session of the replay; what is before it is history. None = where an earlier replay began; without one,
            everything on record is history.
        last: of the replay; None = the last one on record.
    """

    sample: bool = False
    fresh: bool = False
    sessions_per_s: float | None = None
    rules_only: bool = False
    follow: bool = False
    first: date | None = None
    last: date | None = None


class PlatformRun:
    """One run over one data folder; enter it, call the steps in order, leave it and everything is stopped."""

    def __init__(self, settings: Settings, options: Options, printer: Printer, interrupt: Interrupt) -> None:
        self._interrupt = interrupt
        self.settings = settings
        self.options = options
        self.say = printer
        self._stack = ExitStack()
        self._watch = Watch(interrupt, printer)
        self._state = RunState(pid=os.getpid(), phase="starting")
        self.pool: Pool
        self.actors: Actors
        self._ensemble: Any = None
        self._traded_after: date | None = None

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
        if self.settings.ray_address == LOCAL:  # on a cluster that is up, Serve of an earlier run may hold it
            check_port_free(self.settings.http_host, self.settings.http_port)
        self._enter_phase("starting")
        url = self._start_database()
        self.pool = open_pool(url, name="inplay run")
        self._stack.callback(self.pool.close)
        if self.options.fresh:
            self._erase()
        migrate(self.pool)
        rules = self._limits()
        dashboard = self._start_ray()
        wiring = Wiring(
            self.settings.home,
            SecretStr(url),
            self.settings.starting_cash_usd * 100,
            broker=broker_account(self.settings),
            decisions=rules,
            live=live_to_follow(self.settings),
            news=news_to_follow(self.settings),
            storage=storage_rules(self.settings),
            training=training_of(self.settings),
        )
        self.actors = bootstrap(wiring)
        self.wiring = wiring
        self._enter_phase("starting", ray_dashboard=dashboard)
        self.say.step(f"{len(self.actors.everything)} services are up")

    def _limits(self) -> DecisionRules:
        """The limits of risk of this run, on record; looser ones than those in force end the start."""
        rules = rules_of(self.settings.risk)
        row = RiskLimits(self.pool).begin(limits_of(rules), code_version=version("inplay"), at=now())
        self.say.step(f"limits of risk {row.sha256[:12]}, {row.action} on {row.set_at:%Y-%m-%d %H:%M} UTC")
        return rules

    def _start_ray(self) -> str:
        """A cluster is there; returns the address of its dashboard. One that was up before stays up afterwards."""
        address = self.settings.ray_address
        if address == LOCAL:
            dashboard = start_ray(self.settings.dashboard_port)
            self._stack.callback(stop_ray)
            self.say.step(f"Ray is up, its dashboard at {dashboard}")
            return dashboard
        dashboard = join_ray(address)
        self._stack.callback(leave_ray)
        self._stack.callback(serve_down)
        self.say.step(f"joined the Ray cluster at {address}, its dashboard at {dashboard}")
        return dashboard

    def _start_database(self) -> str:
        if self.settings.database_url is not None:
            self.say.step("using the PostgreSQL of DATABASE_URL")
            return self.settings.database_url.get_secret_value()
        self._watch.postgres = postgres = EmbeddedPostgres(self.settings.home)
        self._stack.callback(postgres.stop)
        url = postgres.start()
        self.say.step(f"embedded PostgreSQL is up under {self.settings.home}")
        return url

    def _erase(self) -> None:
        migrate(self.pool)  # the files of other places than the data folder are found by the manifest
        Archive(self.settings.home, TierRecord(self.pool), storage_rules(self.settings).locations).erase()
        erase(self.pool)
        for folder in ("bars", "models", "tune"):
            shutil.rmtree(self.settings.home / folder, ignore_errors=True)
        self.say.step("the earlier record, bars and models are erased")

    @property
    def services(self) -> PlatformServices:
        """The actors, to be asked."""
        return self.actors.services

    def import_data(self) -> Imported:
        """With `sample`, its bars and events are on record, gated; else what is on record is looked at.

        Raises:
            ConfigurationError: when there are no bars, and no feed that would bring any.
        """
        self._enter_phase("importing")
        if not self.options.sample:
            return self._on_record()
        imported = self.services.ingestion.import_sample().get()
        events = self.services.news.import_earnings().get()
        self.say.imported(imported, events)
        return imported

    def _on_record(self) -> Imported:
        imported = self.services.ingestion.imported().get()
        live = self.options.follow and self.wiring.live.keys is not None
        if not imported.rows_stored and not live:
            raise ConfigurationError(
                "There are no bars on record, and no live feed that would bring any. Nothing was changed. Import some "
                "with `inplay import bars PATH`, set INPLAY_LIVE_FEED, or try --sample."
            )
        self.say.step(f"{imported.symbols} symbols, {imported.rows_stored:,} daily and minute bars on record")
        return imported

    def sessions(self) -> tuple[list[date], list[date]]:
        """Sessions to warm up on, and sessions to replay.

        Raises:
            ConfigurationError: when the replay can't begin where it was asked to.
        """
        every = self.services.ingestion.sessions().get()
        first = self._first(every)
        warm_up = [session for session in every if first is None or session < first]
        replay = [session for session in every if first is not None and session >= first]
        if replay and not warm_up:
            raise ConfigurationError(
                f"The record begins on {every[0]}, so nothing is known before {first}. Nothing was changed. Begin "
                "later."
            )
        last = self.options.last
        return warm_up, [session for session in replay if last is None or session <= last]

    def _first(self, every: list[date]) -> date | None:
        """The first session of the replay; None = nothing is replayed."""
        done, asked = self.replayed(), self.options.first
        if done and asked is not None and min(s for s in (*every, asked) if s >= asked) != done[0]:
            raise ConfigurationError(
                f"The record was traded from {done[0]} on, and this asks for {asked}. Nothing was changed. Leave "
                "--from, or use another data folder."
            )
        if done:
            return done[0]
        if asked is None and self.options.sample:
            return every[int(len(every) * WARM_UP_FRACTION)]
        return asked

    def warm_up(self, sessions: list[date]) -> Seen | None:
        """Every pattern of the warm-up is on record with its outcome; returns market and patterns, not fetched yet."""
        self._enter_phase("warming_up")
        if not sessions:
            return None
        last = sessions[-1]
        seen = look_back(self.services, last)
        market, patterns = seen.market.later, seen.patterns.later
        new = self.services.pattern_analysis.warm_up(market, patterns).get()
        self.services.technical_analysis.record_regimes(market, patterns).get()
        counts = PatternStore(self.pool).counts()
        self.say.step(
            f"warmed up on {len(sessions)} sessions, {sessions[0]} to {last}: {new:,} new patterns; "
            + pattern_words(counts)
        )
        return seen

    def ensemble(self, seen: Seen | None, first_replay: date | None) -> EnsembleRow | None:
        """The champion for this replay: the one on record, or a new one trained on what was known before it.

        Returns:
            None when the rules decide: because that was asked for, or the history is too short for models.

        Raises:
            ConfigurationError: when the champion on record learned from what would be replayed.
        """
        self._enter_phase("training")
        hand_back_everywhere(self.actors)
        if self.options.rules_only or seen is None:
            self.say.step("no models: the rules decide in both accounts")
            return None
        models = Models(self.settings, self.wiring, ModelStore(self.pool), self.say, sample=self.options.sample)
        return models.at(
            first_replay or now().date(),
            known=lambda: (seen.market.get(), seen.patterns.get()),
            begun=bool(self.replayed()),
        )

    def serve(self, ensemble: EnsembleRow | None) -> str:
        """The HTTP interface answers; returns its address."""
        token = token_of(self.settings)
        name, scorer = NO_ENSEMBLE, cast("Callable[[], Scorer]", SilentScorer)
        if ensemble is not None:
            name = ensemble.ensemble_id
            scorer = partial(EnsembleScorer, self.settings.home / "models" / name)
            scorer()  # a damaged model is reported here, not by a replica that keeps dying
        backend = partial(
            PlatformBackend, self.settings.home, self.wiring.database_url, name, self.settings.seed,
            rules=self.wiring.storage, gpu_budget_usd_per_month=self.settings.gpu_budget_usd_per_month,
        )  # fmt: skip
        app = build_app(backend, scorer, token)
        url = serve_up(app, host=self.settings.http_host, port=self.settings.http_port)
        self._ensemble = ensemble_handle()
        self._enter_phase("training", url=url)
        hand_back_everywhere(self.actors)
        self.say.addresses(url, token, self._state.ray_dashboard)
        return url

    def replayed(self) -> list[date]:
        """Sessions that are complete already."""
        return self.services.paper_trading.sessions().get()

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

    def _one_session(self, session: date) -> SessionSummary:
        for attempt in range(1, RETRIES + 1):
            self._interrupt.check()
            try:
                asked = self.actors.coordinator.run_session(session, self._ensemble)
                self._watch.answered(asked.later)
                summary = asked.get()
            except UnavailableError as error:
                if attempt == RETRIES:
                    raise
                self.say.warning(f"{session}: {error} Trying again ({attempt} of {RETRIES - 1}).")
                self._watch.revive_database()
            else:
                return summary
        raise AssertionError("the loop above returns or raises")

    def _pace(self, started: float) -> None:
        if self.options.sessions_per_s:
            time.sleep(max(0.0, 1.0 / self.options.sessions_per_s - (time.monotonic() - started)))

    def check(self) -> list[DailyCheck]:
        """The latest session was checked: its parity, and a sample for look-ahead; what failed is warned of.

        A check that couldn't be asked for ends no run: the next session asks again.
        """
        hand_back_everywhere(self.actors)
        asked = self.actors.checks.check()
        self._watch.answered(asked.later, CHECK_TIMEOUT_S)
        try:
            done = asked.get()
        except UnavailableError as error:
            self.say.warning(f"the daily checks were not done: {error}")
            return []
        for one in done:
            tell = self.say.step if one.verdict in {"passed", "explained"} else self.say.warning
            tell(f"{one.kind} of {one.session} {one.verdict}: {one.detail}")
        return done

    def report(self) -> Report | None:
        """The figures of both accounts, shown; None before the first session."""
        self._enter_phase("reporting")
        report = self.actors.reporting.report(self.settings.seed).get()
        if report is not None:
            self.say.report(report)
        self._enter_phase("done")
        return report

    def follow(self, show: Callable[[SessionSummary], None]) -> None:
        """Each new session is decided once it is over and its bars are on record, until Ctrl-C.

        With a last session asked for it only serves on.
        """
        if self.options.last is not None or self.options.sample:
            self.say.step("serving on; Ctrl-C stops everything")
            self._watch.wait(math.inf)
        self._enter_phase("following")
        self.say.step("waiting for new sessions; Ctrl-C stops everything")
        while True:
            for session in self.due():
                show(self._one_session(session))
                self.check()
            self._watch.wait(FOLLOW_EVERY_S)

    def due(self) -> list[date]:
        """Sessions that are over, on record, and later than all that were decided, or than all that were history."""
        every = self.services.ingestion.sessions().get()
        done = self.replayed()
        if self._traded_after is None:
            self._traded_after = max(done, default=max(every, default=date.min))
        after = max([self._traded_after, *done[-1:]])
        return [session for session in every if session > after and close_of(session) + LATE_BARS <= now()]

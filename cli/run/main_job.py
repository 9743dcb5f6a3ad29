"""The main job: bars, patterns, models, the replay and its report, in order; each step may be repeated after a stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from actors.bootstrap import hand_back_everywhere
from actors.ingestion import Imported
from actors.reporting import Report
from actors.services import look_back
from actors.wiring import now
from adapters.postgres.daily_checks import DailyCheck
from adapters.postgres.models import EnsembleRow
from adapters.postgres.patterns import PatternCounts, PatternStore
from cli.run.models import Models
from cli.run.platform import Platform
from cli.run.progress import pattern_words
from cli.run.sessions import Sessions
from trading.cycle.session import Seen
from trading.cycle.summary import SessionSummary
from trading.errors import ConfigurationError

WARM_UP_FRACTION = 0.6
"""Of the sample's sessions: the models learn from these and trade the rest."""


@dataclass(frozen=True)
class Options:
    """What the command line asked for.

    Attributes:
        sample: the bundled bars are imported, and the last two fifths of them replayed unless `first` says otherwise.
        sessions_per_s: upper bound of the replay's pace; None = as fast as it goes.
        rules_only: no models are trained, and none is asked.
        follow: go on with new sessions after the replay.
        first: session of the replay; what is before it is history. None = where an earlier replay began; without one,
            everything on record is history.
        last: of the replay; None = the last one on record.
    """

    sample: bool = False
    sessions_per_s: float | None = None
    rules_only: bool = False
    follow: bool = False
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class JobDone:
    """What the main job did.

    Attributes:
        ensemble: None where the rules decided.
        replayed: sessions of the replay.
        report: None before the first session.
        sessions: by which the run goes on.
    """

    imported: Imported
    ensemble: EnsembleRow | None
    replayed: list[date]
    checks: list[DailyCheck]
    report: Report | None
    counts: PatternCounts
    sessions: Sessions


class MainJob:
    """The steps of the main job on a platform that is up."""

    def __init__(self, platform: Platform, options: Options) -> None:
        self._platform, self._options = platform, options
        self._services, self._say = platform.services, platform.say

    def run(self) -> JobDone:
        """Every session that was asked for is decided, filled, checked and reported."""
        imported = self._import_data()
        history, replay = self._sessions()
        seen = self._warm_up(history)
        ensemble = self._ensemble(seen, replay[0] if replay else None)
        sessions = Sessions(self._platform, self._platform.serve(ensemble), trains=not self._options.rules_only)
        hand_back_everywhere(self._platform.actors)
        shown = iter(range(len(self._replayed()) + 1, len(replay) + 1))
        self._replay(sessions, replay, lambda summary: self._say.session(next(shown), len(replay), summary))
        checks = sessions.check()
        sessions.write_reports()
        report = self._report()
        counts = PatternStore(self._platform.pool).counts()
        self._say.step(pattern_words(counts))
        return JobDone(imported, ensemble, replay, checks, report, counts, sessions)

    def _import_data(self) -> Imported:
        """With `sample`, its bars and events are on record, gated; else what is on record is looked at.

        Raises:
            ConfigurationError: when there are no bars, and no feed that would bring any.
        """
        self._platform.phases.enter("importing")
        if not self._options.sample:
            return self._on_record()
        imported = self._services.ingestion.import_sample().get()
        events = self._services.news.import_earnings().get()
        self._say.imported(imported, events)
        return imported

    def _on_record(self) -> Imported:
        imported = self._services.ingestion.imported().get()
        live = self._options.follow and self._platform.wiring.live.source is not None
        if not imported.rows_stored and not live:
            raise ConfigurationError(
                "There are no bars on record, and no live feed that would bring any. Nothing was changed. Import some "
                "with `inplay import bars PATH`, set INPLAY_LIVE_FEED, or try --sample."
            )
        self._say.step(f"{imported.symbols} symbols, {imported.rows_stored:,} daily and minute bars on record")
        return imported

    def _sessions(self) -> tuple[list[date], list[date]]:
        """Sessions to warm up on, and sessions to replay.

        Raises:
            ConfigurationError: when the replay can't begin where it was asked to.
        """
        every = self._services.ingestion.sessions().get()
        first = self._first(every)
        warm_up = [session for session in every if first is None or session < first]
        replay = [session for session in every if first is not None and session >= first]
        if replay and not warm_up:
            raise ConfigurationError(
                f"The record begins on {every[0]}, so nothing is known before {first}. Nothing was changed. Begin "
                "later."
            )
        last = self._options.last
        return warm_up, [session for session in replay if last is None or session <= last]

    def _first(self, every: list[date]) -> date | None:
        """The first session of the replay; None = nothing is replayed."""
        done, asked = self._replayed(), self._options.first
        if done and asked is not None and min(s for s in (*every, asked) if s >= asked) != done[0]:
            raise ConfigurationError(
                f"The record was traded from {done[0]} on, and this asks for {asked}. Nothing was changed. Leave "
                "--from, or use another data folder."
            )
        if done:
            return done[0]
        if asked is None and self._options.sample:
            return every[int(len(every) * WARM_UP_FRACTION)]
        return asked

    def _warm_up(self, sessions: list[date]) -> Seen | None:
        """Every pattern of the warm-up is on record with its outcome; returns market and patterns, not fetched yet."""
        self._platform.phases.enter("warming_up")
        if not sessions:
            return None
        last = sessions[-1]
        seen = look_back(self._services, last)
        market, patterns = seen.market.later, seen.patterns.later
        new = self._services.pattern_analysis.warm_up(market, patterns).get()
        self._services.technical_analysis.record_regimes(market, patterns).get()
        counts = PatternStore(self._platform.pool).counts()
        self._say.step(
            f"warmed up on {len(sessions)} sessions, {sessions[0]} to {last}: {new:,} new patterns; "
            + pattern_words(counts)
        )
        return seen

    def _ensemble(self, seen: Seen | None, first_replay: date | None) -> EnsembleRow | None:
        """The champion for this replay: the one on record, or a new one trained on what was known before it.

        Returns:
            None when the rules decide: because that was asked for, or the history is too short for models.

        Raises:
            ConfigurationError: when the champion on record learned from what would be replayed, or would decide though
                only the rules were asked for.
        """
        self._platform.phases.enter("training")
        hand_back_everywhere(self._platform.actors)
        platform = self._platform
        models = Models(
            platform.settings, platform.wiring, platform.wiring.record(platform.pool), self._say,
            sample=self._options.sample,
        )  # fmt: skip
        if self._options.rules_only:
            models.require_none()
        if self._options.rules_only or seen is None:
            self._say.step("no models: the rules decide")
            return None
        return models.at(
            first_replay or now().date(),
            known=lambda: (seen.market.get(), seen.patterns.get()),
            begun=bool(self._replayed()),
        )

    def _replay(self, decided: Sessions, sessions: list[date], show: Callable[[SessionSummary], None]) -> None:
        """Every session is decided, filled and on record, in order."""
        done = set(self._replayed())
        self._platform.phases.enter("replaying", sessions_total=len(sessions))
        if done:
            self._say.step(f"resuming after {max(done)}: {len(done)} of {len(sessions)} sessions are on record")
            decided.after(max(done))
        for session in sessions:
            started = time.monotonic()
            if session not in done:
                show(decided.run(session))
                self._pace(started)

    def _pace(self, started: float) -> None:
        if self._options.sessions_per_s:
            time.sleep(max(0.0, 1.0 / self._options.sessions_per_s - (time.monotonic() - started)))

    def _report(self) -> Report | None:
        """The figures of the accounts, shown; None before the first session."""
        self._platform.phases.enter("reporting")
        report = self._platform.actors.reporting.report(self._platform.settings.seed).get()
        if report is not None:
            self._say.report(report)
        self._platform.phases.enter("done")
        return report

    def _replayed(self) -> list[date]:
        """Sessions that are complete already."""
        return self._services.paper_trading.sessions().get()

"""The whole daily schedule over a whole market: cycle, feature rows, monitoring, checks and report, stage by stage.

All services are the platform's own, as plain objects in this process, over a PostgreSQL of the benchmark's own. Models
are stood in for by a scorer whose scores depend on the row alone: `python -m benchmarks scoring` measures real ones.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import SecretStr

from actors.checks import Checks
from actors.ingestion import Ingestion
from actors.model_monitoring import ModelMonitoring
from actors.news import News
from actors.paper_trading import PaperTrading
from actors.pattern_analysis import PatternAnalysis
from actors.pattern_recognition import PatternRecognition
from actors.reporting import Reporting
from actors.scanner import Scanner
from actors.service import Service
from actors.services import in_this_process, look_back
from actors.technical_analysis import TechnicalAnalysis
from actors.wiring import Wiring
from adapters.feeds.source import TableSource
from adapters.postgres.migrate import migrate
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.models import EnsembleRow, Entry, MemberRow, ModelRow, ModelStore
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.server import EmbeddedPostgres
from adapters.postgres.session_times import Stopwatch
from adapters.record import Record
from benchmarks.markets import Universe, large, sample
from benchmarks.measure import Table, Timing
from data.importing.importer import BarImporter
from trading.cycle.session import run_session
from trading.cycle.summary import CYCLE
from trading.views.ensemble import Views, weighted
from trading.views.members.registry import MEMBERS
from trading.views.setups import FEATURES

NAME = "stand-in"
TARGET_S = 300.0
SERVICES: tuple[type[Service], ...] = (
    Ingestion, News, TechnicalAnalysis, PatternRecognition, PatternAnalysis, Scanner, PaperTrading, ModelMonitoring,
    Checks, Reporting,
)  # fmt: skip


class StandIn:
    """Stands for the replica: every version scores strength, and nothing else."""

    def score(self, matrix: npt.NDArray[np.float32], versions: Sequence[str]) -> Mapping[str, Views]:
        """The same views, by version."""
        strength = np.nan_to_num(matrix[:, FEATURES.index("relative_strength_20")].astype(np.float64))
        one = np.clip(0.6 + 0.5 * np.tanh(strength), 0.0, 1.0)
        probabilities, weights = np.tile(one, (len(MEMBERS.names), 1)), np.array(MEMBERS.weights)
        return {
            name: Views.raw(
                MEMBERS.names, probabilities, strength / 10, rank=weighted(probabilities, weights), weights=weights,
                ensemble_id=name,
            )
            for name in versions
        }  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """What a session took.

    Attributes:
        took_s: by stage; the cycle's own stages and `cycle`, which is all of them.
        checks: verdict of each kind of daily check.
    """

    session: date
    took_s: Mapping[str, float]
    checks: Mapping[str, str]

    @property
    def total_s(self) -> float:
        """All of the schedule."""
        return sum(self.took_s[name] for name in (CYCLE, "monitoring", "checks", "report"))


def schedule(universe: Universe, home: Path, sessions: int = 2) -> Measured:
    """The latest session of the universe with all that follows it, after as many before it as make it a usual one."""
    server = EmbeddedPostgres(home)
    pool = open_pool(server.start())
    try:
        migrate(pool)
        BarImporter(Record(pool, home), lambda: datetime.now(UTC)).run(
            TableSource(universe.name, "0" * 64, universe.bars)
        )
        days = sorted(set(universe.bars.column("session").to_pylist()))
        _register(pool, days[-sessions - 1])
        wiring = Wiring(home, SecretStr(server.url), 10_000_000)
        made: dict[str, Any] = {each.name: each(wiring) for each in SERVICES}
        try:
            return _sessions(made, pool, wiring, days[-sessions - 1 :])
        finally:
            for each in made.values():
                each.pool.close()
    finally:
        pool.close()
        server.stop()


def _sessions(made: dict[str, Any], pool: Pool, wiring: Wiring, days: Sequence[date]) -> Measured:
    """The first day is history: its patterns are on record. Each later one is decided; the last one is told of."""
    services = in_this_process({**made, "ensemble": StandIn()})
    seen = look_back(services, days[0])
    services.pattern_analysis.warm_up(seen.market.later, seen.patterns.later).get()
    services.technical_analysis.record_regimes(seen.market.later, seen.patterns.later).get()
    del seen
    took: dict[str, float] = {}
    checks: dict[str, str] = {}
    for day in days[1:]:
        roles, watch = LifecycleStore(pool).begin(day, datetime.now(UTC)), Stopwatch(time.perf_counter)
        run_session(services, day, wiring.decisions, roles, watch.ended)
        after = Stopwatch(time.perf_counter)
        made["model_monitoring"].after_session(day)
        after.ended("monitoring")
        checks = {one.kind: one.verdict for one in made["checks"].check()}
        after.ended("checks")
        made["reporting"].write_reports()
        after.ended("report")
        took = {**watch.took_s, CYCLE: watch.total_s, **after.took_s}
    return Measured(days[-1], took, checks)


def _register(pool: Pool, learned_until: date) -> None:
    """The stand-in is on record as the champion: a decision names who gave its views."""
    at, day = datetime.now(UTC), learned_until - timedelta(days=1)
    models = [
        ModelRow(kind, kind, at, "none", "0" * 64, "0" * 64, "benchmark", {}, {}, ["return_5"], day, day)
        for kind in MEMBERS.names
    ]
    members = tuple(MemberRow(name, name, MEMBERS.weight_of(name)) for name in MEMBERS.names)
    ModelStore(pool).register(
        models, EnsembleRow(NAME, at, members, {}, "0" * 64, day), Entry("champion", "benchmark", "the first")
    )


def run() -> Table:
    """The table of this benchmark; `ratio` says how many times the strategy's five minutes hold the time."""
    universe = large()
    table = Table("daily_schedule", "a session with everything included, from its bars to its report")
    if universe is None:
        table.notes.append("on the bundled sample: set INPLAY_SHARED to the folder that holds data/ for a whole market")
        universe = sample()
    with tempfile.TemporaryDirectory(prefix="inplay-schedule-") as folder:
        found = schedule(universe, Path(folder) / "home")
    table.notes.append(
        f"{universe.words}; session {found.session}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    table.notes.append("checks: " + ", ".join(f"{kind} {verdict}" for kind, verdict in found.checks.items()))
    table.notes.append("models are stood in for; `scoring` measures real ones")
    for stage, seconds in (*found.took_s.items(), ("everything", found.total_s)):
        table.add(
            stage, Timing(seconds, seconds, seconds, 1, 0.0), seconds=seconds, ratio=TARGET_S / max(seconds, 1e-6)
        )
    return table

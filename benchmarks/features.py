"""What keeping the feature rows of every setup takes: bytes a session, and a session's time with and without it.

The sessions are run by the platform's own services over a real database, in this process and without models: a session
that also scores takes longer, so that the share of the record is smaller than what is told here.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import SecretStr

from actors.ingestion import Ingestion
from actors.news import News
from actors.paper_trading import PaperTrading
from actors.pattern_analysis import PatternAnalysis
from actors.pattern_recognition import PatternRecognition
from actors.scanner import Scanner
from actors.services import in_this_process
from actors.technical_analysis import TechnicalAnalysis
from actors.wiring import Wiring
from adapters.bars.store import BarStore
from adapters.postgres.migrate import migrate
from adapters.postgres.pool import Pool
from adapters.postgres.server import EmbeddedPostgres
from adapters.postgres.tier_record import TierRecord
from adapters.record import Record
from benchmarks.database import database
from benchmarks.markets import Universe, large, stocks_505
from benchmarks.measure import Table, Timing
from data.tiers.archive import Archive
from trading.bars.panel import as_date
from trading.cycle.session import run_session
from trading.risk.decision_rules import DecisionRules
from trading.views.lifecycle import Roles
from trading.views.signals import Signals

SESSIONS = 21
"""A month of them; the first one, which analyses the history, isn't timed."""
BUDGETS = {505: 120_000, 6_900: 1_200_000}
"""Bytes a session at most, by the number of symbols, as the session's own file."""
MOST_TIMES = 1.15
"""A session with the record may take so many times as long as without."""
AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class _Spent:
    """Seconds that the record of feature rows took, one number a session."""

    seconds: list[float] = field(default_factory=list)


def run() -> Table:
    """The table of this benchmark; `ratio` says how many times as long a session takes with the record."""
    table = Table("features", "a month's sessions by the platform's services, without models; feature rows kept")
    found = [universe for universe in (stocks_505(), large()) if universe is not None]
    if not found:
        table.notes.append("nothing was measured: set INPLAY_SHARED to the folder that holds the real data")
    for universe in found:
        with tempfile.TemporaryDirectory(prefix="inplay-features-") as folder, database(Path(folder)) as pool:
            migrate(pool)
            _measured(universe, Path(folder), pool, table)
    return table


def _measured(universe: Universe, home: Path, pool: Pool, table: Table) -> None:
    record = Record(pool, home)
    record.bar_tables.record_files(BarStore(home, record.bar_tables).write(universe.bars), written_at=AT)
    sessions = [as_date(day) for day in np.unique(universe.bars.column("session").to_numpy())[-SESSIONS:]]
    spent, walls = _replayed(home, sessions)
    files = record.bar_tables.files(timeframe="features")
    sizes = [(home / file.path).stat().st_size for file in files]
    rows = [file.rows for file in files]
    whole, kept = walls[1:], spent.seconds[1:]
    without = [wall - each for wall, each in zip(whole, kept, strict=True)]
    ratio = sum(whole) / sum(without)
    symbols = len(universe.bars.column("symbol").unique())
    budget = BUDGETS[min(BUDGETS, key=lambda size: abs(size - symbols))]
    facts: dict[str, Any] = {
        "symbols": symbols,
        "setups_per_session": round(statistics.mean(rows)),
        "bytes_per_session": round(statistics.mean(sizes)),
        "most_bytes": max(sizes),
        "budget_bytes": budget,
        "budget": "met" if max(sizes) <= budget else "MISSED",
    }
    table.add(
        f"{universe.name}: a session with the record", _timing(whole), ratio=ratio, limit=MOST_TIMES,
        limit_said="met" if ratio <= MOST_TIMES else "MISSED", **facts,
    )  # fmt: skip
    table.add(f"{universe.name}: the same without", _timing(without), ratio=1.0)
    Archive(home, TierRecord(pool)).run(date(2026, 1, 1))
    cold = record.bar_tables.files(timeframe="features")
    merged = sum((home / file.path).stat().st_size for file in cold) / len(sessions)
    table.notes.append(f"{universe.words}: merged by month in the cold tier {merged:,.0f} bytes a session")


def _replayed(home: Path, sessions: list[date]) -> tuple[_Spent, list[float]]:
    """What the record of feature rows took of each session, and what all of the session took, in seconds."""
    spent = _Spent()

    class Timed(PatternAnalysis):
        """Pattern analysis that says how long it keeps feature rows; without models it does nothing else there."""

        def record_signals(self, signals: Signals) -> int:
            """See the service."""
            began = time.perf_counter()
            new = super().record_signals(signals)
            spent.seconds.append(time.perf_counter() - began)
            return new

    wiring = Wiring(home, SecretStr(EmbeddedPostgres(home).url), 10_000_000)
    made = [
        one(wiring) for one in (Ingestion, News, TechnicalAnalysis, PatternRecognition, Timed, Scanner, PaperTrading)
    ]
    asked = in_this_process({**{service.name: service for service in made}, "ensemble": _Nobody()})
    walls = []
    for session in sessions:
        began = time.perf_counter()
        run_session(asked, session, DecisionRules(), Roles())
        walls.append(time.perf_counter() - began)
    for service in made:
        service.pool.close()
    return spent, walls


class _Nobody:
    """Stands for the ensemble, which is never asked: no version has a role."""

    def score(self, *_: object) -> Any:
        """Never asked."""
        raise AssertionError("no version has a role")


def _timing(seconds: list[float]) -> Timing:
    return Timing(statistics.median(seconds), min(seconds), max(seconds), len(seconds), 0.0)

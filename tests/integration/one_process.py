"""The platform's own services as plain objects in this process, over a real database: a replay without Ray."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import SecretStr

from actors.ingestion import Ingestion
from actors.news import News
from actors.paper_trading import PaperTrading
from actors.pattern_analysis import PatternAnalysis
from actors.pattern_recognition import PatternRecognition
from actors.scanner import Scanner
from actors.service import Service
from actors.services import in_this_process
from actors.technical_analysis import TechnicalAnalysis
from actors.wiring import Wiring
from adapters.feeds.source import TableSource
from adapters.postgres.catalysts import CatalystStore
from adapters.postgres.decisions import DECISION_COLUMNS, SCAN_COLUMNS
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.models import EnsembleRow, Entry, MemberRow, ModelRow, ModelStore
from adapters.postgres.patterns import PatternStore
from adapters.postgres.pool import Pool
from adapters.record import Record
from adapters.sample.bundled import load_bars, load_earnings
from data.importing.importer import BarImporter
from research.backtest.served import Models, champion_from
from trading.cycle.session import run_session
from trading.cycle.summary import SessionSummary
from trading.risk.decision_rules import DecisionRules
from trading.views.ensemble import Views, weighted
from trading.views.members.registry import MEMBERS
from trading.views.setups import FEATURES

LEARNED = date(2010, 1, 4)
"""What the scorer below is said to have learned before."""
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SERVICES: tuple[type[Service], ...] = (
    Ingestion, News, TechnicalAnalysis, PatternRecognition, PatternAnalysis, Scanner, PaperTrading,
)  # fmt: skip


class MomentumScorer:
    """A deterministic ensemble without files: it likes strength and volume, and sometimes its three views differ."""

    def score(self, matrix: npt.NDArray[np.float32]) -> Views:
        """Probabilities around 0.6 that depend on the row alone."""

        def squashed(name: str, scale: float) -> npt.NDArray[np.float64]:
            values = np.nan_to_num(matrix[:, FEATURES.index(name)].astype(np.float64))
            return np.clip(0.62 + scale * np.tanh(values), 0.0, 1.0)

        expected = np.nan_to_num(matrix[:, FEATURES.index("return_5")].astype(np.float64)) / 10
        strength, volume = squashed("relative_strength_20", 0.9), squashed("volume_ratio_20", 0.2)
        outcome = np.clip(0.5 + 5 * expected, 0.0, 1.0)
        probabilities, weights = np.array([strength, volume, outcome]), np.array(MEMBERS.weights)
        return Views.raw(
            MEMBERS.names, probabilities, expected, rank=weighted(probabilities, weights), weights=weights,
            ensemble_id="momentum",
        )  # fmt: skip


class MomentumEnsemble:
    """Stands for the replica: every version is the scorer above."""

    def score(self, matrix: npt.NDArray[np.float32], versions: Sequence[str]) -> Mapping[str, Views]:
        """The same views, by version."""
        return {name: MomentumScorer().score(matrix) for name in versions}


def momentum_of(_: object = None) -> Models:
    """The scorer above as champion of every session, in place of models on record."""
    return champion_from("momentum", date.min, MomentumScorer, learned_before=LEARNED)


def register_scorer(pool: Pool) -> None:
    """The scorer above is on record as the champion: a decision with probabilities names who gave them."""
    day = LEARNED
    models = [
        ModelRow(kind, kind, NOON, "none", "0" * 64, "0" * 64, "test", {}, {}, ["return_5"], day, day)
        for kind in MEMBERS.names
    ]
    members = tuple(MemberRow(name, name, MEMBERS.weight_of(name)) for name in MEMBERS.names)
    ensemble = EnsembleRow("momentum", NOON, members, {}, "0" * 64, day)
    ModelStore(pool).register(models, ensemble, Entry("champion", "test", "the first"))


@dataclass(frozen=True)
class Replay:
    """Everything that a replay left on record, by session."""

    summaries: list[SessionSummary]
    journal: list[tuple[Any, ...]]
    decisions: list[tuple[Any, ...]]
    scans: list[tuple[Any, ...]]

    def until(self, last: date) -> Replay:
        """The part up to a session, which stands in the first place of every row."""
        return Replay(
            [summary for summary in self.summaries if summary.session <= last],
            *([row for row in rows if row[0] <= last] for rows in (self.journal, self.decisions, self.scans)),
        )


@dataclass
class Platform:
    """One data folder and one database, both empty at first.

    Attributes:
        replaced: services that take the place of the platform's own of the same name.
    """

    home: Path
    url: str
    pool: Pool
    replaced: Sequence[type[Service]] = field(default_factory=tuple)

    def import_until(self, last: date | None) -> None:
        """The sample is stored through the gates, as if it had ended with the session `last` (all of it if None)."""
        bars, events = load_bars().table, load_earnings().table
        if last is not None:
            bars = bars.filter(pc.less_equal(bars.column("session"), pa.scalar(last)))
            events = events.filter(pc.less_equal(events.column("event_date"), pa.scalar(last)))
        self.import_bars(f"sample until {last}", bars)
        CatalystStore(self.pool).record_earnings(events, source="sample", at=NOON)
        register_scorer(self.pool)

    def import_bars(self, name: str, bars: pa.Table) -> None:
        """The bars are stored through the gates."""
        BarImporter(Record(self.pool, self.home), lambda: NOON).run(TableSource(name, "0" * 64, bars))

    @contextmanager
    def services(self) -> Iterator[dict[str, Any]]:
        """The services, constructed anew, as after a start."""
        wiring = Wiring(self.home, SecretStr(self.url), 10_000_000)
        classes = {service.name: service for service in (*SERVICES, *self.replaced)}
        made = {name: service(wiring) for name, service in classes.items()}
        try:
            yield {**made, "ensemble": MomentumEnsemble()}
        finally:
            for service in made.values():
                service.pool.close()

    def replay(self, sessions: Sequence[date]) -> Replay:
        """The sessions run one after the other, and what they left on record."""
        with self.services() as services:
            self._warm_up(services, sessions[0])
            local = in_this_process(services)
            summaries = [
                run_session(local, session, DecisionRules(), LifecycleStore(self.pool).begin(session, NOON))
                for session in sessions
            ]
        return Replay(
            summaries,
            self._rows("SELECT session, seq, body, hash FROM journal ORDER BY seq"),
            self._rows(f"SELECT {', '.join(DECISION_COLUMNS)} FROM decisions ORDER BY session, account, symbol"),  # noqa: S608
            self._rows(f"SELECT {', '.join(SCAN_COLUMNS)} FROM scans ORDER BY session, rank"),  # noqa: S608
        )

    def _warm_up(self, services: dict[str, Any], first: date) -> None:
        """The patterns before the first session whose outcome may still be open are on record; older ones take long."""
        last = max(session for session in services["ingestion"].sessions() if session < first)
        market = services["technical_analysis"].observe(last, services["ingestion"].deliver(last))
        patterns = services["pattern_recognition"].recognise(last, market, services["news"].known_at(last))
        since = np.unique(market.panel.sessions)[-10]
        recent = np.flatnonzero(market.panel.sessions[patterns.detections.row] >= since)
        log = services["pattern_analysis"]._log(market, patterns, recent)
        PatternStore(self.pool).record(log)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.pool.connection() as connection:
            return connection.execute(query.encode()).fetchall()

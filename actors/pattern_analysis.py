"""Pattern analysis: every pattern with its context, its outcome once known, and every decision, on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa

from actors.service import Service
from actors.wiring import Wiring, now
from adapters.calendar import closes
from adapters.feature_rows import FeatureRowStore
from adapters.postgres.decisions import DecisionStore
from adapters.postgres.patterns import PatternStore
from adapters.postgres.session_patterns import SessionPatternStore
from adapters.postgres.signals import SignalStore
from data.ended import ended_histories, ended_markets, with_a_break_since
from data.known_at import known_at_close
from trading.arrays import Ints
from trading.bars.actions import Break
from trading.bars.panel import as_date, as_day
from trading.cycle import services
from trading.cycle.questions import question
from trading.cycle.stages import Market, Patterns
from trading.decisions.book_view import Decision
from trading.evidence.log import detections_at, pattern_log
from trading.evidence.outcomes import outcomes_on_record
from trading.patterns.in_session import SessionPatterns
from trading.risk.model_trust import SignalEvidence
from trading.views.feature_rows import FeatureRows
from trading.views.signals import Signals


class PatternAnalysis(Service):
    """Writer of `pattern_training_data`, of patterns within sessions, of signals, feature rows and decisions."""

    name = "pattern_analysis"

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(wiring)
        self._followed: tuple[Break, ...] = ()

    @cached_property
    def _store(self) -> PatternStore:
        return PatternStore(self.pool)

    @cached_property
    def _feature_rows(self) -> FeatureRowStore:
        """What an earlier process had not yet put on record when it ended is gone once this one begins to write."""
        store = self.on_record.feature_rows
        store.sweep()
        return store

    def _log(self, market: Market, patterns: Patterns, picked: Ints) -> pa.Table:
        table = pattern_log(market, patterns, picked, self.wiring.decisions.outcome)
        sessions = table.column("session").to_numpy().astype("datetime64[D]")
        stamps = pa.array(closes(sessions), pa.timestamp("us", tz="UTC"))
        return table.append_column("timestamp", stamps)

    def warm_up(self, market: Market, patterns: Patterns) -> int:
        """Every pattern of the history is on record, with the outcomes known by its end; returns how many are new.

        Those of the stretches that breaks ended are among them.
        """
        everything = np.arange(len(patterns.detections), dtype=np.int64)
        new = self._store.record(self._log(market, patterns, everything))
        known = known_at_close(self.on_record, as_date(market.panel.sessions.max()))
        for ended, found in ended_histories(known):
            picked = np.flatnonzero(np.isin(found.detections.row, ended.ended_rows))
            new += self._store.record(self._log(ended, found, picked))
        return new

    def record(self, session: date, market: Market, patterns: Patterns) -> int:
        """The session's patterns are on record, and outcomes that it made known are filled in; returns the new ones."""
        today = detections_at(market, patterns, as_day(session))
        new = self._store.record(self._log(market, patterns, today))
        open_ = self._store.open_patterns(session)
        self._store.fill_outcomes(outcomes_on_record(market, open_, self.wiring.decisions.outcome))
        self._settle(session, open_)
        return new

    def _settle(self, session: date, open_: pa.Table) -> None:
        """What breaks ended has its outcome; each set of breaks is followed once in the life of the service."""
        known = known_at_close(self.on_record, session)
        if known.breaks == self._followed:
            return
        symbols = with_a_break_since(known, open_)
        for ended in ended_markets(known, symbols) if symbols else ():
            self._store.fill_outcomes(outcomes_on_record(ended, open_, self.wiring.decisions.outcome))
        self._followed = known.breaks

    def record_in_session(self, found: SessionPatterns | None) -> int:
        """The patterns within a session are on record with their outcome; returns how many are new."""
        if found is None:
            return 0
        return SessionPatternStore(self.pool).record(found.session, found.bars, found.table)

    def record_decisions(self, decisions: Sequence[Decision]) -> int:
        """Every decision is on record with the ensemble that gave its views; returns how many are new."""
        return DecisionStore(self.pool).record(decisions)

    def record_signals(self, signals: Signals) -> int:
        """What each version said of each setup is on record, after the features it was judged by; returns the new ones.

        Raises:
            UnavailableError: when the disk takes no feature rows; the session isn't complete and can be run again.
        """
        self._feature_rows.record(FeatureRows.of(signals), at=now())
        return SignalStore(self.pool).record(signals)

    def evidence(self, session: date, since: date, versions: Sequence[str]) -> Mapping[str, SignalEvidence]:
        """What became of setups in play since then that each version was for, as known at the close of the session."""
        return SignalStore(self.pool).evidence(session, since, versions, self.wiring.decisions.model_risk)


class AskPatternAnalysis(services.AskPatternAnalysis):
    """Questions to the pattern analysis: those of a session, and those of a run."""

    warm_up = question(PatternAnalysis.warm_up)

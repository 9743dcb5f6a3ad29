"""Technical analysis: indicators and market context of everything known at a session's close."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from actors.news import FIRST_DAY
from actors.service import Service
from actors.wiring import Wiring
from adapters.bars import BarStore
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.regimes import RegimeStore
from adapters.postgres.vix import VixStore
from trading.cycle import Market, Patterns, analyse, regimes_of
from trading.history import as_of
from trading.panel import BARS_SCHEMA
from trading.regimes import Regime


class TechnicalAnalysis(Service):
    """Holds the bars seen so far and analyses them once a session. Writer of the regimes."""

    name = "technical_analysis"

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(wiring)
        self._bars: pa.Table = BARS_SCHEMA.empty_table()
        self._through: date | None = None

    def observe(self, session: date, batch: pa.Table) -> Market:
        """The market at the close of the session.

        Bars of earlier sessions come from memory when they were just seen, else from the store (after a restart, when a
        session is repeated, or when a resumed run skips sessions that are complete); the answer is the same.
        """
        record = BarRecord(self.pool)
        if not self._follows(session, record):
            stored = BarStore(self.wiring.home, record).read(FIRST_DAY, session)
            self._bars = stored.filter(pc.less(stored.column("session"), pa.scalar(session)))
        self._bars = pa.concat_tables([self._bars, batch])
        self._through = session
        sectors = {symbol: sector for symbol, (_, sector, _) in record.instruments().items() if sector is not None}
        history = as_of(self._bars, record.splits(), record.breaks(), session)
        return analyse(history, vix=VixStore(self.pool).closes_before(session), sectors=sectors)

    def record_regime(self, session: date, market: Market, patterns: Patterns) -> Regime:
        """The regime at the close of the session; it is on record."""
        found = regimes_of(market, patterns).at(session)
        RegimeStore(self.pool).record([found])
        return found

    def record_regimes(self, market: Market, patterns: Patterns) -> int:
        """The regimes of the whole history are on record; returns how many are new."""
        found = regimes_of(market, patterns)
        return RegimeStore(self.pool).record(found.at(session) for session in found.sessions)

    def _follows(self, session: date, record: BarRecord) -> bool:
        """Whether the bars in memory are all those before the session."""
        seen = self._through
        if seen is None or session <= seen:
            return False
        return not any(seen < day < session for file in record.files(seen, session) for day in file.sessions)

"""The scanner: stocks in play, and the security checks that keep a name out."""

from __future__ import annotations

from datetime import date

from actors.service import Service
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.decisions import ScanStore
from trading.cycle import Market, Patterns
from trading.scanner import InPlay, scan_all


class Scanner(Service):
    """Writer of the scans."""

    name = "scanner"

    def scan(self, session: date, market: Market, patterns: Patterns) -> tuple[InPlay, ...]:
        """The stocks in play at the close of the session, best first; they are on record."""
        record = BarRecord(self.pool)
        found = scan_all(
            market.panel, market.indicators, market.context, patterns.catalyst,
            session=session, rules=self.wiring.scanner, jumps=[*record.splits(), *record.breaks()],
        )  # fmt: skip
        ScanStore(self.pool).record(session, found.in_play)
        return found.in_play

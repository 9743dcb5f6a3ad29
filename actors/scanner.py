"""The scanner: stocks in play, and the security checks that keep a name out."""

from __future__ import annotations

from datetime import date

from actors.service import Service
from actors.wiring import Wiring
from adapters.postgres.decisions import ScanStore
from data.known_at import known_at_close
from trading.cycle.stages import Market, Patterns
from trading.scanner.at_close import InPlay, scan


class Scanner(Service):
    """Writer of the scans."""

    name = "scanner"

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(wiring)
        self._exclusions: tuple[date, dict[str, int]] | None = None

    def scan(self, session: date, market: Market, patterns: Patterns) -> tuple[InPlay, ...]:
        """The stocks in play at the close of the session, best first; they are on record."""
        known = known_at_close(self.on_record, session)
        found = scan(
            market.panel, market.indicators, market.context, patterns.catalyst,
            session=session, rules=self.wiring.scanner, jumps=[*known.splits, *known.breaks],
        )  # fmt: skip
        ScanStore(self.pool).record(session, found.in_play)
        self._exclusions = (session, found.excluded)
        return found.in_play

    def last_exclusions(self) -> tuple[date, dict[str, int]] | None:
        """The last session scanned since the start and how many names were left out for which reason."""
        return self._exclusions

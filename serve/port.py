"""The port between the HTTP API and the rest of the platform.

The methods are synchronous: the API calls them on a bounded pool of threads and gives up waiting after its time limit,
so a hung database costs one thread and one 503, never the event loop.

Raises, for every method:
    UnavailableError: something behind the port can't be used now; the client gets 503 and may try again.
    ModelError: no usable model; 503 as well.
Any other exception is a defect: it is logged, and the client gets 500 without its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from serve.schemas import (
    Book,
    Catalysts,
    Costs,
    EquityCurves,
    Health,
    Models,
    News,
    Orders,
    Patterns,
    PatternStatistics,
    Performance,
    Portfolio,
    Positions,
    Progress,
    Regime,
    Scan,
    Signals,
    Storage,
    Trades,
    TradingState,
)


class Backend(Protocol):
    """What the API needs to know. Every list is at most `limit` long; `book=None` means both accounts."""

    def signals(self, symbols: Sequence[str] | None, limit: int) -> Signals:
        """Scores at the latest bar.

        Args:
            symbols: distinct tickers, answered in this order; `None` = the latest session's stocks in play, strongest
                first.
            limit: most signals to return; never under `len(symbols)`.
        """
        ...

    def portfolio(self) -> Portfolio:
        """Both accounts, marked at the latest close."""
        ...

    def positions(self, book: Book | None, limit: int) -> Positions:
        """Open positions, by book and symbol."""
        ...

    def orders(self, book: Book | None, limit: int) -> Orders:
        """Orders, latest first."""
        ...

    def trades(self, book: Book | None, limit: int) -> Trades:
        """Closed round trips, latest first."""
        ...

    def scanner(self, limit: int) -> Scan:
        """The latest session's stocks in play, by rank."""
        ...

    def regime(self, session: date | None) -> Regime:
        """The market's regime at the close of the session, the latest one on record if None."""
        ...

    def models(self) -> Models:
        """Ensembles in use, the champion first."""
        ...

    def performance(self) -> Performance:
        """The report over the sessions replayed so far."""
        ...

    def equity_curves(self) -> EquityCurves:
        """Equity of both accounts and the benchmark at each close."""
        ...

    def patterns(self, limit: int) -> Patterns:
        """What the training table holds."""
        ...

    def pattern_statistics(self, condition: str, label: str | None, limit: int) -> PatternStatistics:
        """The patterns beside random candles.

        Args:
            condition: `all`, or a condition's name; without patterns for one that doesn't exist.
            label: one of the condition's labels; None = all of them.
            limit: most patterns to return.
        """
        ...

    def catalysts(self, limit: int) -> Catalysts:
        """Catalysts, latest first."""
        ...

    def news(self, symbol: str | None, limit: int) -> News:
        """The latest news on record, of one company or of all."""
        ...

    def health(self) -> Health:
        """All services."""
        ...

    def storage(self) -> Storage:
        """Disk, tiers and backups, by the record."""
        ...

    def costs(self) -> Costs:
        """What machines cost, and training sessions, by the record."""
        ...

    def trading(self) -> TradingState:
        """Whether trading is suspended or armed, and the account at the broker."""
        ...

    def suspend(self, reason: str) -> TradingState:
        """Nothing new is opened from now on; repeating it is harmless."""
        ...

    def resume(self, reason: str) -> TradingState:
        """A suspension is over; nothing is armed by it."""
        ...

    def progress(self) -> Progress:
        """What the run is doing; cheap, it is asked every second by each open dashboard."""
        ...

"""Which account at which broker the cycle orders for: plain values, so that they travel."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.alpaca.http import AlpacaKeys
from trading.decisions.book_view import Source


@dataclass(frozen=True)
class BrokerAccount:
    """An account at Alpaca.

    Attributes:
        broker: `alpaca-paper` or `alpaca-live`.
        url: of the trading API.
        decides_by: the system that the book follows.
        reconcile_every_s: beside each session.
    """

    broker: str
    keys: AlpacaKeys
    url: str
    decides_by: Source
    reconcile_every_s: float
    requests_per_min: int

    @property
    def stream_url(self) -> str:
        """Of `trade_updates`."""
        return f"{self.url.replace('http', 'ws', 1)}/stream"

"""The last trade of each symbol, as a live feed says it; kept in memory alone."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MOST_SYMBOLS = 20_000


@dataclass(frozen=True)
class Trade:
    """One trade.

    Attributes:
        at: when it was made, UTC.
        size: in shares.
    """

    at: datetime
    price_usd: float
    size: int


class LastTrades:
    """The last trade of each symbol; a trade that is older than the one known changes nothing."""

    def __init__(self) -> None:
        self._trades: dict[str, Trade] = {}
        self._lock = threading.Lock()
        self.heard = 0
        self.unread = 0

    def take(self, messages: Iterable[Any]) -> None:
        """The trades of Alpaca's messages are known; what is no trade is counted."""
        for message in messages:
            found = _trade(message)
            with self._lock:
                if found is None or (found[0] not in self._trades and len(self._trades) >= MOST_SYMBOLS):
                    self.unread += 1
                    continue
                self.heard += 1
                symbol, trade = found
                known = self._trades.get(symbol)
                if known is None or known.at <= trade.at:
                    self._trades[symbol] = trade

    def known(self) -> dict[str, Trade]:
        """By symbol."""
        with self._lock:
            return dict(self._trades)


def _trade(message: Any) -> tuple[str, Trade] | None:
    """Alpaca's `S`, `t`, `p` and `s`."""
    try:
        symbol, at = message["S"], message["t"].to_datetime()
        price, size = float(message["p"]), int(message["s"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
    usable = isinstance(symbol, str) and symbol and 0 < price < float("inf") and size >= 0
    return (symbol, Trade(at, price, size)) if usable else None

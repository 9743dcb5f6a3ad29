"""Lists of orders that wait for the owner's yes."""

from __future__ import annotations

from datetime import UTC, date, datetime

from trading.approval.asked import Asked, AskedOrder, Silence

SESSION = date(2026, 11, 16)
CLOSED = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)
ENDS = datetime(2026, 11, 17, 14, tzinfo=UTC)
"""Half an hour before Tuesday's open: 09:30 in New York is 14:30 UTC in November."""


def order(symbol: str, account: str = "hybrid", session: date = SESSION) -> AskedOrder:
    """A purchase of ten shares, $1,000.00 together."""
    name = f"order:{session}:{account}:{symbol}"
    return AskedOrder(name, symbol, "buy", 10, 100_000, f"a flag of {symbol}")


def a_list(
    *symbols: str, silence: Silence = "hold", account: str = "hybrid", session: date = SESSION, number: int = 0,
    asked_at: datetime = CLOSED, expires_at: datetime = ENDS,
) -> Asked:  # fmt: skip
    """Purchases of these symbols, AAPL and MSFT if none is named."""
    orders = tuple(order(symbol, account, session) for symbol in symbols or ("AAPL", "MSFT"))
    return Asked(session, account, orders, asked_at, expires_at, silence, number)

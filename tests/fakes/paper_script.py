"""Random weeks of a small market for the tests of paper trading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from hypothesis import strategies as st

from trading.broker.orders import Bracket, OrderRequest
from trading.engine.bars import CorporateAction, Quotes

SYMBOLS = ("AA", "BB", "CC")
FIRST = date(2010, 1, 4)
SPLITS = ((2, 1), (3, 2), (1, 10), (7, 3))


Prices = tuple[int, int, int, int, int]
"""Open, high, low and close in 1/10,000 USD, and the volume."""


@dataclass(frozen=True)
class Step:
    """One session: what the tape prints, what companies do before the open, what is ordered at the close."""

    session: date
    prices: dict[str, Prices]
    actions: tuple[CorporateAction, ...]
    orders: tuple[OrderRequest, ...]

    @property
    def quotes(self) -> Quotes:
        """The tape's prints as the desk takes them."""
        return quotes_of(self.prices)


def quotes_of(prices: dict[str, Prices]) -> Quotes:
    """Bars by symbol as columns."""
    columns = np.array(list(prices.values()), np.int64).reshape(-1, 5).T
    return Quotes(list(prices), columns[:4], columns[4])


@st.composite
def quotes(draw: st.DrawFn, price_usd_e4: int) -> Prices | None:
    """A bar around a price; None where the symbol is silent. One bar in ten has no volume."""
    if draw(st.integers(0, 9)) == 0:
        return None
    open_, close = (max(1, price_usd_e4 * (100 + draw(st.integers(-6, 6))) // 100) for _ in range(2))
    high = max(open_, close) * (100 + draw(st.integers(0, 4))) // 100
    low = max(1, min(open_, close) * (100 - draw(st.integers(0, 4))) // 100)
    volume = 0 if draw(st.integers(0, 9)) == 0 else 1_000_000
    return open_, high, low, close, volume


@st.composite
def orders(draw: st.DrawFn, session: date, symbol: str, price_usd_e4: int) -> OrderRequest:
    """An order of up to more than the account can pay."""
    stop, target = (max(1, price_usd_e4 * draw(st.sampled_from([2, 10, 60])) // 100) for _ in range(2))
    shares = draw(st.sampled_from([1, 7, 100, 3_000, 10_000_000]))
    hold = draw(st.integers(1, 9))
    bracket = Bracket(stop_distance_usd_e4=stop, target_distance_usd_e4=target, hold_sessions=hold)
    return OrderRequest(f"order:{session}:{symbol}", symbol, "buy", shares, "on_open", bracket=bracket, reason="a test")


@st.composite
def scripts(draw: st.DrawFn, max_sessions: int = 12) -> list[Step]:
    """Sessions in order, with splits, breaks, silent sessions and symbols that fall silent for good."""
    prices = {symbol: draw(st.sampled_from([400, 30_000, 250_000, 6_000_000])) for symbol in SYMBOLS}
    lost: set[str] = set()
    steps = []
    for number in range(draw(st.integers(1, max_sessions))):
        session = FIRST + timedelta(days=number)
        actions = []
        for symbol in SYMBOLS:
            happens = draw(st.integers(0, 29))
            if happens <= 2:
                up, down = draw(st.sampled_from(SPLITS))
                prices[symbol] = max(1, prices[symbol] * down // up)
                actions.append(CorporateAction(symbol, "split", up, down, reason="split"))
            elif happens == 3:
                actions.append(CorporateAction(symbol, "break", reason="spin-off"))
            elif happens == 4:
                lost.add(symbol)
        made = {symbol: draw(quotes(prices[symbol])) for symbol in SYMBOLS if symbol not in lost}
        prices |= {symbol: quote[3] for symbol, quote in made.items() if quote}
        wanted = tuple(draw(orders(session, symbol, prices[symbol])) for symbol in SYMBOLS if draw(st.booleans()))
        steps.append(Step(session, {s: q for s, q in made.items() if q}, tuple(actions), wanted))
    return steps

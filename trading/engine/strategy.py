"""What a columnar strategy is, and what it may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from trading.arrays import Ints
from trading.engine.bars import Step
from trading.engine.instruments import Instruments
from trading.engine.requests import OrderRequests


@dataclass(frozen=True)
class View:
    """What is known at the close of a bar. Arrays are for reading only.

    Attributes:
        open_usd_e4: and the other prices in 1/10,000 USD, int64 `(bars so far, instruments)`; the last row is the bar
            that just closed. Zero where there was no bar.
        shares: held, negative when short, int64 `(instruments,)`.
        ordered: shares of open orders that wait, buys less sales, legs of brackets left out; likewise.
        last_close_usd_e4: the latest close of each instrument up to now, zero if there was none.
        cash_cents: in the account.
        equity_cents: cash and positions at their last closes.
    """

    step: Step
    instruments: Instruments
    open_usd_e4: Ints
    high_usd_e4: Ints
    low_usd_e4: Ints
    close_usd_e4: Ints
    volume: Ints
    last_close_usd_e4: Ints
    shares: Ints
    ordered: Ints
    cash_cents: int
    equity_cents: int


class Strategy(Protocol):
    """Decides for the whole universe at once. Ids of orders are its own to make, from what it knows."""

    def decide(self, view: View) -> OrderRequests | None:
        """The orders to place now; they fill on the next bar at the earliest."""
        ...

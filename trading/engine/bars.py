"""The bars of one time for the whole universe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Literal

import numpy as np

from trading.arrays import Flags, Ints
from trading.bars.actions import Break, Split
from trading.engine.instruments import Instruments
from trading.errors import BadDataError

REGULAR_S = 23_400
"""Seconds of a regular session, 9:30 to 16:00."""


@dataclass(frozen=True)
class Step:
    """A bar time.

    Attributes:
        at: when the bars are known, their close; UTC.
        session: the exchange session they belong to.
        first: they open the session: orders on the open fill at their opens.
        last: they close it: orders on the close fill at their closes, day orders end, fees accrue.
        regular: within regular trading hours; outside them the spread is wider.
        duration_s: how long a bar lasts.
    """

    at: datetime
    session: date
    first: bool = True
    last: bool = True
    regular: bool = True
    duration_s: int = REGULAR_S

    @staticmethod
    def daily(session: date) -> Step:
        """The one bar time of a session of daily bars, stamped at the end of its day."""
        return Step(datetime.combine(session, time(23, 59, 59), UTC), session)


@dataclass(frozen=True)
class Bars:
    """Columns of one bar time, a place for each instrument; a volume of zero means that there is no bar.

    Attributes:
        open_usd_e4: and the other prices in 1/10,000 USD, int64 `(n,)`.
        volume: shares, int64.
        halted: trading stood still, so nothing fills; None for nowhere.
        stale: the feed's bar is older than the time says, so nothing fills and it marks nothing; None for nowhere.
    """

    step: Step
    open_usd_e4: Ints
    high_usd_e4: Ints
    low_usd_e4: Ints
    close_usd_e4: Ints
    volume: Ints
    halted: Flags | None = None
    stale: Flags | None = None

    def __len__(self) -> int:
        return len(self.volume)

    @cached_property
    def printed(self) -> Flags:
        """Where there is a fresh bar in which somebody traded at prices that can be."""
        fresh: Flags = (self.volume > 0) & (self.low_usd_e4 > 0)
        return fresh if self.stale is None else fresh & ~self.stale

    @cached_property
    def tradable(self) -> Flags:
        """Where orders may fill."""
        return self.printed if self.halted is None else self.printed & ~self.halted

    @staticmethod
    def of(
        step: Step,
        instruments: Instruments,
        symbols: Sequence[str],
        prices_usd_e4: Ints,
        volume: Ints,
        *,
        halted: Flags | None = None,
    ) -> Bars:
        """Bars of some symbols as columns of the whole universe, which learns the new ones.

        Args:
            step: their time.
            instruments: the universe.
            symbols: one a bar.
            prices_usd_e4: `(4, n)`: open, high, low, close.
            volume: shares, one a bar.
            halted: one a bar.

        Raises:
            BadDataError: when a symbol has two bars; which one is right can't be known.
        """
        if len(set(symbols)) < len(symbols):
            twice = sorted({symbol for symbol in symbols if list(symbols).count(symbol) > 1})
            raise BadDataError(f"two bars of {', '.join(twice[:5])} at {step.at}. Nothing was traded on any of them.")
        instruments.add(symbols)
        at = np.fromiter((instruments.numbers[symbol] for symbol in symbols), np.int64, len(symbols))
        wide = np.zeros((5, len(instruments)), np.int64)
        wide[:4, at], wide[4, at] = prices_usd_e4, volume
        still = np.zeros(len(instruments), np.bool_)
        if halted is not None:
            still[at] = halted
        return Bars(
            step=step,
            open_usd_e4=wide[0],
            high_usd_e4=wide[1],
            low_usd_e4=wide[2],
            close_usd_e4=wide[3],
            volume=wide[4],
            halted=None if halted is None else still,
        )

    @staticmethod
    def none(step: Step) -> Bars:
        """A time at which nothing printed."""
        empty = np.zeros(0, np.int64)
        return Bars(step=step, open_usd_e4=empty, high_usd_e4=empty, low_usd_e4=empty, close_usd_e4=empty, volume=empty)


@dataclass(frozen=True)
class Quotes:
    """Bars of some symbols at one time, before they have their place in a universe.

    Attributes:
        symbols: one a bar.
        prices_usd_e4: int64 `(4, n)`: open, high, low, close.
        volume: shares, int64.
    """

    symbols: Sequence[str]
    prices_usd_e4: Ints
    volume: Ints

    def at(self, step: Step, instruments: Instruments) -> Bars:
        """As columns of the universe, which learns new symbols."""
        return Bars.of(step, instruments, self.symbols, self.prices_usd_e4, self.volume)


Action = Literal["split", "dividend", "break"]


@dataclass(frozen=True)
class CorporateAction:
    """What happened to a symbol before the open of a session.

    Attributes:
        kind: `split` with its factor (new shares for old); `dividend` with the amount a share; or `break`: the prices
            before and after can't be joined (a spin-off, a lost history), so the position is settled.
        explained: of a break: the source says what was distributed, so the position is worth its last close before.
            Without that it is worth the worse of that and the first price after, as nobody knows what happened.
        guessed: of a split: bars alone suggest it.
    """

    symbol: str
    kind: Action
    numerator: int = 1
    denominator: int = 1
    amount_usd_e4: int = 0
    reason: str = ""
    explained: bool = False
    guessed: bool = False


def actions_at(session: date, splits: Iterable[Split], breaks: Iterable[Break]) -> list[CorporateAction]:
    """What takes effect at the open of the session, splits before breaks, each in the order given."""
    return [
        *(
            CorporateAction(
                split.symbol, "split", split.numerator, split.denominator, reason="split", guessed=split.guessed
            )
            for split in splits
            if split.session == session
        ),
        *(
            CorporateAction(cut.symbol, "break", reason=cut.reason, explained=cut.explained)
            for cut in breaks
            if cut.session == session
        ),
    ]

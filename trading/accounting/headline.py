"""One figure: what an account made after everything that running it cost, beside T-bills and buy-and-hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from trading.arrays import Floats
from trading.performance.estimate import Estimate, block_samples, interval, widening
from trading.performance.inputs import returns_of

YEAR_DAYS = 365
PER_CENT = 100


@dataclass(frozen=True)
class Asked:
    """What the figure is made of.

    Attributes:
        equity_usd: of the account, before the first session, then at each close; `hold_usd` likewise of buy-and-hold.
        first: day of the first session; `last` of the last one.
        costs_usd: of running it on these days; None where none is on record.
        tbill_percent: what T-bills paid a year, as the owner set it; None where nobody said.
        seed: of the bootstrap.
    """

    account: str
    equity_usd: Sequence[float]
    hold_usd: Sequence[float]
    first: date
    last: date
    costs_usd: float | None
    tbill_percent: float | None
    seed: int

    @property
    def days(self) -> int:
        """From the first to the last day, both counted."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Headline:
    """The figure and what it is beside; amounts in dollars.

    Attributes:
        profit_usd: after the costs of trading, before those of running it.
        costs_usd: of running it; None where none is on record.
        after_costs_usd: the headline: profit less costs. Without a cost on record it isn't known, and None.
        tbill_usd: what the same sum made in T-bills; None where no rate is set.
        over_tbills_usd: headline less that.
        hold_usd: what buy-and-hold made, without any cost.
        over_hold_usd: headline less that, of the same resampled sessions.
        breakeven_usd: the account size below which costs eat the profit, at this return; None where there is none.
        words: the figure in a sentence.
    """

    account: str
    first: date
    last: date
    days: int
    start_usd: float
    profit_usd: Estimate
    costs_usd: float | None
    after_costs_usd: Estimate
    tbill_percent: float | None
    tbill_usd: float | None
    over_tbills_usd: Estimate
    hold_usd: float
    over_hold_usd: Estimate
    breakeven_usd: Estimate
    words: str


def headline(asked: Asked) -> Headline:
    """The figure.

    Intervals are those of a moving-block bootstrap of sessions (`trading.performance.estimate`); costs are known and
    have none. T-bills: the sum at the rate set, compounded once a year, over the calendar days.
    """
    start = float(asked.equity_usd[0])
    mine, hold = returns_of(asked.equity_usd), returns_of(asked.hold_usd)
    draws = block_samples(len(mine), np.random.default_rng(asked.seed))
    made, held = start * _total(mine[draws]), start * _total(hold[draws])
    profit = round(float(asked.equity_usd[-1]) - start, 2)  # sums of whole cents
    hold_usd = float(asked.hold_usd[-1]) - start
    wide = widening(len(mine))
    profit_usd = interval(profit, made, widen=wide, within=(-start, np.inf))
    tbill_usd = _tbill(start, asked)
    after = _less(profit_usd, asked.costs_usd)
    over_hold = _less(interval(profit - hold_usd, made - held, widen=wide), asked.costs_usd)
    breakeven = _breakeven(profit_usd, start, asked.costs_usd)
    return Headline(
        account=asked.account, first=asked.first, last=asked.last, days=asked.days, start_usd=start,
        profit_usd=profit_usd, costs_usd=asked.costs_usd, after_costs_usd=after, tbill_percent=asked.tbill_percent,
        tbill_usd=tbill_usd, over_tbills_usd=Estimate(None) if tbill_usd is None else _less(after, tbill_usd),
        hold_usd=hold_usd, over_hold_usd=over_hold, breakeven_usd=breakeven,
        words=_words(asked, profit, after, breakeven),
    )  # fmt: skip


def _total(returns: Floats) -> Floats:
    return np.asarray(np.prod(1.0 + returns, axis=1) - 1.0)


def _tbill(start: float, asked: Asked) -> float | None:
    if asked.tbill_percent is None:
        return None
    return start * float((1.0 + asked.tbill_percent / PER_CENT) ** (asked.days / YEAR_DAYS) - 1.0)


def _less(figure: Estimate, usd: float | None) -> Estimate:
    """The figure less a known sum; not known where the sum isn't."""
    if usd is None or figure.value is None:
        return Estimate(None)
    low, high = (None if end is None else end - usd for end in (figure.low, figure.high))
    return Estimate(figure.value - usd, low, high)


def _breakeven(profit_usd: Estimate, start: float, costs_usd: float | None) -> Estimate:
    """Costs over the return: open upwards where the return may be zero or less."""
    if costs_usd is None or profit_usd.value is None or profit_usd.value <= 0:
        return Estimate(None)
    low, high = (
        None if end is None or end <= 0 else costs_usd * start / end for end in (profit_usd.high, profit_usd.low)
    )
    return Estimate(costs_usd * start / profit_usd.value, low, high)


def dollars(value: float) -> str:
    """For example -$1,234.50."""
    return f"{'-' if value < 0 else ''}${abs(value):,.2f}"


def _words(asked: Asked, profit: float, after: Estimate, breakeven: Estimate) -> str:
    did = "lost" if profit < 0 else "made"
    span = f"{asked.first} to {asked.last}"
    made = f"{asked.account} {did} {dollars(abs(profit))} after the costs of trading from {span}"
    if asked.costs_usd is None or after.value is None:
        return (
            f"{made}. No cost of running it is on record for these days, so profit after all costs isn't known: enter "
            "what it costs with `inplay costs add`."
        )
    told = f"{made}; running it cost {dollars(asked.costs_usd)}: {dollars(after.value)} after all costs."
    if asked.costs_usd <= 0:
        return told
    if breakeven.value is None:
        return f"{told} An account that makes no profit pays for no machine, whatever its size."
    return f"{told} At this return an account below {dollars(breakeven.value)} makes less than running it costs."

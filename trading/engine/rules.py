"""The rules of an account: what may be bought on which cushion, and what holding it costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from trading.arrays import Ints
from trading.engine.account import Account
from trading.engine.fills import PAPER_FILLS, FillModel
from trading.money import E4

YEAR_DAYS = 360
"""Brokers count 360 days a year for interest and borrow fees."""


@dataclass(frozen=True)
class AccountRules:
    """What the account may do; the defaults are those of a cash account.

    Attributes:
        kind: `cash`: no more than the cash buys, no short sales. `margin`: Regulation T.
        when_short: what happens where money is short. `refuse`: the order is refused when it is placed, and cancelled
            if the money is gone when it fills. `reduce`: it is taken, and fills for as many shares as the money pays.
        initial_bp: equity that a new position needs, long or short. 50 %: Regulation T, 12 CFR 220.12.
        maintenance_long_bp: equity that a long position must keep, 25 %: FINRA Rule 4210(c)(1).
        maintenance_short_bp: 30 %: FINRA Rule 4210(c)(3). Below either a warning is recorded at each close.
        borrow_bp_per_year: fee on the value of short positions, for each day from one session's close to the next. 30
            bp is what stocks that are easy to borrow cost; an assumption, hard ones cost many times as much.
        debit_interest_bp_per_year: on borrowed cash, likewise; zero leaves it out.
        day_trade_equity_cents: below it, four day trades in five sessions are warned of: FINRA Rule 4210(f)(8)(B).
        day_trades_warned: how many.
        settle_after_silent_sessions: a position whose symbol prints no bar for so long is settled at its last close
            and reported as such (merged away, delisted or lost by the feed).
    """

    kind: Literal["cash", "margin"] = "cash"
    when_short: Literal["refuse", "reduce"] = "refuse"
    initial_bp: int = 5_000
    maintenance_long_bp: int = 2_500
    maintenance_short_bp: int = 3_000
    borrow_bp_per_year: int = 30
    debit_interest_bp_per_year: int = 0
    day_trade_equity_cents: int = 2_500_000
    day_trades_warned: int = 4
    settle_after_silent_sessions: int = 5

    def free_cents(self, account: Account) -> int:
        """Equity that no position needs; what new ones may take up. Of a cash account: its cash."""
        if self.kind == "cash":
            return account.cash_cents
        values = account.values_cents
        needed = int(np.abs(values).sum()) * self.initial_bp // E4
        return account.cash_cents + int(values.sum()) - needed

    def needed_cents(self, value_cents: Ints) -> Ints:
        """What new positions of this value take up."""
        if self.kind == "cash":
            return value_cents
        whole, rest = np.divmod(value_cents, E4)  # a value times 5,000 may not fit into 64 bits
        needed: Ints = whole * self.initial_bp - (-rest * self.initial_bp // E4)
        return needed

    def buying_power_cents(self, account: Account) -> int:
        """What new positions may cost altogether."""
        free = max(0, self.free_cents(account))
        return free if self.kind == "cash" else free * E4 // self.initial_bp

    def below_maintenance(self, account: Account) -> bool:
        """Equity is less than the positions must keep."""
        if self.kind == "cash":
            return False
        values = account.values_cents
        long, short = int(values[values > 0].sum()), -int(values[values < 0].sum())
        needed = (long * self.maintenance_long_bp + short * self.maintenance_short_bp) // E4
        return account.cash_cents + long - short < needed


@dataclass(frozen=True)
class EngineRules:
    """All assumptions of an engine.

    Attributes:
        account: money.
        fills: prices and fees.
    """

    account: AccountRules = field(default_factory=AccountRules)
    fills: FillModel = field(default_factory=FillModel)


PAPER_RULES = EngineRules(AccountRules(when_short="reduce"), PAPER_FILLS)
"""Of the platform's paper accounts."""

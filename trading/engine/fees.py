"""What a broker and the regulators take.

To implement a new schedule: make a `FeeSchedule` with its rates and its source, like `ALPACA` below. For a rule that no
rate says, such as tiers by month, derive a frozen dataclass from it and replace `commission_cents` or
`regulatory_cents`. Both take and return arrays of cents, never negative and rounded against the account. They raise
nothing and keep no state. Hand it to `FillModel(fees=...)`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trading.arrays import Flags, Ints
from trading.money import E4

E9 = 1_000_000_000


@dataclass(frozen=True)
class FeeSchedule:
    """Commission by order and regulatory fees by fill; all in integers.

    Attributes:
        commission_usd_e4_per_share: of the whole order, however many fills it takes.
        commission_min_cents: an order.
        commission_max_bp: of the order's value, at least a cent; never more than the value, so that a sale can't take
            cash away.
        sec_usd_e2_per_million: Section 31 fee on sales, in cents per million dollars.
        taf_usd_e9_per_share: FINRA's Trading Activity Fee on sales, in 1e-9 USD.
        taf_max_cents: its cap a fill.
        cat_usd_e9_per_share: Consolidated Audit Trail fee, on both sides, in 1e-9 USD.
    """

    name: str
    commission_usd_e4_per_share: int = 0
    commission_min_cents: int = 0
    commission_max_bp: int = 0
    sec_usd_e2_per_million: int = 0
    taf_usd_e9_per_share: int = 0
    taf_max_cents: int = 0
    cat_usd_e9_per_share: int = 0

    def commission_cents(self, value_cents: Ints, shares: Ints) -> Ints:
        """The commission of orders of which so many shares, worth so much, have filled."""
        if not (self.commission_usd_e4_per_share or self.commission_min_cents):
            return np.zeros_like(shares)
        by_share = np.maximum(self.commission_min_cents, (shares * self.commission_usd_e4_per_share + 99) // 100)
        most = np.maximum(1, value_cents * self.commission_max_bp // E4)
        return np.minimum(np.minimum(by_share, most), value_cents)

    def regulatory_cents(self, value_cents: Ints, shares: Ints, sales: Flags) -> Ints:
        """What the regulators take of each fill, each fee rounded up to the cent as Alpaca does it."""
        fees = np.zeros_like(shares)
        if self.sec_usd_e2_per_million:
            fees += np.where(sales, -(-value_cents * self.sec_usd_e2_per_million // 100_000_000), 0)
        if self.taf_usd_e9_per_share:
            taf = np.minimum(-(-shares * self.taf_usd_e9_per_share // (E9 // 100)), self.taf_max_cents)
            fees += np.where(sales, taf, 0)
        if self.cat_usd_e9_per_share:
            fees += -(-shares * self.cat_usd_e9_per_share // (E9 // 100))
        return fees


FREE = FeeSchedule("free")
INTERACTIVE_BROKERS_FIXED = FeeSchedule(
    "interactive_brokers_fixed", commission_usd_e4_per_share=50, commission_min_cents=100, commission_max_bp=100
)
"""USD 0.005 a share, at least USD 1, at most 1 % of the order, exchange fees included. Source: Interactive Brokers, US
stocks, fixed price. Regulators' fees on sales, some cents an order, come on top and are left out here, as they always
were: the paper accounts' figures stay comparable."""
ALPACA = FeeSchedule("alpaca", taf_usd_e9_per_share=166_000, taf_max_cents=830, cat_usd_e9_per_share=46_000)
"""No commission. TAF USD 0.000166 a share sold, at most USD 8.30; CAT USD 0.000046 a share; the Section 31 fee stands
at USD 0.00 per million since 2025-05-14. Source: stored copies of docs.alpaca.markets/docs/regulatory-fees and
alpaca.markets/support/regulatory-fees, which disagree on Section 31 and CAT. Rates change: pass your own. Alpaca
rounds a day's sum of each fee up to the cent, this rounds each fill's, which is never less."""

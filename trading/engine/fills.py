"""The fill model: at what price, and how much, an order trades in a bar. Every assumption is a parameter.

To implement a new one: make a `FillModel` with other values; most models differ in nothing else. For a rule that no
value says, derive a frozen dataclass from it and replace `slippage_usd_e4` or `most_shares`. Both take and return
arrays, one value an order: prices in 1/10,000 USD, shares without a sign. They raise nothing and keep no state, so that
a replay fills the same. Hand it to `EngineRules(fills=...)`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from trading.arrays import Flags, Ints
from trading.engine.bars import REGULAR_S, Bars
from trading.engine.fees import ALPACA, INTERACTIVE_BROKERS_FIXED, FeeSchedule
from trading.engine.requests import LIMIT, MARKET, ON_CLOSE, ON_OPEN, STOP, STOP_LIMIT, TRAILING_STOP
from trading.money import E4

HALF_SPREAD_TIERS = ((0, 100), (100_000, 50), (1_000_000, 20), (10_000_000, 5), (100_000_000, 1))
"""Half the spread in bp from so many dollars traded a session on. The order of magnitude of effective spreads by size
of company; an assumption of ours, not a measurement: pass your own where you have quotes."""


@dataclass(frozen=True)
class FillModel:
    """What the market does to an order.

    Attributes:
        slippage_bp: paid on every market and stop fill whatever the stock, in 1/10,000 of the price.
        half_spread_tiers: pairs of dollars a session and bp, ascending; what market and stop fills pay beside that.
            Empty for none.
        half_spread_min_usd_e4: and at least so much: half of the tick of one cent (SEC Rule 612) by default.
        extended_hours_factor: by so much the half-spread is wider outside regular hours.
        impact_bp: price impact at the whole volume; it grows with the square of the order's share of the bar's volume.
            0.1 in Zipline's and Lean's `VolumeShareSlippageModel`.
        volume_share_bp: an account gets at most this share of a bar's volume in an instrument; the rest carries over.
            2.5 % in the same models.
        max_jump: a bar that opens more than so many times above or below the last close of an instrument that is held,
            or waited for at the market, is taken for a fault of the data: nothing fills, it marks nothing, and a
            warning is recorded.
        fees: commission and regulatory fees.
    """

    slippage_bp: int = 0
    half_spread_tiers: tuple[tuple[int, int], ...] = HALF_SPREAD_TIERS
    half_spread_min_usd_e4: int = 50
    extended_hours_factor: int = 3
    impact_bp: int = 1000
    volume_share_bp: int = 250
    max_jump: int = 20
    fees: FeeSchedule = field(default=ALPACA)

    def slippage_usd_e4(self, tape: Ints, shares: Ints, volume: Ints, bars: Bars) -> Ints:
        """How much worse than the tape a market or stop order trades, per share, rounded against us."""
        slip = -(-tape * self.slippage_bp // E4)
        if self.half_spread_tiers:
            slip += self._half_spread(tape, volume, bars)
        if self.impact_bp:
            share_bp = np.minimum(shares * E4 // np.maximum(volume, 1), E4)
            slip += -(-tape * (share_bp * share_bp * self.impact_bp // E4) // (E4 * E4))
        return slip

    def _half_spread(self, tape: Ints, volume: Ints, bars: Bars) -> Ints:
        floors, bp = np.array(self.half_spread_tiers, np.int64).T
        # Divided before it is multiplied: a price times a volume may not fit into 64 bits.
        a_session = tape // 100 * volume // 100 * max(1, REGULAR_S // max(1, bars.step.duration_s))
        tier = bp[np.maximum(np.searchsorted(floors, a_session, side="right") - 1, 0)]
        half = np.maximum(-(-tape * tier // E4), self.half_spread_min_usd_e4)
        wide: Ints = half * (1 if bars.step.regular else self.extended_hours_factor)
        return wide

    def most_shares(self, volume: Ints) -> Ints:
        """The most that an account may trade in bars of this volume."""
        return volume * self.volume_share_bp // E4


PAPER_FILLS = FillModel(
    slippage_bp=5, half_spread_tiers=(), half_spread_min_usd_e4=0, impact_bp=0, volume_share_bp=E4,
    fees=INTERACTIVE_BROKERS_FIXED,
)  # fmt: skip
"""Of the platform's paper accounts: 5 bp, the usual figure for S&P members (qlib's default impact cost is 5 bp for
opening and 15 bp for closing), and Interactive Brokers' fixed price. Orders are at most 1 % of the usual volume."""


@dataclass(frozen=True)
class Touched:
    """What a bar does to orders, row by row.

    Attributes:
        hit: the order trades in this bar.
        triggered: its stop was touched in this bar, or before.
        tape: the price on the tape in 1/10,000 USD.
        slips: it takes liquidity and pays for it; a limit order doesn't.
        at_open: it trades at the bar's open.
    """

    hit: Flags
    triggered: Flags
    tape: Ints
    slips: Flags
    at_open: Flags


def touch(
    kind: Ints, sign: Ints, *, limit: Ints, stop: Ints, triggered: Flags, instrument: Ints, bars: Bars, opens: Ints
) -> Touched:
    """What the bars do to orders of every kind.

    A purchase and a sale are mirror images: with prices negated a sale is a purchase, so one rule serves both.

    Args:
        kind: of the orders, see `requests.KINDS`.
        sign: 1 for purchases, -1 for sales.
        limit: prices in 1/10,000 USD, zero for none.
        stop: likewise.
        triggered: stops that were touched in an earlier bar.
        instrument: into the columns of `bars`.
        bars: of this time.
        opens: what counts as the bar's open for each order: that of the bar, or the fill of its entry within it.
    """
    if not kind.any():  # market orders only, by far the most common: no price to compare with
        everywhere = np.ones(len(kind), np.bool_)
        return Touched(everywhere, triggered, opens, everywhere, everywhere)
    buys = sign > 0
    high, low = bars.high_usd_e4[instrument], bars.low_usd_e4[instrument]
    worst, best = np.where(buys, high, -low), np.where(buys, low, -high)
    open_, limit, stop = opens * sign, limit * sign, stop * sign
    stops = (kind == STOP) | (kind == TRAILING_STOP) | (kind == STOP_LIMIT)
    touched = stops & ~triggered & (worst >= stop)
    gapped = np.maximum(open_, stop)
    at_market = (kind == MARKET) | ((kind == ON_OPEN) & bars.step.first) | (stops & (kind != STOP_LIMIT) & triggered)
    rests = (kind == LIMIT) | ((kind == STOP_LIMIT) & triggered)
    through = rests & (best < limit)
    bounded = touched & (kind == STOP_LIMIT) & (gapped <= limit)
    on_close = (kind == ON_CLOSE) & bars.step.last
    stopped = touched & (kind != STOP_LIMIT)
    tape = np.where(touched, gapped, np.where(through, np.minimum(open_, limit), open_))
    tape = np.where(on_close, bars.close_usd_e4[instrument] * sign, tape)
    return Touched(
        at_market | through | stopped | bounded | on_close,
        triggered | touched,
        tape * sign,
        at_market | stopped | bounded | on_close,
        (at_market | through | stopped | bounded) & (tape == open_),
    )

"""How a pattern does beside random candles: bars of the same symbol that close at the same place of their range.

A candlestick pattern says where a bar closed in its range, and that alone already tells something about the next days.
What the pattern adds is what is left over when both have closed alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trading.arrays import Flags, Floats, Ints
from trading.bars.panel import Panel
from trading.outcomes.barriers import OutcomeRules, label

CLOSE_BUCKETS = 5
"""Fifths of the range that the close may lie in, plus one bucket for bars without a range."""
PRIOR_BARS = 20.0
"""A cell with this many bars weighs its own mean and the universe's equally: few bars alone would be mostly luck."""


@dataclass(frozen=True)
class LabelledBars:
    """Every bar as a decision in one direction.

    Attributes:
        direction: +1 or -1.
        success: 1, 0, or NaN while the outcome is open, shape `(n_rows,)`.
        net_return: fraction, likewise.
        cell: symbol and close-in-range as one number: symbol x `n_buckets` + bucket.
        session: position of the bar's session in time.
        n_symbols: of the panel.
        n_sessions: of the panel.
        horizon_sessions: bars until an outcome is known, at most, after the entry.
    """

    direction: int
    success: Floats
    net_return: Floats
    cell: Ints
    session: Ints
    n_symbols: int
    n_sessions: int
    horizon_sessions: int
    n_buckets: int = CLOSE_BUCKETS + 1

    @property
    def known(self) -> Flags:
        """Bars whose outcome is known."""
        return np.isfinite(self.success)


def close_bucket(panel: Panel) -> Ints:
    """Which fifth of its range each bar closes in, 0 the lowest; `CLOSE_BUCKETS` where there is no range."""
    span = panel.high - panel.low
    ranged = span > 0
    place = (panel.close - panel.low) / np.where(ranged, span, 1.0)
    bucket = np.clip(np.floor(place * CLOSE_BUCKETS), 0, CLOSE_BUCKETS - 1)
    return np.where(ranged, bucket, CLOSE_BUCKETS).astype(np.int64)


def label_bars(panel: Panel, atr: Floats, rules: OutcomeRules) -> tuple[LabelledBars, LabelledBars]:
    """Every bar of the panel with the outcome of going long, and of going short, at its close.

    Args:
        panel: bars, restated for splits.
        atr: average true range of each bar in USD.
        rules: of the outcome.
    """
    rows = np.arange(len(panel), dtype=np.int64)
    cell = panel.symbol_index * (CLOSE_BUCKETS + 1) + close_bucket(panel)
    sessions, at = np.unique(panel.sessions, return_inverse=True)

    def seen(direction: int) -> LabelledBars:
        found = label(panel, rows, np.full(len(panel), direction, dtype=np.int8), atr, rules)
        return LabelledBars(
            direction=direction,
            success=found.success,
            net_return=found.net_return,
            cell=cell,
            session=at.astype(np.int64),
            n_symbols=len(panel.symbols),
            n_sessions=len(sessions),
            horizon_sessions=rules.horizon_sessions,
        )

    return seen(1), seen(-1)


@dataclass(frozen=True)
class Totals:
    """Known outcomes counted by label of a condition and by cell; shapes `(n_labels, n_symbols, n_buckets)`.

    Attributes:
        rows: bars with a known outcome.
        key: of each of `rows`, its place in the flattened counts.
        slot: of each of `rows`, its place in flattened `(n_labels, n_sessions)`.
    """

    bars: LabelledBars
    rows: Ints
    key: Ints
    slot: Ints
    count: Floats
    successes: Floats

    @classmethod
    def of(cls, bars: LabelledBars, code: npt.NDArray[np.int8], n_labels: int) -> Totals:
        """The counts of all bars, the condition's label of each being `code`."""
        shape = (n_labels, bars.n_symbols, bars.n_buckets)
        size = int(np.prod(shape))
        rows = np.flatnonzero(bars.known)
        label_of = code[rows].astype(np.int64)
        key = label_of * (bars.n_symbols * bars.n_buckets) + bars.cell[rows]
        count = np.bincount(key, minlength=size).astype(np.float64).reshape(shape)
        successes = np.bincount(key, weights=bars.success[rows], minlength=size).astype(np.float64).reshape(shape)
        return cls(
            bars=bars,
            rows=rows,
            key=key,
            slot=label_of * bars.n_sessions + bars.session[rows],
            count=count,
            successes=successes,
        )


@dataclass(frozen=True)
class Comparison:
    """A pattern beside random candles under each label of a condition; arrays of shape `(n_labels,)`, NaN = undefined.

    Attributes:
        compared: sightings with a known outcome and any bar to compare with.
        baseline: mean success of the random candles, weighted as the sightings are.
        difference: mean success of the compared sightings less `baseline`.
        influence: what each session adds to the error of `difference`, shape `(n_labels, n_sessions)`: the shock of a
            session that hits pattern and random candles alike cancels in it.
    """

    compared: Ints
    baseline: Floats
    difference: Floats
    influence: Floats


def _ratio(over: Floats, under: Floats) -> Floats:
    """The quotient, NaN where there is nothing to divide by."""
    out: Floats = np.where(under > 0, over / np.where(under > 0, under, 1.0), np.nan)
    return out


def compare(totals: Totals, sighted: Flags) -> Comparison:
    """How the sighted bars do beside the other bars of the same symbol, close-in-range and label of the condition.

    The mean of few bars of a symbol is drawn towards that of the universe (`PRIOR_BARS`).

    Args:
        totals: of all bars in the pattern's direction.
        sighted: whether each of `totals.rows` carries the pattern.
    """
    bars, shape = totals.bars, totals.count.shape
    success = bars.success[totals.rows]
    own = np.bincount(totals.key[sighted], minlength=totals.count.size).reshape(shape).astype(np.float64)
    own_success = np.bincount(
        totals.key[sighted], weights=success[sighted], minlength=totals.count.size
    ).reshape(shape)  # fmt: skip
    others, other_success = totals.count - own, totals.successes - own_success
    all_others = others.sum(axis=1, keepdims=True)
    universe = _ratio(other_success.sum(axis=1, keepdims=True), all_others)
    expected = (other_success + PRIOR_BARS * universe) / (others + PRIOR_BARS)
    own = np.where(np.isfinite(expected), own, 0.0)
    compared = own.sum(axis=(1, 2))
    share = own / np.maximum(compared, 1.0)[:, None, None]
    baseline = np.where(compared > 0, np.nansum(share * expected, axis=(1, 2)), np.nan)
    reached = np.where(own > 0, own_success, 0.0).sum(axis=(1, 2))
    difference = _ratio(reached, compared) - baseline
    influence = _influence(
        totals, sighted, success,
        expected=expected, centre=_ratio(other_success, others), universe=np.broadcast_to(universe, shape),
        per_bar=share / (others + PRIOR_BARS),
        per_universe_bar=np.broadcast_to(
            _ratio((share * PRIOR_BARS / (others + PRIOR_BARS)).sum(axis=1, keepdims=True), all_others), shape
        ),
        compared=compared, difference=difference,
    )  # fmt: skip
    return Comparison(compared.astype(np.int64), baseline, difference, influence)


def _influence(
    totals: Totals,
    sighted: Flags,
    success: Floats,
    *,
    expected: Floats,
    centre: Floats,
    universe: Floats,
    per_bar: Floats,
    per_universe_bar: Floats,
    compared: Floats,
    difference: Floats,
) -> Floats:
    """The linearised error of `difference`, summed by label and session.

    A sighting adds its distance from its own baseline and the mean difference; a random candle enters with the opposite
    sign, through its cell's mean and, as far as that was drawn to it, through the universe's.
    """
    bars, key = totals.bars, totals.key
    n_labels = len(compared)
    label_of = key // (bars.n_symbols * bars.n_buckets)
    of_sighting = (success - expected.ravel()[key] - difference[label_of]) / np.maximum(compared, 1.0)[label_of]
    of_candle = -(
        per_bar.ravel()[key] * (success - centre.ravel()[key])
        + per_universe_bar.ravel()[key] * (success - universe.ravel()[key])
    )
    value = np.where(sighted, of_sighting, of_candle)
    value = np.where(np.isfinite(value), value, 0.0)  # a bar without a comparison, or of a cell that isn't used
    size = n_labels * bars.n_sessions
    by_session = np.bincount(totals.slot, weights=value, minlength=size).astype(np.float64)
    return by_session.reshape(n_labels, bars.n_sessions)

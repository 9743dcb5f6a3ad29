"""What became of a trade that is entered and left within one regular session, on bars of minutes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trading.arrays import Floats, Ints, Stamps
from trading.bars.intraday import IntradayPanel
from trading.bars.session_hours import REGULAR

CHUNK = 4_096
"""Trades followed at a time: some 60 MB of bars when a session has 390."""


@dataclass(frozen=True)
class SessionOutcomes:
    """One value a trade, each array of shape `(n,)`.

    Attributes:
        exit_kind: `stop`, `target`, or `close` for the last bar of the regular session; `no_entry` when no bar
            followed, or the next one opened at or beyond the stop or the target.
        net_return: after both sides' costs, as a fraction of the entry price; NaN without an entry.
        max_gain: best excursion until the exit, never below 0; of the exit bar only its open and the exit price count,
            because the order of the rest is unknown. NaN without an entry. `max_loss` likewise, never above 0.
        exit_at: when the bar of the exit was over, UTC; NaT without an entry.
    """

    exit_kind: npt.NDArray[np.str_]
    net_return: Floats
    max_gain: Floats
    max_loss: Floats
    exit_at: Stamps


def label_in_session(
    bars: IntradayPanel,
    rows: Ints,
    direction: npt.NDArray[np.int8],
    *,
    stop_usd: Floats,
    target_usd: Floats,
    cost_bp_per_side: float,
) -> SessionOutcomes:
    """The outcome of entering at the open of the next bar of the session and leaving at stop, target or the close.

    Stop and target fill as in `trading.outcomes.barriers.label`: a gap beyond the stop fills at the open, a bar that
    holds both counts as stopped, a target must be traded through.

    Args:
        bars: with every bar of the sessions concerned.
        rows: regular bars at whose end the trade is decided, shape `(n,)`.
        direction: +1 long, -1 short, shape `(n,)`.
        stop_usd: shape `(n,)`.
        target_usd: shape `(n,)`; NaN is never reached.
        cost_bp_per_side: commission and slippage of one side, in basis points of the price.
    """
    ends = _regular_ends(bars)[rows]
    parts = [
        _walk(bars, rows[at], ends[at], direction[at].astype(np.float64), (stop_usd[at], target_usd[at]))
        for at in np.array_split(np.arange(len(rows)), max(1, -(-len(rows) // CHUNK)))
    ]
    entry, exit_price, gain, loss, exit_row = (
        np.concatenate(column) for column in zip(*(p[:5] for p in parts), strict=True)
    )
    kind = np.concatenate([part[5] for part in parts])
    entered = kind != "no_entry"
    size = np.abs(np.where(entered, entry, 1.0))
    cost = 2 * cost_bp_per_side / 10_000
    return SessionOutcomes(
        exit_kind=kind,
        net_return=np.where(entered, (exit_price - entry) / size - cost, np.nan),
        max_gain=np.where(entered, (gain - entry) / size, np.nan),
        max_loss=np.where(entered, (loss - entry) / size, np.nan),
        exit_at=np.where(entered, bars.closes_at[exit_row], np.datetime64("NaT", "s")),
    )


def _regular_ends(bars: IntradayPanel) -> Ints:
    """Of each row, one past the last regular row of its symbol's session, shape `(n_rows,)`."""
    offsets = bars.session_offsets
    so_far = np.concatenate([[0], np.cumsum(bars.phase <= REGULAR)])
    return np.repeat(offsets[:-1] + so_far[offsets[1:]] - so_far[offsets[:-1]], np.diff(offsets))


def _walk(
    bars: IntradayPanel, rows: Ints, ends: Ints, sign: Floats, barriers: tuple[Floats, Floats]
) -> tuple[Floats, Floats, Floats, Floats, Ints, npt.NDArray[np.str_]]:
    """Entry, exit, best and worst price as the direction sees them, the exit's row and kind."""
    stop, target = (price * sign for price in barriers)
    left = ends - rows - 1
    every, width = np.arange(len(rows)), max(int(left.max(initial=0)), 1)
    at = rows[:, None] + 1 + np.arange(width)
    inside = at < ends[:, None]
    at = np.where(inside, at, 0)

    def seen(values: Floats) -> Floats:
        return np.where(inside, values[at] * sign[:, None], np.nan)

    opens, closes = seen(bars.open), seen(bars.close)
    ends_of_bar = np.stack([seen(bars.high), seen(bars.low)])
    best, worst = ends_of_bar.max(axis=0), ends_of_bar.min(axis=0)
    entry = opens[:, 0]
    entered = (entry > stop) & ~(entry >= target)  # NaN where no bar follows
    with np.errstate(invalid="ignore"):
        stop_at, target_at = _first(worst <= stop[:, None]), _first(best > target[:, None])
    last = np.maximum(left - 1, 0)
    stopped = stop_at <= np.minimum(target_at, last)
    reached = ~stopped & (target_at <= last)
    bar = np.where(stopped, stop_at, np.where(reached, target_at, last))
    here = opens[every, bar]
    price = np.where(stopped, np.minimum(here, stop), np.where(reached, np.maximum(here, target), closes[every, bar]))
    kind = np.where(stopped, "stop", np.where(reached, "target", "close"))
    at_close = ~stopped & ~reached
    whole = np.arange(width) < (bar + at_close)[:, None]  # the last bar counts whole when the trade lasts to its end
    certain = np.stack([entry, here, price])
    gain = np.fmax(np.where(whole, best, -np.inf).max(axis=1), certain.max(axis=0))
    loss = np.fmin(np.where(whole, worst, np.inf).min(axis=1), certain.min(axis=0))
    return entry, price, gain, loss, at[every, bar], np.where(entered, kind, "no_entry")


def _first(hits: npt.NDArray[np.bool_]) -> Ints:
    """The first true column of each row; the number of columns where there is none."""
    first: Ints = np.where(hits.any(axis=1), hits.argmax(axis=1), hits.shape[1])
    return first

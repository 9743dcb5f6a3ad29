"""Longer bars from shorter ones: minutes to five minutes, to half-hours, to days.

Bars are counted from the start of their phase (premarket, regular session, after hours), so none mixes two phases and a
half-day simply has fewer. A bar is stamped with the time it is over; a bar that is not over yet does not exist.
Nothing is filled: where no minute was traded there is no bar.
"""

from __future__ import annotations

import numpy as np

from trading.arrays import Floats, Ints
from trading.bars.intraday import IntradayPanel
from trading.bars.panel import Panel
from trading.bars.session_hours import REGULAR, SessionHours
from trading.errors import ConfigurationError


def resample(bars: IntradayPanel, bar_s: int, hours: SessionHours, *, known_at: np.datetime64) -> IntradayPanel:
    """Bars of `bar_s` seconds, those that were over at `known_at`.

    Args:
        bars: shorter bars.
        bar_s: length of the new bars, a multiple of the old; the last one of a phase ends with the phase.
        hours: of every session in `bars`.
        known_at: UTC. With bars that end earlier than this a feed is taken to have delivered all there were.

    Raises:
        ConfigurationError: when `bar_s` isn't a multiple of the length of `bars`.
        BadDataError: when `hours` lacks a session of `bars`.
    """
    if bar_s <= 0 or bar_s % bars.bar_s:
        raise ConfigurationError(f"bars of {bar_s} s cannot be made of bars of {bars.bar_s} s; ask for a multiple")
    begins, ends = hours.bounds(hours.positions(bars.sessions), bars.phase)
    length = np.timedelta64(bar_s, "s")
    starts_at = begins + (bars.starts_at - begins) // length * length
    closes_at = np.minimum(starts_at + length, ends)
    known = np.flatnonzero(closes_at <= known_at)
    bars, starts_at, closes_at = bars.take(known), starts_at[known], closes_at[known]
    fresh = np.ones(len(bars), dtype=np.bool_)
    fresh[1:] = starts_at[1:] != starts_at[:-1]
    fresh[bars.offsets[:-1]] = True
    first = np.flatnonzero(fresh)
    open_, high, low, close, volume = _merged(bars, first)
    return IntradayPanel(
        symbols=bars.symbols,
        offsets=np.searchsorted(first, bars.offsets),
        bar_s=bar_s,
        starts_at=starts_at[first],
        closes_at=closes_at[first],
        sessions=bars.sessions[first],
        phase=bars.phase[first],
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
    )


def to_daily(bars: IntradayPanel, hours: SessionHours, *, known_at: np.datetime64, phase: int = REGULAR) -> Panel:
    """One bar a session of everything in `phase`, for those phases that were over at `known_at`.

    The last regular minute need not hold the closing auction: some feeds print it in the first minute after hours, so
    the close may differ by a little from the official one.

    Args:
        bars: intraday bars of any length.
        hours: of every session in `bars`.
        known_at: UTC.
        phase: `PREMARKET`, `REGULAR` or `AFTER_HOURS` of `trading.bars.session_hours`.

    Raises:
        BadDataError: when `hours` lacks a session of `bars`.
    """
    _, ends = hours.bounds(hours.positions(bars.sessions), bars.phase)
    bars = bars.take(np.flatnonzero((bars.phase == phase) & (ends <= known_at)))
    offsets = bars.session_offsets
    open_, high, low, close, volume = _merged(bars, offsets[:-1])
    return Panel(
        symbols=bars.symbols,
        offsets=np.searchsorted(offsets, bars.offsets),
        sessions=bars.sessions[offsets[:-1]],
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
    )


def _merged(bars: IntradayPanel, first: Ints) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Open, high, low, close and volume of the groups of rows that begin at `first`."""
    if len(first) == 0:
        return bars.open, bars.high, bars.low, bars.close, bars.volume
    last = np.append(first[1:], len(bars)) - 1
    return (
        bars.open[first],
        np.maximum.reduceat(bars.high, first),
        np.minimum.reduceat(bars.low, first),
        bars.close[last],
        np.add.reduceat(bars.volume, first),
    )

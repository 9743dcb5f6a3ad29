"""Indicators that only minutes have: VWAP, and volume against what is usual at this time of day.

Every value is known when its bar is over, and is made of that session's earlier bars and of earlier sessions only.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from trading.arrays import Floats, Ints
from trading.bars.intraday import IntradayPanel
from trading.bars.session_hours import REGULAR, SessionHours
from trading.indicators.daily import Indicator

USUAL_SESSIONS = 10
"""Sessions that make the usual volume of a time of day: two weeks."""

INTRADAY_INDICATORS: Mapping[str, Indicator] = MappingProxyType(
    {
        "vwap": Indicator(
            1,
            "volume-weighted mean of (high + low + close) / 3 in USD since the regular open; NaN outside regular hours "
            "and until a share has traded",
            scale_free=False,
        ),
        "vwap_distance": Indicator(1, "close / vwap - 1; NaN where vwap is"),
        "relative_volume_tod": Indicator(
            1,
            "shares traded since the phase began / mean of what had traded by this time of day in the same phase of "
            f"the {USUAL_SESSIONS} sessions before in which the symbol had a bar; NaN with fewer such sessions",
        ),
    }
)
"""Every indicator that `compute_intraday` returns. Warm-ups are bars, except where the meaning says sessions."""

_CHUNK = 1 << 22  # padded cells held at once: 32 MiB


def compute_intraday(bars: IntradayPanel, hours: SessionHours) -> dict[str, Floats]:
    """Every indicator of `INTRADAY_INDICATORS` for every bar.

    Args:
        bars: intraday bars of any length.
        hours: of every session in `bars`.

    Returns:
        Arrays of shape `(n_rows,)`, NaN where the value isn't known.

    Raises:
        BadDataError: when `hours` lacks a session of `bars`.
    """
    anchored = vwap(bars)
    return {
        "vwap": anchored,
        "vwap_distance": _ratio(bars.close, anchored) - 1,
        "relative_volume_tod": relative_volume(bars, hours),
    }


def vwap(bars: IntradayPanel) -> Floats:
    """Volume-weighted average price since the regular open of each session.

    Source: the definition in use at exchanges and brokers, with the typical price (high + low + close) / 3 of each bar
    in place of its single trades.
    """
    starts = _phase_starts(bars)
    typical = (bars.high + bars.low + bars.close) / 3
    # A bar without trades moves nothing, whatever its price is said to be.
    traded = running_sum(np.where(bars.volume > 0, typical * bars.volume, 0.0), starts)
    price = _ratio(traded, running_sum(bars.volume, starts))
    return np.where(bars.phase == REGULAR, price, np.nan)


def relative_volume(bars: IntradayPanel, hours: SessionHours, sessions: int = USUAL_SESSIONS) -> Floats:
    """Shares traded since the phase began against the mean of the same time of day in the `sessions` before.

    Sessions without any bar of the symbol are passed over, because nothing says whether it didn't trade or wasn't
    recorded. A session that was over by this time of day (a half-day) counts with all it had.
    """
    so_far = running_sum(bars.volume, _phase_starts(bars))
    begins, _ = hours.bounds(hours.positions(bars.sessions), bars.phase)
    since_s = (bars.closes_at - begins).astype(np.int64)
    session = np.repeat(np.arange(len(bars.session_offsets) - 1), np.diff(bars.session_offsets))
    phase = session * 3 + bars.phase + 1
    key = phase * _DAY_S + since_s  # ascending with the rows
    first_session = np.repeat(session[bars.offsets[:-1]], np.diff(bars.offsets))
    total = np.zeros(len(bars))
    for back in range(1, sessions + 1):
        at = np.searchsorted(key, key - back * 3 * _DAY_S, side="right") - 1
        there = (at >= 0) & (phase[at] == phase - back * 3)
        total += np.where(there, so_far[at], 0.0)
    usual = np.where(session - first_session >= sessions, total / sessions, np.nan)
    return _ratio(so_far, usual)


_DAY_S = 86_400


def _phase_starts(bars: IntradayPanel) -> Ints:
    """First row of each phase of each session of each symbol."""
    fresh = np.ones(len(bars), dtype=np.bool_)
    fresh[1:] = bars.phase[1:] != bars.phase[:-1]
    fresh[bars.session_offsets[:-1]] = True
    return np.flatnonzero(fresh)


def running_sum(values: Floats, starts: Ints) -> Floats:
    """Sums from the first row of each stretch up to each row.

    Each stretch is added up by itself, so that its sums are the same to the last bit whatever stands before it.

    Args:
        values: shape `(n_rows,)`.
        starts: first row of each stretch, ascending, the first one 0.
    """
    lengths = np.diff(np.append(starts, len(values)))
    sums = np.empty(len(values))
    longest = int(lengths.max(initial=1))
    step = max(1, _CHUNK // longest)
    for chunk in range(0, len(starts), step):
        count = lengths[chunk : chunk + step]
        inside = np.arange(longest) < count[:, None]
        padded = np.zeros(inside.shape)
        rows = slice(int(starts[chunk]), int(starts[chunk] + count.sum()))
        padded[inside] = values[rows]
        sums[rows] = np.cumsum(padded, axis=1)[inside]
    return sums


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """The quotient; NaN where the denominator is zero or not finite."""
    usable = np.isfinite(denominator) & (denominator != 0)
    quotient: Floats = np.divide(numerator, denominator, out=np.full(len(numerator), np.nan), where=usable)
    return quotient

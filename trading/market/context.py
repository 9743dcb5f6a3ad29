"""The market around each bar: an equal-weight index of the universe, its trend, breadth and dispersion.

Everything is known at the close of its session and made of the panel itself, so no index data is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Floats, Ints
from trading.bars.panel import Panel

SESSIONS_PER_YEAR = 252
FAST_SESSIONS, SLOW_SESSIONS = 20, 50
TREND_BAND = 0.01
"""A trend starts when the index is this far beyond its averages and ends when it crosses one of them."""

TREND_SIGN: Mapping[str | None, float] = {"bull": 1.0, "sideways": 0.0, "bear": -1.0, None: float("nan")}


@dataclass(frozen=True)
class MarketContext:
    """One value a session, sessions ascending, each array of shape `(n_sessions,)`.

    Attributes:
        sessions: the distinct sessions of the panel.
        index: level of the equal-weight index, 1 before the first known return.
        trend: `bull`, `bear`, `sideways`, or None before 20 sessions.
        market_return_1: mean of the members' one-bar returns; NaN where none is known.
        market_return_5: change of the index over five sessions.
        realised_volatility_20: standard deviation of the last 20 market returns times sqrt(252).
        breadth: share of the members above their 20-bar average, among those that have one.
        dispersion: standard deviation (n - 1) of the members' one-bar returns; NaN with fewer than two.
    """

    sessions: Days
    index: Floats
    trend: npt.NDArray[np.object_]
    market_return_1: Floats
    market_return_5: Floats
    realised_volatility_20: Floats
    breadth: Floats
    dispersion: Floats

    def positions(self, sessions: Days) -> Ints:
        """Where each of `sessions` stands in `self.sessions`; all must be among them."""
        return np.searchsorted(self.sessions, sessions)

    @property
    def trend_sign(self) -> Floats:
        """+1 bull, 0 sideways, -1 bear, NaN unknown."""
        signs: Floats = np.array([TREND_SIGN[trend] for trend in self.trend], dtype=np.float64)
        return signs


def market_context(panel: Panel, indicators: Mapping[str, Floats]) -> MarketContext:
    """The context of each session of the panel, from that session and earlier ones only.

    The members are those of the panel. A history made by `trading.bars.history.as_of` at a later session lacks the bars
    before a break, so the context of an old session may differ there in the fourth digit from what it was at the time.

    Args:
        panel: history as known at some session.
        indicators: `trading.indicators.daily.compute(panel)`.
    """
    sessions, at = np.unique(panel.sessions, return_inverse=True)
    mean, deviation = _mean_and_deviation(indicators["return_1"], at, len(sessions))
    above = indicators["sma_20_distance"]
    breadth, _ = _mean_and_deviation(np.where(np.isfinite(above), above > 0, np.nan), at, len(sessions))
    # A session in which no member has a return leaves the index where it is; market_return_1 says that it is unknown.
    index: Floats = np.cumprod(1 + np.nan_to_num(mean), dtype=np.float64)
    return MarketContext(
        sessions=sessions,
        index=index,
        trend=_trend(index),
        market_return_1=mean,
        market_return_5=_change(index, mean, 5),
        realised_volatility_20=_deviation_over(mean, 20) * np.sqrt(SESSIONS_PER_YEAR),
        breadth=breadth,
        dispersion=deviation,
    )


def relative_strength_20(panel: Panel, indicators: Mapping[str, Floats], rows: Ints | None = None) -> Floats:
    """The 20-bar return of each of `rows` (all if None) minus the median of its session; NaN where it isn't known.

    Shape `(n,)`. Only the sessions of the rows are looked at.
    """
    if rows is None:
        return _above_median(indicators["return_20"], panel.sessions)
    among = np.flatnonzero(np.isin(panel.sessions, np.unique(panel.sessions[rows])))
    strength = _above_median(indicators["return_20"][among], panel.sessions[among])
    return strength[np.searchsorted(among, rows)]


def _above_median(values: Floats, of_session: Days) -> Floats:
    """Each value minus the median of the known ones of its session."""
    sessions, at = np.unique(of_session, return_inverse=True)
    known = np.flatnonzero(np.isfinite(values))
    ordered = known[np.lexsort((values[known], at[known]))]
    counts = np.bincount(at[known], minlength=len(sessions))
    starts = np.cumsum(counts) - counts
    median = np.full(len(sessions), np.nan)
    some = np.flatnonzero(counts)
    low = values[ordered[starts[some] + (counts[some] - 1) // 2]]
    high = values[ordered[starts[some] + counts[some] // 2]]
    median[some] = (low + high) / 2
    strength: Floats = values - median[at]
    return strength


def _mean_and_deviation(values: Floats, at: Ints, count: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation (n - 1) of the finite values of each session."""
    known = np.isfinite(values)
    values, at = values[known], at[known]
    number = np.bincount(at, minlength=count).astype(np.float64)
    mean = _divide(np.bincount(at, weights=values, minlength=count).astype(np.float64), number)
    squares = np.bincount(at, weights=(values - mean[at]) ** 2, minlength=count).astype(np.float64)
    return mean, np.sqrt(_divide(squares, number - 1))


def _divide(numerator: Floats, denominator: Floats) -> Floats:
    """The quotient; NaN where the denominator isn't above zero."""
    quotient: Floats = np.divide(numerator, denominator, out=np.full(len(numerator), np.nan), where=denominator > 0)
    return quotient


def _change(index: Floats, returns: Floats, sessions: int) -> Floats:
    """Change of the index over `sessions`; NaN until that many returns stand before it."""
    out = np.full(len(index), np.nan)
    if len(index) > sessions:
        out[sessions:] = index[sessions:] / index[:-sessions] - 1
    out[np.cumsum(np.isfinite(returns)) < sessions] = np.nan
    return out


def _deviation_over(values: Floats, sessions: int) -> Floats:
    """Standard deviation (n - 1) of the last `sessions` values; NaN where one of them is unknown."""
    out = np.full(len(values), np.nan)
    if len(values) >= sessions:
        windows = np.lib.stride_tricks.sliding_window_view(values, sessions)
        out[sessions - 1 :] = windows.std(axis=1, ddof=1)
    return out


def _average_over(values: Floats, sessions: int) -> Floats:
    """Mean of the last `sessions` values; NaN before there are that many."""
    out = np.full(len(values), np.nan)
    if len(values) >= sessions:
        out[sessions - 1 :] = np.lib.stride_tricks.sliding_window_view(values, sessions).mean(axis=1)
    return out


def _trend(index: Floats) -> npt.NDArray[np.object_]:
    """The trend of each session.

    Bull starts when the index stands more than `TREND_BAND` above its 20-session average (and its 50-session average
    once there is one) and lasts until it falls to one of them; bear is the mirror image; else sideways. The band keeps
    an index that hugs its average from changing the trend each session.
    """
    fast, slow = _average_over(index, FAST_SESSIONS), _average_over(index, SLOW_SESSIONS)
    upper, lower = np.fmax(fast, slow), np.fmin(fast, slow)  # fmax and fmin: the fast one alone while slow is NaN
    trend = np.full(len(index), None, dtype=np.object_)
    state = "sideways"
    for at in range(FAST_SESSIONS - 1, len(index)):
        if index[at] > upper[at] * (1 + TREND_BAND) or (state == "bull" and index[at] > upper[at]):
            state = "bull"
        elif index[at] < lower[at] * (1 - TREND_BAND) or (state == "bear" and index[at] < lower[at]):
            state = "bear"
        else:
            state = "sideways"
        trend[at] = state
    return trend

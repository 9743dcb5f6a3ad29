"""The regime of each session: trend, volatility, leading sectors, and what moves the market.

Everything is known at the close of its session. States have hysteresis: what starts one is further out than what ends
it, so a measure that hugs a bound doesn't flicker. The bounds are conventions written down before any result was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Floats
from trading.bars.panel import Panel, as_date, as_day
from trading.catalysts.earnings import Catalyst
from trading.market.context import MarketContext
from trading.market.sector_rotation import SectorRotation, sector_rotation

Trend = Literal["bull", "bear", "sideways"]
Volatility = Literal["high", "low"]
Driver = Literal["catalysts", "technical"]
Names = npt.NDArray[np.object_]

VIX_HIGH, VIX_CALM = 25.0, 20.0
"""High volatility starts from the first on and ends below the second. Ours: the mean of the VIX's closes since 1990 is
19.4, so it ends at about the usual level and starts a quarter above it."""
REALISED_HIGH, REALISED_CALM = 0.21, 0.16
"""Likewise for `realised_volatility_20`. Ours: the VIX stands about four points above what is realised afterwards."""
VIX_STALE_DAYS = 7
BIG_MOVE_RANGES = 2.0
"""A big move is a change of at least this many average true ranges, as known one bar before."""
DRIVER_SESSIONS, LEAST_MOVES = 20, 20
CATALYST_SHARE, TECHNICAL_SHARE = 0.5, 0.35
"""Catalysts drive the market once this share of its big moves had one, until it falls below the second."""


@dataclass(frozen=True)
class Regime:
    """One session's regime; None where it isn't known.

    Attributes:
        volatility_source: `VIX` or `realised`: what `volatility` was judged by.
        leaders: sectors ahead of the market over 20 sessions, strongest first, at most three.
        laggards: those behind it, weakest first.
        volatility_points: what volatility was judged by: the VIX known, or 100 times the realised volatility.
        catalyst_share: see `Regimes`.
        sector_dispersion: standard deviation of the sectors' strengths.
        words: all of it in one sentence.
    """

    session: date
    trend: Trend | None
    volatility: Volatility | None
    volatility_source: Literal["VIX", "realised"] | None
    driver: Driver | None
    leaders: tuple[str, ...]
    laggards: tuple[str, ...]
    words: str
    volatility_points: float | None = None
    catalyst_share: float | None = None
    sector_dispersion: float | None = None


@dataclass(frozen=True)
class Regimes:
    """Every session's regime, sessions ascending; each array of shape `(n_sessions,)`.

    Attributes:
        trend: of `MarketContext`.
        volatility: `high`, `low` or None.
        volatility_points: the VIX as known at each close, else 100 times the realised volatility; NaN without either.
        vix_known: the VIX decided; else what was realised.
        catalyst_share: share of the big moves of the last 20 sessions that had a known catalyst; NaN with fewer than
            20 such moves of names whose catalysts are known.
        driver: `catalysts`, `technical` or None.
        sectors: relative strength and dispersion of the sectors.
    """

    sessions: Days
    trend: Names
    volatility: Names
    volatility_points: Floats
    vix_known: npt.NDArray[np.bool_]
    catalyst_share: Floats
    driver: Names
    sectors: SectorRotation

    def at(self, session: date | np.datetime64) -> Regime:
        """The regime at the close of a session, which must be among `sessions`."""
        at = int(np.searchsorted(self.sessions, as_day(session)))
        trend, volatility, driver = self.trend[at], self.volatility[at], self.driver[at]
        source: Literal["VIX", "realised"] | None = None
        if volatility is not None:
            source = "VIX" if self.vix_known[at] else "realised"
        leaders, laggards = self.sectors.leaders(at), self.sectors.laggards(at)
        words = ", ".join(
            [
                f"{trend} market" if trend else "trend unknown",
                f"{volatility} volatility ({source})" if volatility else "volatility unknown",
                {"catalysts": "moved by catalysts", "technical": "technical"}.get(driver, "driver unknown"),
                f"led by {', '.join(leaders)}" if leaders else "no leading sector known",
            ]
        )
        return Regime(
            session=as_date(self.sessions[at]),
            trend=trend,
            volatility=volatility,
            volatility_source=source,
            driver=driver,
            leaders=leaders,
            laggards=laggards,
            words=words,
            volatility_points=_known(self.volatility_points[at]),
            catalyst_share=_known(self.catalyst_share[at]),
            sector_dispersion=_known(self.sectors.dispersion[at]),
        )

    @property
    def volatility_sign(self) -> Floats:
        """1 high, 0 low, NaN unknown."""
        return _signs(self.volatility, "high")

    @property
    def driver_sign(self) -> Floats:
        """1 moved by catalysts, 0 technical, NaN unknown."""
        return _signs(self.driver, "catalysts")


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _signs(states: Names, one: str) -> Floats:
    return np.array([np.nan if state is None else float(state == one) for state in states], dtype=np.float64)


def regimes(
    panel: Panel,
    indicators: Mapping[str, Floats],
    context: MarketContext,
    catalyst: Catalyst,
    *,
    sectors: Mapping[str, str],
    vix: tuple[Days, Floats] | None = None,
) -> Regimes:
    """The regime of each session of the panel, from that session and earlier ones only.

    Args:
        panel: history as known at some session.
        indicators: `trading.indicators.daily.compute(panel)`.
        context: of the panel.
        catalyst: of the panel.
        sectors: sector by symbol; names without one belong to none.
        vix: days and closes of the VIX. It closes after the shares do, so a session sees that of the day before.
    """
    known = known_vix(context.sessions, vix)
    share = catalyst_share(panel, indicators, context, catalyst)
    return Regimes(
        sessions=context.sessions,
        trend=context.trend,
        volatility=volatility(context.realised_volatility_20, known),
        volatility_points=np.where(np.isfinite(known), known, 100 * context.realised_volatility_20),
        vix_known=np.isfinite(known),
        catalyst_share=share,
        driver=_states(share, share, above=("catalysts", CATALYST_SHARE), below=("technical", TECHNICAL_SHARE)),
        sectors=sector_rotation(panel, indicators, context, sectors),
    )


def known_vix(sessions: Days, vix: tuple[Days, Floats] | None) -> Floats:
    """The latest VIX close of an earlier day, shape `(n_sessions,)`; NaN without one of the last seven days.

    The VIX is computed until 16:15 New York time, when a decision at the close of 16:00 has been made.

    Source: Cboe, VIX calculation, regular trading hours 9:30 to 16:15 Eastern time
        (https://www.cboe.com/tradable_products/vix/).
    """
    if vix is None or not len(vix[0]):
        return np.full(len(sessions), np.nan)
    days, closes = vix
    order = np.argsort(days, kind="stable")
    days, closes = days[order].astype("datetime64[D]"), closes[order]
    at = np.searchsorted(days, sessions, side="left") - 1
    fresh = (at >= 0) & (sessions - days[at] <= np.timedelta64(VIX_STALE_DAYS, "D"))
    known: Floats = np.where(fresh & (closes[at] > 0), closes[at], np.nan)
    return known


def volatility(realised: Floats, vix: Floats) -> Names:
    """High or low volatility of each session; None where neither measure is known.

    Args:
        realised: annualised, as a fraction.
        vix: in its points, as known at each session; where it is NaN the realised one decides.
    """
    by_vix = np.isfinite(vix)
    upper = np.where(by_vix, vix / VIX_HIGH, realised / REALISED_HIGH)
    lower = np.where(by_vix, vix / VIX_CALM, realised / REALISED_CALM)
    return _states(upper, lower, above=("high", 1.0), below=("low", 1.0))


def catalyst_share(
    panel: Panel, indicators: Mapping[str, Floats], context: MarketContext, catalyst: Catalyst
) -> Floats:
    """Share of the big moves of the last 20 sessions that had a catalyst known at their own close.

    Names whose catalysts nobody knows count on neither side. A report of the same day isn't known at its close, so the
    share is a lower bound.
    """
    count = len(context.sessions)
    at = context.positions(panel.sessions)
    usual = panel.shifted(indicators["atr_pct"])
    with np.errstate(invalid="ignore"):
        big = (np.abs(indicators["return_1"]) >= BIG_MOVE_RANGES * usual) & np.isfinite(catalyst.has_catalyst)
    moves = np.bincount(at[big], minlength=count)
    known = np.bincount(at[big & (catalyst.has_catalyst == 1)], minlength=count)
    moves, known = (_last(values, DRIVER_SESSIONS) for values in (moves, known))
    enough = (moves >= LEAST_MOVES) & (np.arange(count) >= DRIVER_SESSIONS - 1)
    share: Floats = np.divide(known, moves, out=np.full(count, np.nan), where=enough)
    return share


def _last(counts: npt.NDArray[np.int64], sessions: int) -> npt.NDArray[np.int64]:
    """Sums of the last `sessions` counts, or of those there are; whole numbers, so no rounding depends on the start."""
    total = np.concatenate([[0], np.cumsum(counts)])
    at = np.arange(1, len(total))
    sums: npt.NDArray[np.int64] = total[at] - total[np.maximum(at - sessions, 0)]
    return sums


def _states(upper: Floats, lower: Floats, *, above: tuple[str, float], below: tuple[str, float]) -> Names:
    """One of two states a value, with hysteresis; None where unknown.

    The first state starts at `upper` >= its bound and ends at `lower` < the other's; between the two the state stays
    what it was, over unknown values too. Before the first decision the second state is taken.
    """
    out = np.full(len(upper), None, dtype=np.object_)
    state = below[0]
    for at in range(len(upper)):
        if np.isnan(upper[at]):
            continue
        if upper[at] >= above[1]:
            state = above[0]
        elif lower[at] < below[1]:
            state = below[0]
        out[at] = state
    return out

"""Sector rotation: which sectors lead the market and which lag, session by session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trading.panel import Floats, Ints, Panel
from trading.regime import MarketContext

STRENGTH_SESSIONS = 20
LEAST_MEMBERS = 3
"""Of a sector with fewer members that have a return in a session the mean says more about a name than the sector."""
NAMED = 3
"""Leaders and laggards that are named."""


@dataclass(frozen=True)
class SectorRotation:
    """Relative strength of each sector and its spread.

    Attributes:
        names: sectors, ascending.
        strength: return of the sector's equal-weight index over 20 sessions less that of the whole market's, shape
            `(n_sessions, n_sectors)`; NaN where the sector had fewer than three members in one of them.
        dispersion: standard deviation (n - 1) of the strengths of a session; NaN with fewer than two.
        turnover: share of a session's leaders that were not among the leaders 20 sessions before; NaN where either is
            unknown. Near 1 the sectors rotate.
    """

    names: tuple[str, ...]
    strength: Floats
    dispersion: Floats
    turnover: Floats

    def leaders(self, at: int) -> tuple[str, ...]:
        """The strongest sectors ahead of the market in session number `at`, strongest first."""
        return self._named(-self.strength[at])

    def laggards(self, at: int) -> tuple[str, ...]:
        """The weakest sectors behind the market, weakest first."""
        return self._named(self.strength[at])

    def _named(self, behind: Floats) -> tuple[str, ...]:
        order = np.argsort(behind, kind="stable")[:NAMED]
        return tuple(self.names[sector] for sector in order.tolist() if behind[sector] < 0)


def sector_rotation(
    panel: Panel, indicators: Mapping[str, Floats], context: MarketContext, sectors: Mapping[str, str]
) -> SectorRotation:
    """Strength, dispersion and turnover of the sectors at each session of `context`.

    Args:
        panel: history as known at some session.
        indicators: `trading.indicators.compute(panel)`.
        context: of the panel; its index is the market.
        sectors: sector by symbol; which names belong to which is taken as given for all sessions.
    """
    names = tuple(sorted(set(sectors.values())))
    returns = _sector_returns(panel, indicators["return_1"], context, sectors, names)
    strength = _change(returns) - _change(np.nan_to_num(context.market_return_1)[:, None])
    number = np.isfinite(strength).sum(axis=1)
    centre = _divide(np.nansum(strength, axis=1), number)
    squares = np.nansum((strength - centre[:, None]) ** 2, axis=1)
    dispersion = np.sqrt(_divide(squares, np.where(number > 1, number - 1, 0)))
    return SectorRotation(names, strength, dispersion, _turnover(strength))


def _sector_returns(
    panel: Panel, returns: Floats, context: MarketContext, sectors: Mapping[str, str], names: tuple[str, ...]
) -> Floats:
    """Mean one-bar return of each sector's members in each session, shape `(n_sessions, n_sectors)`."""
    number = {name: at for at, name in enumerate(names)}
    of_symbol = np.array([number[sectors[s]] if s in sectors else -1 for s in panel.symbols.tolist()], dtype=np.int64)
    sector = of_symbol[panel.symbol_index]
    shape = (len(context.sessions), len(names))
    known = (sector >= 0) & np.isfinite(returns)
    cell = context.positions(panel.sessions[known]) * len(names) + sector[known]
    members = np.bincount(cell, minlength=shape[0] * shape[1])
    total = np.bincount(cell, weights=returns[known], minlength=shape[0] * shape[1]).astype(np.float64)
    return _divide(total, np.where(members >= LEAST_MEMBERS, members, 0)).reshape(shape)


def _change(returns: Floats) -> Floats:
    """Compounded over the last `STRENGTH_SESSIONS` sessions, column by column; NaN where one of them is unknown."""
    out = np.full(returns.shape, np.nan)
    if len(returns) > STRENGTH_SESSIONS:  # the first session of a panel has no return
        windows = np.lib.stride_tricks.sliding_window_view(returns[1:], STRENGTH_SESSIONS, axis=0)
        out[STRENGTH_SESSIONS:] = np.prod(1 + windows, axis=-1) - 1
    return out


def _turnover(strength: Floats) -> Floats:
    leads = np.zeros(strength.shape, dtype=np.bool_)
    order = np.argsort(-strength, axis=1, kind="stable")[:, :NAMED]  # NaN sorts last
    np.put_along_axis(leads, order, True, axis=1)
    with np.errstate(invalid="ignore"):
        leads &= strength > 0
    out = np.full(len(leads), np.nan)
    if len(leads) > STRENGTH_SESSIONS:
        now, before = leads[STRENGTH_SESSIONS:], leads[:-STRENGTH_SESSIONS]
        number = np.where(before.any(axis=1), now.sum(axis=1), 0)
        out[STRENGTH_SESSIONS:] = _divide((now & ~before).sum(axis=1).astype(np.float64), number)
    return out


def _divide(numerator: Floats, denominator: Ints) -> Floats:
    """The quotient; NaN where the denominator isn't above zero."""
    quotient: Floats = np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0)
    return quotient

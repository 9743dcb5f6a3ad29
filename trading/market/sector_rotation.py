"""Sector rotation: which sectors lead the market and which lag, session by session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trading.arrays import Floats, Ints
from trading.bars.panel import Panel
from trading.market.context import MarketContext

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
        returns: of each sector's index over the same sessions; same shape and gaps.
        of_symbol: position in `names` of each of the panel's symbols, -1 for none.
        dispersion: standard deviation (n - 1) of the strengths of a session; NaN with fewer than two.
        turnover: share of a session's leaders that were not among the leaders 20 sessions before; NaN where either is
            unknown. Near 1 the sectors rotate.
    """

    names: tuple[str, ...]
    strength: Floats
    returns: Floats
    of_symbol: Ints
    dispersion: Floats
    turnover: Floats

    def of_rows(self, panel: Panel, context: MarketContext, rows: Ints) -> tuple[Floats, Floats]:
        """Strength and return of the sector of each of the panel's `rows`; NaN for names without a sector.

        Args:
            panel: the one this was made of.
            context: of the panel.
            rows: in the panel.
        """
        sector = self.of_symbol[panel.symbol_index[rows]]
        at = context.positions(panel.sessions[rows])
        if not self.names:
            return np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        known = sector >= 0
        return (
            np.where(known, self.strength[at, sector], np.nan),
            np.where(known, self.returns[at, sector], np.nan),
        )

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
        indicators: `trading.indicators.daily.compute(panel)`.
        context: of the panel; its index is the market.
        sectors: sector by symbol; which names belong to which is taken as given for all sessions.
    """
    names = tuple(sorted(set(sectors.values())))
    number = {name: at for at, name in enumerate(names)}
    of_symbol = np.array([number[sectors[s]] if s in sectors else -1 for s in panel.symbols.tolist()], dtype=np.int64)
    returns = _change(_sector_returns(panel, indicators["return_1"], context, of_symbol, len(names)))
    strength = returns - _change(np.nan_to_num(context.market_return_1)[:, None])
    known = np.isfinite(strength).sum(axis=1)
    centre = _divide(np.nansum(strength, axis=1), known)
    squares = np.nansum((strength - centre[:, None]) ** 2, axis=1)
    dispersion = np.sqrt(_divide(squares, np.where(known > 1, known - 1, 0)))
    return SectorRotation(
        names=names,
        strength=strength,
        returns=returns,
        of_symbol=of_symbol,
        dispersion=dispersion,
        turnover=_turnover(strength),
    )


def _sector_returns(panel: Panel, returns: Floats, context: MarketContext, of_symbol: Ints, n_sectors: int) -> Floats:
    """Mean one-bar return of each sector's members in each session, shape `(n_sessions, n_sectors)`."""
    sector = of_symbol[panel.symbol_index]
    shape = (len(context.sessions), n_sectors)
    known = (sector >= 0) & np.isfinite(returns)
    cell = context.positions(panel.sessions[known]) * n_sectors + sector[known]
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

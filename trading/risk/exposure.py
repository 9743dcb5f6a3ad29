"""Exposure: how much of an account may depend on one sector, on stocks that move together, or on stocks at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from trading.arrays import Floats
from trading.bars.panel import Panel, as_day


@dataclass(frozen=True)
class ExposureLimits:
    """The most that positions and orders may be worth together, as fractions of equity.

    The fractions are conventions, written down before any result was seen; none was fitted.

    Attributes:
        max_gross: all of them; 1 is a cash account's own bound.
        max_sector: of one sector, as far as sectors are known.
        max_cluster: of those that move with the candidate, itself included.
        correlated_at: two stocks move together from this correlation of daily returns on.
        window_sessions: over which it is measured.
        min_sessions: with fewer returns in common it is unknown, and then the two are taken to move together.
    """

    max_gross: float = 1.0
    max_sector: float = 0.30
    max_cluster: float = 0.30
    correlated_at: float = 0.7
    window_sessions: int = 60
    min_sessions: int = 30


@dataclass(frozen=True)
class Surroundings:
    """What is known of the stocks beside the candidate's own setup.

    Attributes:
        sectors: by symbol, for those that have one.
        symbols: rows and columns of `correlation`.
        correlation: of daily returns, `(n, n)`; NaN where too few are known.
    """

    sectors: Mapping[str, str] = field(default_factory=dict)
    symbols: tuple[str, ...] = ()
    correlation: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    def move_together(self, one: str, other: str, correlated_at: float) -> bool:
        """Whether they do, or it isn't known that they don't."""
        if one not in self.symbols or other not in self.symbols:
            return True
        value = float(self.correlation[self.symbols.index(one), self.symbols.index(other)])
        return not value < correlated_at


def surroundings(
    panel: Panel, sectors: Mapping[str, str], symbols: Collection[str], limits: ExposureLimits, session: date
) -> Surroundings:
    """Correlations of the symbols' daily log returns up to the session; later bars of the panel aren't looked at.

    Args:
        panel: history at the decision; in a backtest it goes on after it.
        sectors: by symbol.
        symbols: candidates and what is held.
        limits: the window.
        session: of the decision.
    """
    wanted = tuple(sorted(symbols))
    known = panel.sessions <= as_day(session)
    days = np.unique(panel.sessions[known])[-limits.window_sessions - 1 :]
    names = panel.row_symbols
    if not len(days):
        return Surroundings(sectors)
    rows = np.flatnonzero(known & (panel.sessions >= days[0]) & np.isin(names, wanted))
    wide = np.full((len(wanted), len(days)), np.nan)
    if wanted:
        wide[np.searchsorted(wanted, names[rows]), np.searchsorted(days, panel.sessions[rows])] = panel.close[rows]
    return Surroundings(sectors, wanted, _correlation(np.diff(np.log(wide), axis=1), limits.min_sessions))


def _correlation(returns: Floats, min_sessions: int) -> Floats:
    """Pairwise, over the sessions that both have."""
    known = np.isfinite(returns)
    value, there = np.where(known, returns, 0.0), known.astype(np.float64)
    count = there @ there.T
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (value @ there.T) / count
        spread = (value**2 @ there.T) / count - mean**2
        together = (value @ value.T) / count - mean * mean.T
        found: Floats = together / np.sqrt(spread * spread.T)
    found[(count < min_sessions) | ~np.isfinite(found)] = np.nan
    return found


@dataclass(frozen=True, order=True)
class Room:
    """What a new position may cost at most, never negative, and which cap says so, in words and by its name.

    The smaller is less.
    """

    cents: int
    cap: str
    limit: str = "max_gross"


def room_for(
    symbol: str, equity_cents: int, exposure_cents: Mapping[str, int], around: Surroundings, limits: ExposureLimits
) -> Room:
    """How much a new position in the symbol may cost: the least that a cap leaves.

    Args:
        symbol: of the candidate.
        equity_cents: of the account.
        exposure_cents: of positions and of orders placed, by symbol, without sign.
        around: sectors and correlations.
        limits: the caps.
    """
    sector = around.sectors.get(symbol)
    alike = [held for held in exposure_cents if sector is not None and around.sectors.get(held) == sector]
    cluster = [held for held in exposure_cents if around.move_together(symbol, held, limits.correlated_at)]
    caps = [
        (limits.max_gross, list(exposure_cents), "of all positions together", "max_gross"),
        (limits.max_cluster, cluster, f"of stocks that move with it ({len(cluster)} held)", "max_cluster"),
    ]
    if sector is not None:
        caps.append((limits.max_sector, alike, f"of the sector {sector}", "max_sector"))
    return min(
        Room(
            max(0, int(equity_cents * cap) - sum(exposure_cents[held] for held in members)),
            f"the cap {words}, {cap:.0%}",
            name,
        )
        for cap, members, words, name in caps
    )

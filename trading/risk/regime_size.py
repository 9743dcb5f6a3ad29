"""Size by regime: how much of the usual size a new position may have in each state of the market, never more."""

from __future__ import annotations

from dataclasses import dataclass, fields

from trading.errors import ConfigurationError
from trading.market.regimes import Regime


@dataclass(frozen=True)
class RegimeSizes:
    """Factors on new positions, of the trend and of the volatility, multiplied.

    Conventions, written down before any result was seen; none was fitted. What isn't known counts as the worst.

    Raises:
        ConfigurationError: when one is above 1 or below 0: a regime may only make positions smaller.
    """

    bull: float = 1.0
    sideways: float = 0.75
    bear: float = 0.5
    unknown_trend: float = 0.5
    low_volatility: float = 1.0
    high_volatility: float = 0.5
    unknown_volatility: float = 0.5

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0.0 <= getattr(self, field.name) <= 1.0:
                raise ConfigurationError(
                    f"The size in the regime {field.name} can't be {getattr(self, field.name)}. Nothing was changed. "
                    "Give a factor from 0 to 1."
                )


@dataclass(frozen=True)
class RegimeSize:
    """What the regime leaves of a new position.

    Attributes:
        scale: 0 to 1.
        reason: in words; empty where it leaves all.
    """

    scale: float = 1.0
    reason: str = ""


def regime_size(regime: Regime, sizes: RegimeSizes) -> RegimeSize:
    """The factor of the regime known at the decision's close."""
    by_trend = {"bull": sizes.bull, "sideways": sizes.sideways, "bear": sizes.bear, None: sizes.unknown_trend}
    by_volatility = {"low": sizes.low_volatility, "high": sizes.high_volatility, None: sizes.unknown_volatility}
    scale = by_trend[regime.trend] * by_volatility[regime.volatility]
    if scale == 1.0:
        return RegimeSize()
    words = f"{regime.trend or 'unknown'} trend and {regime.volatility or 'unknown'} volatility"
    return RegimeSize(scale, f"regime: {words} leave {scale:.0%} of the size")

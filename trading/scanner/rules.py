"""What a stock in play must show: the rules of the scanner and their profiles."""

from __future__ import annotations

from dataclasses import dataclass

from trading.errors import ConfigurationError


@dataclass(frozen=True)
class ScannerRules:
    """What a stock in play must show at the close of the session.

    Attributes:
        min_price_usd: lowest close.
        max_price_usd: highest close.
        min_move: least day change or opening gap, as a fraction; whichever is larger counts.
        both_directions: falls count as moves too.
        min_relative_volume: least volume / mean volume of the 20 bars before.
        min_dollar_volume_usd: least close times volume.
        max_float_shares: highest float, where it is known; None asks for nothing.
        needs_catalyst: without a known catalyst a name is out.
        quiet_sessions: a name is out in the session of a split or break and for this many sessions after it.
        max_names: how many are kept, best first.

    Raises:
        ConfigurationError: when `min_move` or `min_relative_volume` isn't above zero.
    """

    min_price_usd: float
    max_price_usd: float
    min_move: float
    both_directions: bool
    min_relative_volume: float
    min_dollar_volume_usd: float
    max_float_shares: float | None
    needs_catalyst: bool
    quiet_sessions: int
    max_names: int

    def __post_init__(self) -> None:
        if self.min_move <= 0 or self.min_relative_volume <= 0:
            raise ConfigurationError(
                f"min_move {self.min_move} and min_relative_volume {self.min_relative_volume} must be above zero: "
                "scores are measured in multiples of them"
            )


def ross_cameron() -> ScannerRules:
    """The five pillars as Ross Cameron usually states them: price, rise, relative volume, float, catalyst.

    Source: warriortrading.com, the five pillars of stock selection: 1 to 20 USD, up 10 % or more, five times the usual
    volume, float below 20 million shares, news.
    """
    return ScannerRules(
        min_price_usd=1.0,
        max_price_usd=20.0,
        min_move=0.10,
        both_directions=False,
        min_relative_volume=5.0,
        min_dollar_volume_usd=0.0,
        max_float_shares=20e6,
        needs_catalyst=True,
        quiet_sessions=1,
        max_names=25,
    )


def large_cap() -> ScannerRules:
    """A loosened profile for members of the S&P 500, which hardly ever meet the five pillars.

    It is not Ross Cameron's: a fifth of the move, less than a third of the relative volume, both directions, no float
    limit, and a catalyst only adds to the score. It asks for 10 million USD traded instead.
    """
    return ScannerRules(
        min_price_usd=5.0,
        max_price_usd=1000.0,
        min_move=0.02,
        both_directions=True,
        min_relative_volume=1.5,
        min_dollar_volume_usd=10e6,
        max_float_shares=None,
        needs_catalyst=False,
        quiet_sessions=1,
        max_names=25,
    )

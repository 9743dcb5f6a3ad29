"""Live feeds by the name that the settings call them by. A feed is one file and one line of `FEEDS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from adapters.feeds.port import BarHistory, LiveBars
from adapters.settings import Settings
from data.live.alpaca import alpaca_live
from data.live.listening import LiveRules
from trading.bars.symbols import symbols_of


class LiveSource(Protocol):
    """A feed as the settings ask for it: plain values, so that they travel to an actor."""

    def ports(self, rules: LiveRules, clock: Callable[[], datetime]) -> tuple[LiveBars, BarHistory]:
        """The stream and the history of the same feed, nothing asked yet."""
        ...


FEEDS: Mapping[str, Callable[[Settings], LiveSource]] = MappingProxyType(
    {
        "alpaca": alpaca_live,
    }
)


@dataclass(frozen=True)
class LiveToFollow:
    """The live feed of the settings.

    Attributes:
        source: None = no live feed.
        rules: how it is kept.
    """

    source: LiveSource | None = None
    rules: LiveRules = field(default_factory=LiveRules)


def live_to_follow(settings: Settings) -> LiveToFollow:
    """The live feed of bars, if any.

    Raises:
        ConfigurationError: when one is wanted without keys.
    """
    if settings.live_feed == "none":
        return LiveToFollow()
    rules = LiveRules(tuple(symbols_of(settings.live_symbols)), settings.live_late_s)
    return LiveToFollow(FEEDS[settings.live_feed](settings), rules)

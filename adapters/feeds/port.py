"""What a market data feed can be asked, whoever runs it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa

from adapters.bars.files import Timeframe
from adapters.feeds.source import UNREAD_SCHEMA


@dataclass(frozen=True)
class Span:
    """The bars that are asked for.

    Attributes:
        symbols: ascending.
        first_at: the first instant that a bar may start at, UTC.
        last_at: the last one.
    """

    symbols: tuple[str, ...]
    timeframe: Timeframe
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Page:
    """Some of what was asked for.

    Attributes:
        bars: `trading.bars.panel.BARS_SCHEMA` for days, `trading.bars.intraday.INTRADAY_SCHEMA` for minutes.
        unread: `UNREAD_SCHEMA`; what came and is no bar.
        cursor: asks for what follows; None at the end.
        rounded: bars whose volume had a fraction of a share, which was left out.
    """

    bars: pa.Table
    cursor: str | None
    unread: pa.Table = field(default_factory=UNREAD_SCHEMA.empty_table)
    rounded: int = 0


class BarHistory(Protocol):
    """Bars of the past."""

    @property
    def name(self) -> str:
        """Of the source on record; never holds a secret."""

    @property
    def corrections(self) -> tuple[str, ...]:
        """What is changed in all rows, in words."""

    def page(self, span: Span, cursor: str | None) -> Page:
        """The first page of the span, or the one that `cursor` asks for.

        Raises:
            UnavailableError: when it can't be had now; AskedTooOftenError says for how long.
            ConfigurationError: when the keys or the plan don't allow it.
            BadDataError: when the answer isn't one.
        """


class Listener(Protocol):
    """Hears what a live feed says. Calls may block, which holds the feed back and not memory."""

    def connected(self) -> None:
        """The feed delivers from now on; what it sent before is to be had from history alone."""

    def heard(self, messages: list[Any]) -> None:
        """Messages about bars, as they came."""

    def traded(self, messages: list[Any]) -> None:
        """Messages about trades, as they came; never blocks."""

    def failed(self, reason: str, *, refused: bool = False) -> None:
        """The connection was lost or refused, or something came that can't be read; the feed tries again."""


class LiveBars(Protocol):
    """Bars of minutes as they are made."""

    @property
    def name(self) -> str:
        """Of the source on record."""

    def listen(self, symbols: tuple[str, ...], listener: Listener, stop: threading.Event) -> None:
        """All that the feed sends was heard, until `stop` is set; reconnects by itself, with growing pauses."""

    def read(self, messages: list[Any]) -> Page:
        """The messages as bars; `cursor` is None."""

"""Where minute bars come from, and the ones that a scan may look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

import numpy as np
import pyarrow as pa

from trading.bars.actions import Break, Split
from trading.bars.intraday import IntradayPanel
from trading.bars.panel import as_day


@dataclass(frozen=True)
class Minutes:
    """Minute bars and what was wrong with others.

    Attributes:
        bars: columns of `trading.bars.intraday.INTRADAY_SCHEMA`, each (symbol, start) once, each in the hours of a
            session.
        refused: reason and count of the rows of the same time that are not among them.
        bar_s: how long they are, in seconds.
    """

    bars: pa.Table
    refused: Mapping[str, int]
    bar_s: int = 60


class MinuteBars(Protocol):
    """A source of minute bars."""

    def until(self, first: date, at: datetime) -> Minutes:
        """The bars of the sessions from `first` on that were over at `at`: a minute bar is known at its end.

        Raises:
            BadDataError: when the source isn't what it claims to be.
        """
        ...


def restated(bars: IntradayPanel, splits: Iterable[Split], breaks: Iterable[Break]) -> IntradayPanel:
    """The panel with bars before a split in new shares, and without those before a break; `bars` is untouched."""
    symbols = bars.symbols[bars.symbol_index]
    keep = np.ones(len(bars), dtype=np.bool_)
    for cut in breaks:
        keep &= ~((symbols == cut.symbol) & (bars.sessions < as_day(cut.session)))
    factor = np.ones(len(bars))
    for split in set(splits):
        before = (symbols == split.symbol) & (bars.sessions < as_day(split.session))
        factor[before] *= split.numerator / split.denominator
    prices = {name: getattr(bars, name) / factor for name in ("open", "high", "low", "close")}
    whole = replace(bars, volume=bars.volume * factor, **prices)
    return whole if keep.all() else whole.take(np.flatnonzero(keep))

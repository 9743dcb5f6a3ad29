"""Regular sessions as one direction sees them: the intraday counterpart of `view`, with the same mirror."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from trading.arrays import Floats, Ints
from trading.bars.intraday import IntradayPanel
from trading.bars.session_hours import PREMARKET, REGULAR, SessionHours
from trading.indicators.intraday import vwap

REWARD_TO_RISK = 2.0
"""Targets of the session patterns, in distances from entry to stop.

Source: Ross Cameron (Warrior Trading): no trade that cannot make twice what it risks.
"""


@dataclass(frozen=True)
class SessionView:
    """The bars of an intraday panel times `sign`.

    Row arrays have shape `(n_rows,)`, the others, marked *, one value a (symbol, session) with a regular bar.

    Attributes:
        sign: +1 long, -1 short.
        open: of every bar as seen; likewise `high`, the higher end as seen, `low`, `close`.
        volume: shares, never negated.
        vwap: since the regular open; NaN outside regular hours.
        since_s: from the regular open to the end of each bar, in seconds.
        first: * first regular row; `end`: * one past the last one.
        previous_close: * close of the symbol's last regular bar before this session; NaN in its first session.
        premarket_high: * highest price of the premarket as seen; NaN without one. `premarket_low` the other end.
    """

    sign: int
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats
    since_s: Ints
    first: Ints
    end: Ints
    previous_close: Floats
    premarket_high: Floats
    premarket_low: Floats

    @classmethod
    def of(cls, bars: IntradayPanel, hours: SessionHours) -> SessionView:
        """The panel as a buyer sees it."""
        regular = bars.phase == REGULAR
        offsets = bars.session_offsets
        counts = _per_session(regular, offsets)
        before = _per_session(bars.phase == PREMARKET, offsets)
        traded = counts > 0
        first = (offsets[:-1] + before)[traded]
        end = first + counts[traded]
        opens = hours.open_at[hours.positions(bars.sessions)]
        high, low = _premarket(bars, offsets[:-1][traded], before[traded])
        return cls(
            sign=1,
            open=bars.open,
            high=bars.high,
            low=bars.low,
            close=bars.close,
            volume=bars.volume,
            vwap=vwap(bars),
            since_s=(bars.closes_at - opens).astype("timedelta64[s]").astype(np.int64),
            first=first,
            end=end,
            previous_close=_previous_close(bars, first, end),
            premarket_high=high,
            premarket_low=low,
        )

    @property
    def mirrored(self) -> SessionView:
        """The panel as the other side sees it."""
        return replace(
            self,
            sign=-self.sign,
            open=-self.open,
            high=-self.low,
            low=-self.high,
            close=-self.close,
            vwap=-self.vwap,
            previous_close=-self.previous_close,
            premarket_high=-self.premarket_low,
            premarket_low=-self.premarket_high,
        )

    def opening(self, values: Floats, until_s: int) -> Floats:
        """The values of each session's regular bars that end within `until_s` of the open, NaN elsewhere.

        Shape `(n_sessions, n)`, column `k` the session's bar `k`, as many as the busiest session has.
        """
        longest = int((self.end - self.first).max(initial=0))
        at = self.first[:, None] + np.arange(longest)
        inside = at < self.end[:, None]
        at = np.where(inside, at, 0)
        inside &= self.since_s[at] <= until_s
        wanted = int(inside.sum(axis=1).max(initial=0))
        seen: Floats = np.where(inside[:, :wanted], values[at[:, :wanted]], np.nan)
        return seen

    def take(self, which: Ints) -> SessionView:
        """The sessions at those positions; the rows stay."""
        names = ("first", "end", "previous_close", "premarket_high", "premarket_low")
        columns = {name: getattr(self, name)[which] for name in names}
        return replace(self, **columns)


def _per_session(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], offsets: Ints) -> Ints:
    """How many rows of each session are flagged."""
    so_far = np.concatenate([[0], np.cumsum(flags)])
    counts: Ints = so_far[offsets[1:]] - so_far[offsets[:-1]]
    return counts


def _previous_close(bars: IntradayPanel, first: Ints, end: Ints) -> Floats:
    previous = np.full(len(first), np.nan)
    symbol = bars.symbol_index[first]
    same = np.flatnonzero(symbol[1:] == symbol[:-1]) + 1
    previous[same] = bars.close[end[same - 1] - 1]
    return previous


def _premarket(bars: IntradayPanel, starts: Ints, counts: Ints) -> tuple[Floats, Floats]:
    """Highest and lowest price of each session's premarket."""
    high, low = np.full(len(starts), np.nan), np.full(len(starts), np.nan)
    some = np.flatnonzero(counts)
    if len(some):
        begins = np.cumsum(counts[some]) - counts[some]
        rows = np.repeat(starts[some] - begins, counts[some]) + np.arange(counts[some].sum())
        high[some] = np.maximum.reduceat(bars.high[rows], begins)
        low[some] = np.minimum.reduceat(bars.low[rows], begins)
    return high, low

"""The intraday panel: bars of minutes of a whole universe as a few flat arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trading.arrays import Days, Floats, Ints, Stamps
from trading.bars.panel import symbol_codes
from trading.bars.session_hours import AFTER_HOURS, REGULAR, Phases, SessionHours
from trading.errors import BadDataError

_FIELDS: list[Any] = [
    pa.field("symbol", pa.string()),
    pa.field("starts_at", pa.timestamp("s", tz="UTC")),
    pa.field("open", pa.float64()),
    pa.field("high", pa.float64()),
    pa.field("low", pa.float64()),
    pa.field("close", pa.float64()),
    pa.field("volume", pa.int64()),
]
INTRADAY_SCHEMA = pa.schema(_FIELDS)
"""One bar a row: its start (UTC), prices in USD as printed, volume in shares. A minute without a trade has none."""


@dataclass(frozen=True)
class IntradayPanel:
    """Bars of many symbols, rows sorted by symbol, then by time. All arrays but the first two: shape `(n_rows,)`.

    Attributes:
        symbols: ticker per stretch, shape `(n_symbols,)`.
        offsets: rows of symbol `i` are `offsets[i]:offsets[i + 1]`, shape `(n_symbols + 1,)`.
        bar_s: length of a bar in seconds; the last one before the close may be shorter.
        starts_at: when the bar starts, `datetime64[s]` UTC.
        closes_at: when it is over and known; no decision before this may use it.
        sessions: exchange session, `datetime64[D]`.
        phase: -1 premarket, 0 regular, +1 after hours, int8.
        open: price in USD; likewise `high`, `low`, `close`.
        volume: shares, as float.
    """

    symbols: npt.NDArray[np.str_]
    offsets: Ints
    bar_s: int
    starts_at: Stamps
    closes_at: Stamps
    sessions: Days
    phase: Phases
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    @classmethod
    def from_arrow(cls, bars: pa.Table, hours: SessionHours, *, bar_s: int = 60) -> IntradayPanel:
        """The panel of a table with the columns of `INTRADAY_SCHEMA`, in any order of rows.

        Raises:
            BadDataError: when a symbol is missing, a (symbol, start) pair stands twice, or a bar lies outside all
                hours: count and drop those first (`SessionHours.locate` says which).
        """
        symbols, codes = symbol_codes(bars.column("symbol"))
        starts_at = bars.column("starts_at").to_numpy(zero_copy_only=False).astype("datetime64[s]")
        order = np.lexsort((starts_at, codes))
        codes, starts_at = codes[order], starts_at[order]
        twice = np.flatnonzero((codes[1:] == codes[:-1]) & (starts_at[1:] == starts_at[:-1]))
        if len(twice):
            raise BadDataError(f"{symbols[codes[twice[0]]]} has more than one bar at {starts_at[twice[0]]} UTC")
        at, phase = hours.locate(starts_at, bar_s)
        outside = np.flatnonzero(at < 0)
        if len(outside):
            where = outside[0]
            raise BadDataError(
                f"{len(outside)} bars are outside the hours of every session, the first of {symbols[codes[where]]} at "
                f"{starts_at[where]} UTC; nothing was taken. Drop them, or pass a longer calendar"
            )

        def column(name: str) -> Floats:
            values: Floats = bars.column(name).to_numpy(zero_copy_only=False).astype(np.float64)[order]
            return values

        return cls(
            symbols=symbols,
            offsets=np.searchsorted(codes, np.arange(len(symbols) + 1)).astype(np.int64),
            bar_s=bar_s,
            starts_at=starts_at,
            closes_at=_ends(starts_at, bar_s, hours, (at, phase)),
            sessions=hours.sessions[at],
            phase=phase,
            open=column("open"),
            high=column("high"),
            low=column("low"),
            close=column("close"),
            volume=column("volume"),
        )

    def __len__(self) -> int:
        return len(self.sessions)

    @property
    def symbol_index(self) -> Ints:
        """Index into `symbols` of each row, shape `(n_rows,)`."""
        return np.repeat(np.arange(len(self.symbols), dtype=np.int64), np.diff(self.offsets))

    @property
    def session_offsets(self) -> Ints:
        """Like `offsets`, of every (symbol, session): where each begins, and the number of rows at the end."""
        changed = np.ones(len(self) + 1, dtype=np.bool_)
        changed[1:-1] = self.sessions[1:] != self.sessions[:-1]
        changed[self.offsets] = True
        return np.flatnonzero(changed) if len(self) else np.zeros(1, dtype=np.int64)

    def take(self, rows: Ints) -> IntradayPanel:
        """The panel of `rows` (ascending) alone; symbols without a row are left out."""
        counts = np.bincount(self.symbol_index[rows], minlength=len(self.symbols))
        present = counts > 0
        columns: dict[str, Any] = {name: getattr(self, name)[rows] for name in _ROW_COLUMNS}
        offsets = np.concatenate([[0], np.cumsum(counts[present])]).astype(np.int64)
        return replace(self, symbols=self.symbols[present], offsets=offsets, **columns)

    def known_at(self, at: np.datetime64) -> IntradayPanel:
        """The bars that were over at `at` (UTC)."""
        return self.take(np.flatnonzero(self.closes_at <= at))

    @property
    def regular(self) -> IntradayPanel:
        """The bars of regular sessions alone."""
        return self.take(np.flatnonzero(self.phase == REGULAR))

    @property
    def session_by_session(self) -> IntradayPanel:
        """The same rows, each session a stretch of its own, so that no pattern spans a night; tickers repeat."""
        offsets = self.session_offsets
        return replace(self, symbols=self.symbols[self.symbol_index[offsets[:-1]]], offsets=offsets)


def _ends(starts_at: Stamps, bar_s: int, hours: SessionHours, place: tuple[Ints, Phases]) -> Stamps:
    """When each bar is over.

    The last one of a regular session ends with it, where there are none of after-hours: a source that has those may go
    on with the same bar. No bar before the open reaches beyond it; see the gate `straddles_open`.
    """
    at, phase = place
    ends = starts_at + np.timedelta64(bar_s, "s")
    if not len(at) or (phase == AFTER_HOURS).any():
        return ends
    return np.where(phase == REGULAR, np.minimum(ends, hours.bounds(at, phase)[1]), ends)


_ROW_COLUMNS = ("starts_at", "closes_at", "sessions", "phase", "open", "high", "low", "close", "volume")

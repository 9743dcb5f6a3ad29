"""Which bars there are: by symbol and by session, with what is missing in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa

from adapters.calendar import sessions_between
from data.verification.trouble import Trouble
from trading.arrays import Days
from trading.bars.panel import as_date, symbol_codes


@dataclass(frozen=True)
class SymbolCoverage:
    """The bars of one symbol.

    Attributes:
        sessions: with at least one bar.
        sessions_missing: of the exchange between `first` and `last`, without one.
        missing: which those are, where the symbol was asked for by name; else empty.
    """

    symbol: str
    first: date
    last: date
    bars: int
    sessions: int
    sessions_missing: int
    missing: tuple[date, ...]


@dataclass(frozen=True)
class SessionCoverage:
    """The bars of one session; `symbols_missing` have bars before and after it."""

    session: date
    bars: int
    symbols: int
    symbols_missing: int


@dataclass
class _Seen:
    bars: int = 0
    sessions: int = 0
    first: date = date.max
    last: date = date.min
    days: set[date] = field(default_factory=set)


class Coverage:
    """Counts of bars, added up one stretch of sessions after the other.

    Args:
        named: symbols whose missing sessions are listed one by one.
    """

    def __init__(self, named: Collection[str] = ()) -> None:
        self._named = frozenset(named)
        self._symbols: dict[str, _Seen] = {}
        self._bars: Counter[date] = Counter()
        self._present: Counter[date] = Counter()

    def add(self, bars: pa.Table) -> None:
        """The bars are counted; no two calls bring bars of the same symbol and session.

        Args:
            bars: columns `symbol` and `session`.
        """
        names, codes = symbol_codes(bars.column("symbol"))
        days = bars.column("session").to_numpy(zero_copy_only=False).astype("datetime64[D]").astype(np.int64)
        pairs, counts = np.unique(codes.astype(np.int64) << 32 | days, return_counts=True)
        code, day = pairs >> 32, pairs & 0xFFFFFFFF
        starts = np.flatnonzero(np.diff(code, prepend=-1))
        for at, start, end in zip(code[starts], starts, [*starts[1:], len(code)], strict=True):
            self._add_symbol(str(names[at]), day[start:end].astype("datetime64[D]"), int(counts[start:end].sum()))
        sessions, at = np.unique(day, return_inverse=True)
        held = np.bincount(at, weights=counts).astype(np.int64)
        for session, count, symbols in zip(sessions, held.tolist(), np.bincount(at).tolist(), strict=True):
            self._bars[as_date(np.datetime64(int(session), "D"))] += count
            self._present[as_date(np.datetime64(int(session), "D"))] += symbols

    def _add_symbol(self, symbol: str, days: Days, bars: int) -> None:
        seen = self._symbols.setdefault(symbol, _Seen())
        seen.bars += bars
        seen.sessions += len(days)
        seen.first, seen.last = min(seen.first, days[0].item()), max(seen.last, days[-1].item())
        if symbol in self._named:
            seen.days.update(days.tolist())

    def symbols(self) -> list[SymbolCoverage]:
        """Every symbol, by name."""
        if not self._symbols:
            return []
        calendar = self._calendar()
        return [self._symbol(name, self._symbols[name], calendar) for name in sorted(self._symbols)]

    def _symbol(self, name: str, seen: _Seen, calendar: Days) -> SymbolCoverage:
        begin, end = np.searchsorted(calendar, [np.datetime64(seen.first), np.datetime64(seen.last)])
        missing: tuple[date, ...] = ()
        if name in self._named:
            missing = tuple(day for day in calendar[begin:end].tolist() if day not in seen.days)
        gaps = int(end - begin) + 1 - seen.sessions
        return SymbolCoverage(name, seen.first, seen.last, seen.bars, seen.sessions, gaps, missing)

    def sessions(self) -> list[SessionCoverage]:
        """Every session of the exchange from the first to the last that has a bar."""
        if not self._symbols:
            return []
        first = np.sort(np.array([seen.first for seen in self._symbols.values()], "datetime64[D]"))
        last = np.sort(np.array([seen.last for seen in self._symbols.values()], "datetime64[D]"))
        calendar = self._calendar()
        spanning = np.searchsorted(first, calendar, side="right") - np.searchsorted(last, calendar)
        return [
            SessionCoverage(day, self._bars[day], self._present[day], int(there) - self._present[day])
            for day, there in zip(calendar.tolist(), spanning, strict=True)
        ]

    def strangers(self) -> Iterable[Trouble]:
        """Sessions with bars on which the exchange was closed."""
        if self._symbols:
            for day in sorted(set(self._present) - set(self._calendar().tolist())):
                detail = f"{self._bars[day]:,} bars are of {day}, when the exchange was closed"
                yield Trouble("calendar", str(day), detail, "Tell us: the gates should have refused them.")

    def _calendar(self) -> Days:
        return sessions_between(min(self._present), max(self._present))

"""Why a session comes out otherwise when it is traded again: what came in, or was set, after it was traded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from adapters.calendar import close_of
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.late_data import BAR_FILES, Jumps, LateData, Spans
from adapters.postgres.pool import Pool
from adapters.postgres.risk_limits import RiskLimits
from trading.broker.controls import WITHDRAWN
from trading.ledger.double_entry import Draft
from trading.risk.limits import Limits, changed

UNEXPLAINED = "unexplained"
OPENING = frozenset({"buy", "sell_short"})


@dataclass(frozen=True)
class Changes:
    """What changed after a session was traded.

    Attributes:
        completed_at: when it was traded; None where it wasn't.
        bars: late bars, splits and breaks of one symbol's own, in words, and of every symbol under an empty name.
        of_symbols: other late data of one symbol's own, in words.
        of_all: late data that reach every symbol through ranks, correlations and the market's context.
        settings: limits that are otherwise now, in words.
        withheld: why orders of the session were withheld when it was traded; empty when none were.
        still_differ: entries that differ as well with the bars as they were then, so that late bars aren't why; None
            where nobody tried.
    """

    completed_at: datetime | None = None
    bars: Mapping[str, str] = field(default_factory=dict)
    of_symbols: Mapping[str, str] = field(default_factory=dict)
    of_all: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    withheld: str = ""
    still_differ: frozenset[str] | None = None

    @property
    def said(self) -> tuple[str, ...]:
        """All of it, in words."""
        own = [f"late data: {words}" for words in (*self.bars.values(), *self.of_symbols.values())]
        return (*own, *self.of_all, *self.settings, *([self.withheld] if self.withheld else []))

    def cause(self, draft: Draft, *, on_record: bool) -> str:
        """What the entry's difference comes from, the nearest cause first; `unexplained` where nothing changed.

        Args:
            draft: the entry.
            on_record: whether the session as it was traded has such an entry.
        """
        told: Mapping[str, Any] = draft.payload
        if self.withheld and not on_record and draft.kind == "order" and told.get("side") in OPENING:
            return self.withheld
        if on_record and draft.kind == "cancel" and str(told["reason"]).startswith(WITHDRAWN):
            return str(told["reason"])
        symbol = str(told.get("symbol", ""))
        if self.bars and self.still_differ is not None and draft.command_id not in self.still_differ:
            return self._late_bars(symbol)
        own = [words for words in (self.of_symbols.get(symbol),) if words]
        if self.bars and self.still_differ is None:
            if symbol in self.bars:
                own.append(self.bars[symbol])
            elif not own:
                return "; ".join([*self.settings, *self._others(), *self.of_all, self._late_bars(symbol)])
        if own:
            return "; ".join([*(f"late data: {words}" for words in own), *self.settings])
        return "; ".join([*self.settings, *self._others(), *self.of_all]) or UNEXPLAINED

    def _late_bars(self, symbol: str) -> str:
        if symbol in self.bars:
            return f"late data: {self.bars[symbol]}"
        others = len(self.bars.keys() - {""})
        named = [f"late bars of other symbols: {others}"] if others else []
        return "; ".join([*named, *(f"late data: {words}" for words in (self.bars.get(""),) if words)])

    def _others(self) -> list[str]:
        return [f"late data of other symbols: {len(self.of_symbols)}"] if self.of_symbols else []


def changes_since(pool: Pool, session: date, now: Limits | None = None) -> Changes:
    """What the record holds now that it didn't when the session was traded; nothing where it wasn't traded.

    Args:
        pool: of the record.
        session: that was traded.
        now: limits that the session is traded with again, to be held against those in force then.
    """
    late = LateData(pool).after(session, close_of(session))
    if late is None:
        return Changes()
    said = {name: f"{count} {name} recorded after the session was traded" for name, count in late.of_all if count}
    of_all = tuple(f"late data: {words}" for name, words in said.items() if name != BAR_FILES)
    bars = _by_symbol(
        (("bars", "corrected", late.corrected),), (("split", late.splits), ("break", late.breaks))
    )  # fmt: skip
    if BAR_FILES in said:
        bars[""] = said[BAR_FILES]
    then = RiskLimits(pool).in_force(late.completed_at)
    settings = [] if then is None or now is None else changed(then.limits, now)
    return Changes(
        completed_at=late.completed_at,
        bars=bars,
        of_symbols=_by_symbol((("earnings days", "recorded", late.events),), ()),
        of_all=of_all,
        settings=tuple(f"other settings: {words}" for words in settings),
        withheld=ControlRecord(pool).withheld(session),
    )


def _by_symbol(
    spans: Iterable[tuple[str, str, Spans]], jumps: Iterable[tuple[str, Jumps]]
) -> dict[str, str]:  # fmt: skip
    found: dict[str, list[str]] = {}
    for name, became, rows in spans:
        for symbol, count, first, last in rows:
            days = f"{first}" if first == last else f"{first} to {last}"
            found.setdefault(symbol, []).append(f"{count} {name} of {symbol} {became} ({days})")
    for name, moves in jumps:
        for symbol, day in moves:
            found.setdefault(symbol, []).append(f"{name} of {symbol} on {day} found")
    return {symbol: ", ".join(words) + " after the session was traded" for symbol, words in found.items()}

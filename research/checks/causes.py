"""Why a session comes out otherwise when it is traded again: what came in, or was set, after it was traded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from adapters.calendar import close_of
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.late_data import Late, LateData
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
        of_symbols: late data of one symbol's own, in words.
        of_all: late data that reach every symbol through ranks, correlations and the market's context.
        settings: limits that are otherwise now, in words.
        withheld: why orders of the session were withheld when it was traded; empty when none were.
    """

    of_symbols: Mapping[str, str] = field(default_factory=dict)
    of_all: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    withheld: str = ""

    @property
    def said(self) -> tuple[str, ...]:
        """All of it, in words."""
        own = [f"late data: {words}" for words in self.of_symbols.values()]
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
        own = self.of_symbols.get(str(told.get("symbol", "")))
        if own is not None:
            return "; ".join([f"late data: {own}", *self.settings])
        others = [f"late data of other symbols: {len(self.of_symbols)}"] if self.of_symbols else []
        return "; ".join([*self.settings, *others, *self.of_all]) or UNEXPLAINED


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
    of_all = tuple(
        f"late data: {count} {name} recorded after the session was traded" for name, count in late.of_all if count
    )
    then = RiskLimits(pool).in_force(late.completed_at)
    settings = [] if then is None or now is None else changed(then.limits, now)
    said = tuple(f"other settings: {words}" for words in settings)
    return Changes(_of_symbols(late), of_all, said, ControlRecord(pool).withheld(session))


def _of_symbols(late: Late) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name, became, rows in (("bars", "corrected", late.corrected), ("earnings days", "recorded", late.events)):
        for symbol, count, first, last in rows:
            days = f"{first}" if first == last else f"{first} to {last}"
            found.setdefault(symbol, []).append(f"{count} {name} of {symbol} {became} ({days})")
    for name, jumps in (("split", late.splits), ("break", late.breaks)):
        for symbol, day in jumps:
            found.setdefault(symbol, []).append(f"{name} of {symbol} on {day} found")
    return {symbol: ", ".join(words) + " after the session was traded" for symbol, words in found.items()}

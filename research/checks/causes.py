"""Why a session comes out otherwise when it is traded again: what came in, or was set, after it was traded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from adapters.calendar import close_of
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.late_data import BAR_FILES, VIX_CLOSES, Jumps, LateData, Spans
from adapters.postgres.pool import Pool
from adapters.postgres.risk_limits import RiskLimits
from trading.approval.asked import REFUSED, UNANSWERED
from trading.broker.controls import WITHDRAWN
from trading.ledger.double_entry import Draft
from trading.risk.limits import Limits, changed

UNEXPLAINED = "unexplained"
BARS, EARNINGS, VIX, NEWS = "bars", "earnings days", "VIX", "news"
"""Kinds of data that may come late, each told by trading the session with what was on record then."""
TOGETHER = ""
"""All kinds at once."""
OPENING = frozenset({"buy", "sell_short"})
BY_PEOPLE = (WITHDRAWN, REFUSED, UNANSWERED)
"""How the reason begins of an order that people kept from filling: trading was stopped, or the owner said no."""


@dataclass(frozen=True)
class Changes:
    """What changed after a session was traded.

    Attributes:
        completed_at: when it was traded; None where it wasn't.
        late: by kind of data, what came late of each symbol's own, in words, and under an empty name what reaches
            every symbol through ranks, correlations and the market's context.
        settings: limits that are otherwise now, in words.
        withheld: why orders of the session were withheld when it was traded; empty when none were.
        still_differ: by kind, entries that differ as well with that kind as it was then, so that it isn't why, and
            under `TOGETHER` those that differ with all of these kinds as they were. Without a kind nobody could try.
    """

    completed_at: datetime | None = None
    late: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    withheld: str = ""
    still_differ: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def said(self) -> tuple[str, ...]:
        """All of it, in words."""
        own = [f"late data: {words}" for of_kind in self.late.values() for words in of_kind.values()]
        return (*own, *self.settings, *([self.withheld] if self.withheld else []))

    def cause(self, draft: Draft, *, on_record: bool) -> str:
        """What the entry's difference comes from; `unexplained` where nothing that changed can be why.

        Late data are why where the session as it was traded comes out with the data of then, and are named without
        proof only where those can't be had any more: see `of_late_data`.

        Args:
            draft: the entry.
            on_record: whether the session as it was traded has such an entry.
        """
        told: Mapping[str, Any] = draft.payload
        if self.withheld and not on_record and draft.kind == "order" and told.get("side") in OPENING:
            return self.withheld
        if on_record and draft.kind == "cancel" and str(told["reason"]).startswith(BY_PEOPLE):
            return str(told["reason"])
        return self.of_late_data(draft.command_id, str(told.get("symbol", "")))

    def of_late_data(self, name: str, symbol: str) -> str:
        """What a difference comes from, of late data and settings; `unexplained` where none of them can be why.

        Args:
            name: of what differs, as in `still_differ`.
            symbol: that it is about; empty where it is about none.
        """
        tried = [kind for kind in self.late if kind in self.still_differ]
        if tried and name not in self.still_differ[TOGETHER]:
            alone = [kind for kind in tried if name not in self.still_differ[kind]]
            return "; ".join(self._words(kind, symbol) for kind in alone or tried)
        untold = [kind for kind in self.late if kind not in self.still_differ]
        own = [kind for kind in untold if symbol in self.late[kind]] if symbol else []
        words = [self._words(kind, symbol) for kind in own or untold]
        return "; ".join([*words, *self.settings] if own else [*self.settings, *words]) or UNEXPLAINED

    def _words(self, kind: str, symbol: str) -> str:
        """The symbol's own late data of the kind; else how many others have some, and what reaches all."""
        found = self.late[kind]
        if symbol and symbol in found:
            return f"late data: {found[symbol]}"
        others = len(found.keys() - {""})
        named = [f"late {kind} of other symbols: {others}"] if others else []
        return "; ".join([*named, *(f"late data: {words}" for words in (found.get(""),) if words)])


def changes_since(pool: Pool, session: date, now: Limits | None = None) -> Changes:
    """What the record holds now that it didn't when the session was traded; nothing where it wasn't traded.

    Args:
        pool: of the record.
        session: that was traded.
        now: limits that the session is traded with again, to be held against those in force then.
    """
    came = LateData(pool).after(session, close_of(session))
    if came is None:
        return Changes()
    of_all: dict[str, list[str]] = {BARS: [], VIX: [], NEWS: []}
    for name, count in came.of_all:
        if count:
            kind = {BAR_FILES: BARS, VIX_CLOSES: VIX}.get(name, NEWS)
            of_all[kind].append(f"{count} {name} recorded after the session was traded")
    late = {
        BARS: _by_symbol((("bars", "corrected", came.corrected),), (("split", came.splits), ("break", came.breaks))),
        EARNINGS: _by_symbol((("earnings days", "recorded", came.events),), ()),
        VIX: {},
        NEWS: {},
    }
    for kind, words in of_all.items():
        if words:
            late[kind][""] = ", ".join(words)
    then = RiskLimits(pool).in_force(came.completed_at)
    settings = [] if then is None or now is None else changed(then.limits, now)
    return Changes(
        completed_at=came.completed_at,
        late={kind: words for kind, words in late.items() if words},
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

"""An account's closed trades as risk sees them: a fold of its journal, so that a restart forgets none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

CLOSING = frozenset({"sell", "buy_to_cover"})
STOP = "stop"


def told_by(source: Literal["rule", "ensemble"], reason: str) -> str:
    """The reason of an order, which begins with the view that decided: `decided_by` reads it back."""
    return f"{source}: {reason}"


def decided_by(reason: str) -> str:
    """The view that decided, by an order's reason; empty for an order that no decision made."""
    source, colon, _ = reason.partition(": ")
    return source if colon and source in {"rule", "ensemble"} else ""


@dataclass(frozen=True)
class Close:
    """One closing fill.

    Attributes:
        entry_order_id: of the order that opened the position; empty where none is known.
        source: the view that decided the entry, see `decided_by`.
        profit_cents: net of the fees of both sides.
        stopped: the stop closed it.
    """

    session: date
    symbol: str
    entry_order_id: str
    source: str
    profit_cents: int
    stopped: bool


@dataclass
class TradeHistory:
    """Closing fills in order, and the views that decided the entries of this account.

    Attributes:
        sources: by order id.
        closes: oldest first.
    """

    sources: dict[str, str] = field(default_factory=dict)
    closes: list[Close] = field(default_factory=list)

    def take(self, kind: str, session: date, told: Mapping[str, Any]) -> None:
        """The journal's entry is in the history, if it is one of an order or of a closing fill.

        Args:
            kind: of the entry.
            session: likewise.
            told: its payload.
        """
        if kind == "order":
            self.sources[str(told["order_id"])] = decided_by(str(told["reason"]))
        if kind != "fill" or told["side"] not in CLOSING:
            return
        entry = str(told["entry_order_id"])
        self.closes.append(
            Close(
                session=session,
                symbol=str(told["symbol"]),
                entry_order_id=entry,
                source=self.sources.get(entry, ""),
                profit_cents=int(told["profit_cents"]),
                stopped=told["reason"] == STOP,
            )
        )

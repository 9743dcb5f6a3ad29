"""Why a stock was or was not traded: what the record holds of one symbol at one session's close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from psycopg.rows import dict_row

from adapters.bars.store import BarStore
from adapters.calendar import TIME_ZONE, close_times
from adapters.postgres.pool import Cursor, Pool, transaction
from trading.bars.panel import as_day
from trading.errors import BadDataError, ConfigurationError

DECISIONS = (
    "SELECT account, action, shares, source, confidence, rule_confidence, rule_reasons, probabilities, "
    "expected_return, strength, rank, disagreement, patterns, veto, reason, ensemble_id FROM decisions "
    "WHERE session = %s AND symbol = %s ORDER BY account"
)
SCAN = "SELECT rank, score, parts, reason FROM scans WHERE session = %s AND symbol = %s"
REGIME = "SELECT words FROM regimes WHERE session = %s"
WITHHELD = "SELECT reason FROM trading_controls WHERE action = 'withheld' AND session = %s ORDER BY seq LIMIT 1"
SECTOR = "SELECT sector FROM instruments WHERE symbol = %s"


@dataclass(frozen=True)
class Explanation:
    """What is on record of a symbol at a close.

    Attributes:
        session: the last one with a scan at or before the day, or that had closed at the time, asked for.
        known_at: its close, UTC: what is told here was decided from what was known then.
        in_play: rank, score, its parts and the reason of the scan; None when the stock was not in play.
        regime: in words; None when none is on record.
        decisions: one an account: views of models and rules, veto, action; empty when nothing was to decide.
        sector: as on record now; since when it is known isn't kept.
        has_bar: whether a daily bar of it is on record for the session; None where nobody looked.
        withheld: why purchases that were decided were not placed: trading was suspended or blocked; else empty.
    """

    symbol: str
    session: date
    known_at: datetime
    in_play: dict[str, Any] | None
    regime: str | None
    decisions: Sequence[dict[str, Any]]
    sector: str | None = None
    withheld: str = ""
    has_bar: bool | None = None

    @property
    def said(self) -> str:
        """In one sentence, when there was no decision."""
        if self.decisions:
            return ""
        if self.has_bar is False:
            return (
                f"{self.symbol} has no bar on record for {self.session}, so nothing was to decide. It may be spelt "
                "otherwise, never imported, quarantined, halted or delisted by then."
            )
        if self.in_play is None:
            return f"{self.symbol} was not in play at the close of {self.session}, so nothing was to decide."
        return f"{self.symbol} was in play at the close of {self.session} without a bullish setup; nothing was decided."


def time_or_day(text: str) -> date | datetime:
    """The day, or the instant, that a text names: `2010-05-06`, `2010-05-06T15:59-04:00`, `… 15:59 America/New_York`.

    Raises:
        ConfigurationError: when it is neither, or a time without its zone.
    """
    stamp, _, zone = text.strip().rpartition(" ")
    try:
        named = ZoneInfo(zone) if stamp and "/" in zone else None
        found = datetime.fromisoformat(stamp if named else text.strip())
    except (ValueError, ZoneInfoNotFoundError):
        raise ConfigurationError(
            f"{text!r} is no day and no time. Nothing was looked up. Write it like 2010-05-06, "
            "2010-05-06T15:59-04:00 or '2010-05-06 15:59 America/New_York'."
        ) from None
    if ":" not in text and "T" not in text:
        return found.date()
    found = found.replace(tzinfo=named) if named and found.tzinfo is None else found
    if found.tzinfo is None:
        raise ConfigurationError(
            f"{text!r} has no time zone. Nothing was looked up. Add one, such as {text}-04:00 or {text}Z."
        )
    return found


def explain(pool: Pool, symbol: str, at: date | datetime, bars: BarStore | None = None) -> Explanation:
    """What was known and decided of the symbol at the last close on record up to then.

    Args:
        pool: of the record.
        symbol: upper-case ticker.
        at: a day: its own close counts. An instant with its zone: only what had closed by then counts.
        bars: to see whether there is one of the symbol; nobody looks without them.

    Raises:
        BadDataError: when no such session is on record.
    """
    with transaction(pool) as cursor:
        session = _last_session(cursor, at)
        if session is None:
            raise BadDataError(f"no session up to {at} is on record. Nothing was changed; run `inplay run` first.")
        rows = cursor.connection.cursor(row_factory=dict_row)
        decisions = rows.execute(DECISIONS, [session, symbol]).fetchall()
        scan = rows.execute(SCAN, [session, symbol]).fetchone()
        regime = rows.execute(REGIME, [session]).fetchone()
        sector = rows.execute(SECTOR, [symbol]).fetchone()
        withheld = rows.execute(WITHHELD, [session]).fetchone()
    return Explanation(
        symbol, session, closed_at(session), scan, regime["words"] if regime else None, decisions,
        sector["sector"] if sector else None,
        withheld["reason"] if withheld and any(one["action"] == "buy" for one in decisions) else "",
        None if bars is None else bars.read(session, session, symbols=[symbol]).num_rows > 0,
    )  # fmt: skip


def closed_at(session: date) -> datetime:
    """When the session closed, UTC; 16:00 New York time on a day that the calendar doesn't have."""
    found: datetime = close_times(np.array([as_day(session)]))[0].astype("datetime64[s]").item()
    return found.replace(tzinfo=UTC)


def _last_session(cursor: Cursor, at: date | datetime) -> date | None:
    """The last session with a scan at the day, or whose close had come at the instant."""
    day = at.astimezone(ZoneInfo(TIME_ZONE)).date() if isinstance(at, datetime) else at
    cursor.execute("SELECT DISTINCT session FROM scans WHERE session <= %s ORDER BY session DESC LIMIT 2", [day])
    found = [row[0] for row in cursor.fetchall()]
    if isinstance(at, datetime):
        found = [session for session in found if closed_at(session) <= at]
    return found[0] if found else None

"""Why a stock was or was not traded: what the record holds of one symbol at one session's close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.rows import dict_row

from adapters.postgres.pool import Pool, transaction
from trading.errors import BadDataError

DECISIONS = (
    "SELECT account, action, shares, source, confidence, rule_confidence, rule_reasons, p_pattern, p_catalyst, "
    "p_outcome, expected_return, strength, rank, disagreement, patterns, veto, reason, ensemble_id FROM decisions "
    "WHERE session = %s AND symbol = %s ORDER BY account"
)
SCAN = "SELECT rank, score, parts, reason FROM scans WHERE session = %s AND symbol = %s"
REGIME = "SELECT words FROM regimes WHERE session = %s"


@dataclass(frozen=True)
class Explanation:
    """What is on record of a symbol at a close.

    Attributes:
        session: the last one with decisions or scans at or before the day asked for.
        in_play: rank, score, its parts and the reason of the scan; None when the stock was not in play.
        regime: in words; None when none is on record.
        decisions: one an account: views of models and rules, veto, action; empty when nothing was to decide.
    """

    symbol: str
    session: date
    in_play: dict[str, Any] | None
    regime: str | None
    decisions: Sequence[dict[str, Any]]

    @property
    def said(self) -> str:
        """In one sentence, when there was no decision."""
        if self.decisions:
            return ""
        if self.in_play is None:
            return f"{self.symbol} was not in play at the close of {self.session}, so nothing was to decide."
        return f"{self.symbol} was in play at the close of {self.session} without a bullish setup; nothing was decided."


def explain(pool: Pool, symbol: str, day: date) -> Explanation:
    """What was known and decided of the symbol at the last close on record up to the day.

    Raises:
        BadDataError: when no session up to that day is on record.
    """
    with transaction(pool) as cursor:
        cursor.execute("SELECT max(session) FROM scans WHERE session <= %s", [day])
        (session,) = cursor.fetchone() or (None,)
        if session is None:
            raise BadDataError(f"no session up to {day} is on record. Nothing was changed; run `inplay run` first.")
        rows = cursor.connection.cursor(row_factory=dict_row)
        decisions = rows.execute(DECISIONS, [session, symbol]).fetchall()
        scan = rows.execute(SCAN, [session, symbol]).fetchone()
        regime = rows.execute(REGIME, [session]).fetchone()
    return Explanation(symbol, session, scan, regime["words"] if regime else None, decisions)

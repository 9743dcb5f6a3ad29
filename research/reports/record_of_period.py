"""What the record says of some sessions: purchases, decisions, models, checks; and which view opened a trade."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.rows import dict_row

from adapters.postgres.pool import Pool, transaction

OPENED = """
SELECT f.book AS account, f.session, f.symbol, f.side, f.shares, f.price_usd_e4, o.decided_session, d.source,
       d.ensemble_id, d.patterns, d.reason
FROM fills AS f JOIN orders AS o USING (order_id)
LEFT JOIN decisions AS d ON d.account = o.book AND d.symbol = o.symbol AND d.session = o.decided_session
WHERE f.side IN ('buy', 'sell_short') AND f.session <= %(last)s
ORDER BY f.session, f.book, f.symbol, f.fill_id
"""
DECIDED = """
SELECT account, count(*) AS candidates, count(*) FILTER (WHERE action = 'buy') AS bought,
       count(*) FILTER (WHERE action = 'buy' AND veto <> '') AS smaller
FROM decisions WHERE session = ANY(%(sessions)s) GROUP BY account ORDER BY account
"""
NOT_FILLED = """
SELECT book AS account, symbol, decided_session, status, coalesce(closed_reason, '') AS reason
FROM orders WHERE decided_session = ANY(%(sessions)s) AND status IN ('refused', 'cancelled', 'expired')
ORDER BY decided_session, book, symbol
"""
MODEL_EVENTS = """
SELECT ensemble_id, role, from_session, who, why
FROM model_events WHERE from_session = ANY(%(sessions)s) ORDER BY event_id
"""
CHECKS = """
SELECT DISTINCT ON (session, kind) session, kind, verdict, detail
FROM daily_checks WHERE session = ANY(%(sessions)s) ORDER BY session, kind, seq DESC
"""
IN_PLAY = "SELECT session, stocks_in_play FROM replay_sessions WHERE session = ANY(%(sessions)s) ORDER BY session"
ROLES = """
SELECT DISTINCT ON (ensemble_id) ensemble_id, role FROM model_events
WHERE from_session <= %(last)s ORDER BY ensemble_id, event_id DESC
"""


@dataclass(frozen=True)
class OfPeriod:
    """Rows of the record, each by the names of its columns.

    Attributes:
        opened: fills that opened positions, of all sessions up to the last one, with the decision behind each.
        decided: of the period, by account; likewise `not_filled`, `model_events`, `checks`, `in_play`.
        roles: of each ensemble at the end.
    """

    opened: list[dict[str, Any]]
    decided: list[dict[str, Any]]
    not_filled: list[dict[str, Any]]
    model_events: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    in_play: list[dict[str, Any]]
    roles: dict[str, str]


def of_period(pool: Pool, sessions: tuple[date, ...]) -> OfPeriod:
    """What the record says of these sessions, read in one transaction."""
    asked = {"sessions": list(sessions), "last": sessions[-1]}
    with transaction(pool) as cursor:
        rows = cursor.connection.cursor(row_factory=dict_row)

        def read(query: str) -> list[dict[str, Any]]:
            return rows.execute(query.encode(), asked).fetchall()

        return OfPeriod(
            opened=read(OPENED), decided=read(DECIDED), not_filled=read(NOT_FILLED), model_events=read(MODEL_EVENTS),
            checks=read(CHECKS), in_play=read(IN_PLAY),
            roles={row["ensemble_id"]: row["role"] for row in read(ROLES)},
        )  # fmt: skip

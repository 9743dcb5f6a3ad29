"""Candidates that weren't bought: what refused each, and what became of it."""

from __future__ import annotations

from datetime import date

import numpy as np

from adapters.postgres.pool import Pool, transaction
from trading.accounting.refused import Refused
from trading.approval.asked import NOBODY
from trading.broker.book import BOOK

QUERY = """
SELECT d.session,
       coalesce(d.refused_by, CASE WHEN o.status = 'refused' THEN 'order_refused'
                                   WHEN a.who = %(nobody)s THEN 'unanswered' WHEN a.who IS NOT NULL THEN 'owner'
                                   WHEN o.order_id IS NULL THEN 'withheld' ELSE 'order_' || o.status END),
       CASE WHEN p.outcome_known_session <= %(until)s THEN p.outcome_return END
FROM decisions AS d
JOIN replay_sessions USING (session)
LEFT JOIN orders AS o ON o.order_id = 'order:' || d.session || ':' || d.account || ':' || d.symbol
LEFT JOIN approval_answers AS a
    ON a.order_id = 'order:' || d.session || ':' || d.account || ':' || d.symbol AND a.verdict = 'no'
LEFT JOIN LATERAL (
    SELECT outcome_return, outcome_known_session FROM pattern_training_data AS p
    WHERE p.session = d.session AND p.symbol = d.symbol AND p.direction = 1 LIMIT 1
) AS p ON true
WHERE d.account = %(account)s AND d.session <= %(until)s AND (d.refused_by IS NOT NULL OR o.order_id IS NULL OR (
    o.status IN ('refused', 'cancelled', 'expired')
    AND NOT EXISTS (SELECT FROM fills AS f WHERE f.order_id = o.order_id)
))
ORDER BY d.session, d.symbol
"""

AT_BROKER = """
SELECT d.session,
       coalesce(d.refused_by, CASE WHEN a.who = %(nobody)s THEN 'unanswered' WHEN a.who IS NOT NULL THEN 'owner'
                                   WHEN b.answer = 'withheld' THEN 'withheld'
                                   WHEN b.answer = 'refused' THEN 'order_refused'
                                   WHEN b.answer = 'lost' THEN 'order_expired' ELSE 'order_cancelled' END),
       CASE WHEN p.outcome_known_session <= %(until)s THEN p.outcome_return END
FROM decisions AS d
JOIN replay_sessions USING (session)
LEFT JOIN approval_answers AS a
    ON a.order_id = 'order:' || d.session || ':' || d.account || ':' || d.symbol AND a.verdict = 'no'
LEFT JOIN LATERAL (
    SELECT answer FROM broker_answers
    WHERE order_id = 'order:' || d.session || ':' || d.account || ':' || d.symbol ORDER BY seq DESC LIMIT 1
) AS b ON true
LEFT JOIN LATERAL (
    SELECT outcome_return, outcome_known_session FROM pattern_training_data AS p
    WHERE p.session = d.session AND p.symbol = d.symbol AND p.direction = 1 LIMIT 1
) AS p ON true
WHERE d.account = %(account)s AND d.session <= %(until)s AND (
    d.refused_by IS NOT NULL OR a.who IS NOT NULL OR b.answer IN ('withheld', 'refused', 'lost', 'ended')
) AND NOT EXISTS (
    SELECT FROM broker_events AS e
    WHERE e.order_id = 'order:' || d.session || ':' || d.account || ':' || d.symbol AND e.kind = 'filled'
)
ORDER BY d.session, d.symbol
"""
"""Likewise of the book at a broker, whose orders are in tables of their own."""


def refused_of(pool: Pool, account: str, until: date = date.max) -> Refused:
    """Every candidate of complete sessions that the account didn't get, by the rule, the limit or the order's end.

    Args:
        pool: of the record.
        account: whose candidates.
        until: only sessions, and outcomes known, up to this one.
    """
    with transaction(pool) as cursor:
        cursor.execute(AT_BROKER if account == BOOK else QUERY, {"account": account, "until": until, "nobody": NOBODY})
        rows = cursor.fetchall()
    return Refused(
        session=np.array([row[0] for row in rows], dtype="datetime64[D]"),
        limit=np.array([row[1] for row in rows], dtype=np.str_),
        net_return=np.array([row[2] for row in rows], dtype=np.float64),
    )


def owner_was_asked(pool: Pool, account: str) -> bool:
    """Whether any order of the account waited for the owner's yes."""
    with transaction(pool) as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM approval_requests WHERE account = %s)", [account])
        ((found,),) = cursor.fetchall()
        return bool(found)

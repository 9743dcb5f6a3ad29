"""Candidates that weren't bought: what refused each, and what became of it."""

from __future__ import annotations

from datetime import date

import numpy as np

from adapters.postgres.pool import Pool, transaction
from trading.accounting.refused import Refused

QUERY = """
SELECT d.session,
       coalesce(d.refused_by, CASE WHEN o.order_id IS NULL THEN 'withheld' ELSE 'order_' || o.status END),
       CASE WHEN p.outcome_known_session <= %(until)s THEN p.outcome_return END
FROM decisions AS d
JOIN replay_sessions USING (session)
LEFT JOIN orders AS o ON o.order_id = 'order:' || d.session || ':' || d.account || ':' || d.symbol
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


def refused_of(pool: Pool, account: str, until: date = date.max) -> Refused:
    """Every candidate of complete sessions that the account didn't get, by the rule, the limit or the order's end.

    Args:
        pool: of the record.
        account: whose candidates.
        until: only sessions, and outcomes known, up to this one.
    """
    with transaction(pool) as cursor:
        cursor.execute(QUERY, {"account": account, "until": until})
        rows = cursor.fetchall()
    return Refused(
        session=np.array([row[0] for row in rows], dtype="datetime64[D]"),
        limit=np.array([row[1] for row in rows], dtype=np.str_),
        net_return=np.array([row[2] for row in rows], dtype=np.float64),
    )

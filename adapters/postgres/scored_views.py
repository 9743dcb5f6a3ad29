"""What models said of setups whose outcome was known before a session, by the regime of the setup's session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from adapters.postgres.pool import Pool, transaction
from trading.arrays import Days, Floats

STATES = {
    "high volatility": ("volatility", "high"),
    "low volatility": ("volatility", "low"),
    "driven by catalysts": ("driver", "catalysts"),
    "driven by technical trading": ("driver", "technical"),
}
"""The column of `regimes` and its value for each state of `trading.views.regime_weights.STATES`."""


@dataclass(frozen=True, eq=False)
class ScoredViews:
    """Scored setups, in the order of session, version, symbol and direction.

    Attributes:
        probabilities: of each member, shape `(members, n)`.
        won: 1 or 0.
        session: of the decision; `known_session` is when the outcome was known.
        volatility: of the session's regime, `driver` likewise; empty where unknown.
    """

    probabilities: Floats
    won: Floats
    session: Days
    known_session: Days
    volatility: npt.NDArray[np.str_]
    driver: npt.NDArray[np.str_]

    def in_state(self, state: str) -> npt.NDArray[np.bool_]:
        """Which setups were made in a state of `STATES`; unknown is no."""
        column, value = STATES[state]
        return np.asarray(getattr(self, column) == value)


def scored_before(pool: Pool, before: date, members: Sequence[str], most_sessions: int) -> ScoredViews:
    """The setups that versions of these members scored, with outcomes known before a session.

    Args:
        pool: of the record.
        before: every outcome was known at the close of an earlier session.
        members: names in order; versions of other members are left out.
        most_sessions: the latest of them.
    """
    with transaction(pool) as cursor:
        cursor.execute(
            "WITH days AS (SELECT DISTINCT session FROM signals WHERE session < %(before)s ORDER BY session DESC "
            "LIMIT %(most)s), alike AS (SELECT ensemble_id FROM ensemble_members GROUP BY ensemble_id "
            "HAVING array_agg(kind ORDER BY position) = %(members)s::text[]) "
            "SELECT s.session, s.probabilities, s.success::integer, s.known_session, coalesce(r.volatility, ''), "
            "coalesce(r.driver, '') FROM signal_outcomes AS s JOIN alike USING (ensemble_id) "
            "LEFT JOIN regimes AS r ON r.session = s.session "
            "WHERE s.session IN (SELECT session FROM days) AND s.known_session < %(before)s "
            "AND s.success IS NOT NULL AND cardinality(s.probabilities) = %(count)s "
            "ORDER BY s.session, s.ensemble_id, s.symbol, s.direction",
            {"before": before, "most": most_sessions, "members": list(members), "count": len(members)},
        )
        rows = cursor.fetchall()
    told = [row[1] for row in rows]
    return ScoredViews(
        probabilities=np.array(told, dtype=np.float64).reshape(len(rows), len(members)).T,
        won=np.array([row[2] for row in rows], dtype=np.float64),
        session=np.array([row[0] for row in rows], dtype="datetime64[D]"),
        known_session=np.array([row[3] for row in rows], dtype="datetime64[D]"),
        volatility=np.array([row[4] for row in rows], dtype=np.str_),
        driver=np.array([row[5] for row in rows], dtype=np.str_),
    )

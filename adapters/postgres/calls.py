"""Candidates with their outcomes: what versions of the ensemble, the rules and the accounts said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from adapters.postgres.pool import Pool, transaction
from trading.arrays import Days, Flags, Floats
from trading.evidence.calls import Candidates
from trading.risk.model_risk import ModelRiskLimits
from trading.risk.model_trust import is_for
from trading.views.rule_system import BUY_AT

RULES = "rules"


@dataclass(frozen=True)
class VersionCalls:
    """What one version and the rules said of the same candidates.

    Attributes:
        candidates: those whose outcome is known; the judges are the version by its name, and `RULES`.
        open: candidates whose outcome isn't known yet or will never be.
        unanswered: candidates of which the version said nothing; they count nowhere else.
    """

    candidates: Candidates
    open: int
    unanswered: int


class CallStore:
    """Reader of `signals`, `decisions` and outcomes for comparisons.

    Args:
        pool: of the record.
        until: only sessions, and outcomes known, up to this one.
    """

    def __init__(self, pool: Pool, until: date = date.max) -> None:
        self._pool, self._until = pool, until

    def versions(self) -> list[str]:
        """Those that scored candidates, in the order in which they first did."""
        rows = self._fetch(
            "SELECT ensemble_id FROM signals WHERE in_play AND session <= %s GROUP BY ensemble_id "
            "ORDER BY min(session), ensemble_id",
            [self._until],
        )
        return [str(row[0]) for row in rows]

    def of_version(self, ensemble_id: str, limits: ModelRiskLimits) -> VersionCalls:
        """What a version said of candidates, and the rules of the same ones.

        The version says yes where it ranks a setup high enough to be for it (`min_confidence`), the rules from their
        own threshold on.
        """
        rows = self._fetch(
            "SELECT s.session, s.success, s.net_return, s.rank, d.rule_confidence, s.known_session "
            "FROM signal_outcomes AS s LEFT JOIN LATERAL (SELECT rule_confidence FROM decisions AS d "
            "WHERE d.session = s.session AND d.symbol = s.symbol LIMIT 1) AS d ON true "
            "WHERE s.in_play AND s.ensemble_id = %s AND s.session <= %s ORDER BY s.session, s.symbol",
            [ensemble_id, self._until],
        )
        rank, rule = _numbers(rows, 3), _numbers(rows, 4)
        known = np.array(
            [row[1] is not None and row[2] is not None and row[5] <= self._until for row in rows], dtype=np.bool_
        )
        answered = np.isfinite(rank)
        chosen = known & answered
        with np.errstate(invalid="ignore"):
            said = {ensemble_id: is_for(rank, limits)[chosen], RULES: (rule >= BUY_AT)[chosen]}
        session, won, net_return = _outcomes(rows)
        candidates = Candidates(session[chosen], won[chosen], net_return[chosen], said)
        return VersionCalls(candidates, int((answered & ~known).sum()), int((~answered).sum()))

    def of_accounts(self, books: Sequence[str]) -> Candidates:
        """What the accounts wanted to buy of the same candidates: limits of size and risk are left out.

        Only candidates that every account decided on.
        """
        rows = self._fetch(
            "SELECT d.session, o.pattern_success, o.outcome_return, d.wanted FROM (SELECT session, symbol, "
            "array_agg(account) FILTER (WHERE action = 'buy' OR veto <> '') AS wanted FROM decisions "
            "WHERE account = ANY(%s) GROUP BY session, symbol HAVING count(*) = %s) AS d JOIN LATERAL ("
            "SELECT pattern_success, outcome_return, outcome_known_session FROM pattern_training_data AS p "
            "WHERE p.session = d.session AND p.symbol = d.symbol AND p.direction = 1 LIMIT 1) AS o ON true "
            "WHERE o.pattern_success IS NOT NULL AND o.outcome_return IS NOT NULL AND d.session <= %s "
            "AND o.outcome_known_session <= %s ORDER BY d.session, d.symbol",
            [list(books), len(books), self._until, self._until],
        )
        session, won, net_return = _outcomes(rows)
        said = {book: np.array([book in (row[3] or ()) for row in rows], dtype=np.bool_) for book in books}
        return Candidates(session, won, net_return, said)

    def _fetch(self, query: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        with transaction(self._pool) as cursor:
            cursor.execute(query.encode(), parameters)
            return cursor.fetchall()


def _numbers(rows: Sequence[tuple[Any, ...]], column: int) -> Floats:
    return np.array([row[column] for row in rows], dtype=np.float64)


def _outcomes(rows: Sequence[tuple[Any, ...]]) -> tuple[Days, Flags, Floats]:
    """Session, success and net return of each row; success False and NaN where nobody knows."""
    days: list[date] = [row[0] for row in rows]
    won = np.array([bool(row[1]) for row in rows], dtype=np.bool_)
    return np.array(days, dtype="datetime64[D]"), won, _numbers(rows, 2)

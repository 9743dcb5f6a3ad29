"""What model monitoring reads of a session: scored setups with outcomes, patterns, regimes, equity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from adapters.postgres.pool import Pool, transaction
from trading.arrays import Floats
from trading.risk.model_risk import ModelRiskLimits
from trading.risk.model_trust import is_for
from trading.views.feature_rows import FeatureRows
from trading.views.rule_system import BUY_AT
from trading.watching.marks import Scored

CATALYST = "catalyst_score"


class WatchInputs:
    """Reader of signals, outcomes, patterns and accounts, as known at a session."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def complete(self, until: date) -> list[date]:
        """Complete sessions up to this one, ascending."""
        rows = self._fetch("SELECT session FROM replay_sessions WHERE session <= %s ORDER BY session", [until])
        return [row[0] for row in rows]

    def scored_sessions(self, after: date, until: date) -> list[tuple[date, str]]:
        """Sessions after the first and up to the second day that versions scored setups of, and which."""
        rows = self._fetch(
            "SELECT DISTINCT session, ensemble_id FROM signals WHERE session > %s AND session <= %s "
            "ORDER BY session, ensemble_id",
            [after, until],
        )
        return [(row[0], row[1]) for row in rows]

    def first_scored(self, ensemble_id: str) -> date | None:
        """The first session that the version scored setups of."""
        return self._fetch("SELECT min(session) FROM signals WHERE ensemble_id = %s", [ensemble_id])[0][0]  # type: ignore[no-any-return]

    def scored(
        self, session: date, ensemble_id: str, known_by: date, features: FeatureRows | None, limits: ModelRiskLimits
    ) -> Scored:
        """The setups of a session that a version was asked of, with what was known at the close of `known_by`.

        The probability is the calibrated one, or the strength of a version that has no calibration.
        """
        rows = self._fetch(
            "SELECT s.symbol, s.direction, coalesce(s.probability, s.strength), s.expected_return, s.in_play, s.rank, "
            "d.rule_confidence, CASE WHEN s.known_session <= %s THEN s.success::integer END, "
            "CASE WHEN s.known_session <= %s THEN s.net_return END "
            "FROM signal_outcomes AS s LEFT JOIN LATERAL (SELECT rule_confidence FROM decisions AS d "
            "WHERE d.session = s.session AND d.symbol = s.symbol LIMIT 1) AS d ON s.in_play "
            "WHERE s.session = %s AND s.ensemble_id = %s ORDER BY s.symbol, s.direction",
            [known_by, known_by, session, ensemble_id],
        )
        columns = [np.array([row[at] for row in rows], dtype=np.float64) for at in (2, 3, 5, 6, 7, 8)]
        probability, expected, rank, rule, won, net_return = columns
        in_play = np.array([bool(row[4]) for row in rows], dtype=np.bool_)
        with np.errstate(invalid="ignore"):
            by_rules = in_play & (rule >= BUY_AT)
        return Scored(
            probability=probability, expected_return=expected, in_play=in_play, chosen=in_play & is_for(rank, limits),
            by_rules=by_rules, won=won, net_return=net_return, catalyst=_catalysts(rows, features),
        )  # fmt: skip

    def pattern_sums(self, since: date, until: date, known_by: date) -> Mapping[str, list[tuple[date, int, int]]]:
        """By pattern: session, patterns with an outcome known by then, and those that made money."""
        rows = self._fetch(
            "SELECT pattern_type, session, count(*), count(*) FILTER (WHERE pattern_success) "
            "FROM pattern_training_data WHERE timeframe = '1d' AND direction <> 0 AND session >= %s AND session <= %s "
            "AND outcome_known_session <= %s AND pattern_success IS NOT NULL GROUP BY pattern_type, session "
            "ORDER BY pattern_type, session",
            [since, until, known_by],
        )
        found: dict[str, list[tuple[date, int, int]]] = {}
        for name, *told in rows:
            found.setdefault(name, []).append(tuple(told))
        return found

    def trends(self, sessions: Sequence[date]) -> Mapping[str, Floats]:
        """By the market's trend, 1.0 for the sessions that were in it, else 0.0."""
        rows = self._fetch("SELECT session, trend FROM regimes WHERE session = ANY(%s)", [list(sessions)])
        told = dict(rows)
        every = sorted({trend for trend in told.values() if trend})
        return {trend: np.array([float(told.get(day) == trend) for day in sessions]) for trend in every}

    def account_return(self, arm: str, since: date, until: date) -> tuple[int, float]:
        """Sessions of the account of that arm from `since` on, and its return over them; NaN where nobody knows."""
        rows = self._fetch(
            "SELECT e.session, e.equity_cents FROM equity AS e JOIN books AS b ON b.book = e.book WHERE b.arm = %s "
            "AND e.session <= %s AND e.session >= coalesce((SELECT max(session) FROM equity WHERE session < %s), %s) "
            "ORDER BY e.session",
            [arm, until, since, since],
        )
        counted = sum(row[0] >= since for row in rows)
        return counted, (rows[-1][1] / rows[0][1] - 1.0) if len(rows) > 1 and rows[0][1] > 0 else float("nan")

    def _fetch(self, query: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        with transaction(self._pool) as cursor:
            cursor.execute(query.encode(), parameters)
            return cursor.fetchall()


def _catalysts(rows: Sequence[tuple[Any, ...]], features: FeatureRows | None) -> Floats:
    """The score of each setup's catalyst, NaN where there is none or the features aren't on record."""
    if features is None:
        return np.full(len(rows), np.nan)
    values = features.columns([CATALYST])[:, 0].astype(np.float64).tolist()
    told = dict(zip(zip(features.symbols.tolist(), features.direction.tolist(), strict=True), values, strict=True))
    return np.array([told.get((row[0], int(row[1])), np.nan) for row in rows], dtype=np.float64)

"""What each version of the ensemble said of each setup, and what became of those it was for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from adapters.postgres.bulk import insert_missing
from adapters.postgres.pool import Pool, transaction
from trading.risk.model_risk import ModelRiskLimits
from trading.risk.model_trust import SignalEvidence, is_for
from trading.views.ensemble import Views
from trading.views.signals import Signals

COLUMNS = (
    "session", "ensemble_id", "symbol", "direction", "in_play", "probabilities", "strength", "rank", "probability",
    "expected_return", "expected_low", "expected_high", "disagreement_rank",
)  # fmt: skip
OF_A_VIEW = COLUMNS[6:]


@dataclass(frozen=True)
class Scored:
    """How much a version of the ensemble said.

    Attributes:
        signals: setups that it scored, taken or not.
        with_outcome: of these, whose outcome is known.
        in_play: of these, long setups of stocks in play; `in_play_with_outcome` likewise.
    """

    signals: int = 0
    with_outcome: int = 0
    in_play: int = 0
    in_play_with_outcome: int = 0


class SignalStore:
    """Writer and reader of `signals`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, signals: Signals) -> int:
        """What every version said of the session is on record; returns how many rows there are.

        A session that is decided again, after something that it needs went away, keeps what its orders come from.
        """
        rows = [row for name, views in signals.views.items() for row in _rows(signals, name, views)]
        if not rows:
            return 0
        with transaction(self._pool) as cursor:
            cursor.execute(
                "DELETE FROM signals WHERE session = %s AND ensemble_id = ANY(%s)",
                [signals.session, list(signals.views)],
            )
            return insert_missing(cursor, "signals", COLUMNS, rows)

    def evidence(
        self, session: date, since: date, versions: Sequence[str], limits: ModelRiskLimits
    ) -> Mapping[str, SignalEvidence]:
        """What became of setups in play from `since` on that each version was for, as known at the session's close."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT ensemble_id, session, rank, success FROM signal_outcomes WHERE in_play AND session >= %s "
                "AND session <= %s AND ensemble_id = ANY(%s) AND known_session <= %s AND rank IS NOT NULL "
                "AND success IS NOT NULL "
                "ORDER BY ensemble_id, session, symbol",
                [since, session, list(versions), session],
            )
            rows = cursor.fetchall()
        names = np.array([row[0] for row in rows], dtype="U64")
        days = np.array([row[1] for row in rows], dtype="datetime64[D]")
        ranks = np.array([row[2] for row in rows], dtype=np.float64)
        won = np.array([row[3] for row in rows], dtype=np.bool_)
        chosen = is_for(ranks, limits)
        return {
            name: SignalEvidence.of(days[(names == name) & chosen], won[(names == name) & chosen]) for name in versions
        }

    def scored(self) -> Mapping[str, Scored]:
        """How much each version said, by name; those that said nothing aren't there."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT ensemble_id, count(*), count(o.session), count(*) FILTER (WHERE in_play), "
                "count(o.session) FILTER (WHERE in_play) FROM signals AS s LEFT JOIN ("
                "SELECT DISTINCT session, symbol, direction FROM pattern_training_data "
                "WHERE outcome_known_session IS NOT NULL AND session >= (SELECT min(session) FROM signals)"
                ") AS o USING (session, symbol, direction) GROUP BY ensemble_id"
            )
            return {name: Scored(*counts) for name, *counts in cursor.fetchall()}


def _rows(signals: Signals, name: str, views: Views) -> list[tuple[object, ...]]:
    numbers = [_known(getattr(views, column)) for column in OF_A_VIEW]
    probabilities = views.probabilities.T.tolist()
    return [
        (signals.session, name, str(symbol), int(direction), bool(in_play), said, *values)
        for symbol, direction, in_play, said, *values in zip(
            signals.symbols, signals.direction, signals.in_play, probabilities, *numbers, strict=True
        )
    ]


def _known(values: np.ndarray) -> list[float | None]:
    told: list[float | None] = pa.array(values, from_pandas=True).to_pylist()
    return told

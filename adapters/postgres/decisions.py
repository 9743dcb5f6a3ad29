"""Decisions and scans: what was decided at the close of each session, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from psycopg import sql
from psycopg.rows import dict_row

from adapters.postgres.bulk import insert_missing
from adapters.postgres.pool import Cursor, Pool, transaction
from trading.decisions.book_view import Decision
from trading.errors import LedgerError

DECISION_COLUMNS = (
    "session", "account", "symbol", "probabilities", "expected_return", "strength",
    "disagreement", "confidence", "rule_confidence", "source", "action", "shares", "patterns", "reason", "ensemble_id",
    "rank", "rule_reasons", "veto", "model_rules", "probability", "expected_low", "expected_high", "disagreement_rank",
    "refused_by",
)  # fmt: skip
EXPLAINED = (
    "SELECT account, action, shares, source, confidence, rule_confidence, rule_reasons, probabilities, "
    "expected_return, strength, rank, disagreement, patterns, veto, reason, ensemble_id, model_rules, probability, "
    "expected_low, expected_high, disagreement_rank FROM decisions "
    "WHERE session = %s AND symbol = %s ORDER BY account"
)
SCAN_COLUMNS = ("session", "symbol", "rank", "score", "parts", "reason")


class InPlayRow(Protocol):
    """A stock in play as the scanner reports it."""

    @property
    def symbol(self) -> str: ...  # noqa: D102
    @property
    def rank(self) -> int: ...  # noqa: D102
    @property
    def score(self) -> float: ...  # noqa: D102
    @property
    def parts(self) -> Mapping[str, float]: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102


def known(value: float) -> float | None:
    """The value, or None where it is NaN: the record says NULL for unknown."""
    return None if math.isnan(value) else float(value)


class DecisionStore:
    """Writer and reader of `decisions`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, decisions: Sequence[Decision]) -> int:
        """Every decision is on record; returns how many are new, 0 for a repeated command.

        Args:
            decisions: of any session and account; each names the ensemble that gave its views.

        Raises:
            LedgerError: when another decision is on record for the same session, account and symbol.
        """
        rows = [_row(decision) for decision in decisions]
        with transaction(self._pool) as cursor:
            new = insert_missing(cursor, "decisions", DECISION_COLUMNS, rows)
            _require_same(cursor, "decisions", ("session", "account", "symbol"), DECISION_COLUMNS, len(rows))
        return new

    def of(self, session: date, symbol: str) -> list[dict[str, Any]]:
        """What was decided of the symbol at the session's close, by account, columns of `EXPLAINED`."""
        with transaction(self._pool) as cursor:
            return cursor.connection.cursor(row_factory=dict_row).execute(EXPLAINED, [session, symbol]).fetchall()

    def acted(self, ensemble_ids: Sequence[str], until: date = date.max) -> dict[str, tuple[int, dict[str, int]]]:
        """By account: of how many candidates ensembles were asked, and how often each rule of model risk acted.

        Args:
            ensemble_ids: that were asked.
            until: the last session that counts.
        """
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT account, count(*) FROM decisions WHERE ensemble_id = ANY(%s) AND session <= %s "
                "GROUP BY account ORDER BY account",
                [list(ensemble_ids), until],
            )
            asked = dict(cursor.fetchall())
            cursor.execute(
                "SELECT account, rule, count(*) FROM decisions, unnest(model_rules) AS rule "
                "WHERE ensemble_id = ANY(%s) AND session <= %s GROUP BY account, rule",
                [list(ensemble_ids), until],
            )
            rows = cursor.fetchall()
        return {
            account: (candidates, {rule: count for of, rule, count in rows if of == account})
            for account, candidates in asked.items()
        }


class ScanStore:
    """Writer and reader of `scans`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, session: date, in_play: Sequence[InPlayRow]) -> int:
        """The scan of the session is on record; returns how many rows are new, 0 for a repeated command.

        Raises:
            LedgerError: when another scan of the session is on record.
        """
        rows = [
            (session, item.symbol, item.rank, item.score, {k: known(v) for k, v in item.parts.items()}, item.reason)
            for item in in_play
        ]
        with transaction(self._pool) as cursor:
            new = insert_missing(cursor, "scans", SCAN_COLUMNS, rows)
            _require_same(cursor, "scans", ("session", "symbol"), SCAN_COLUMNS, len(rows))
        return new

    def of(self, session: date, symbol: str) -> dict[str, Any] | None:
        """Rank, score, its parts and the reason of the symbol at the session; None when it was not in play."""
        query = "SELECT rank, score, parts, reason FROM scans WHERE session = %s AND symbol = %s"
        with transaction(self._pool) as cursor:
            return cursor.connection.cursor(row_factory=dict_row).execute(query, [session, symbol]).fetchone()

    def sessions(self, last: date, most: int) -> list[date]:
        """The latest sessions with a scan up to `last`, the latest first, at most so many."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT DISTINCT session FROM scans WHERE session <= %s ORDER BY session DESC LIMIT %s", [last, most]
            )
            return [session for (session,) in cursor.fetchall()]


def _row(decision: Decision) -> tuple[Any, ...]:
    candidate, verdict = decision.candidate, decision.verdict
    said = {member: known(value) for member, value in candidate.probabilities.items()}
    views = (
        candidate.expected_return, candidate.strength, candidate.disagreement, verdict.confidence,
        candidate.rule_confidence,
    )  # fmt: skip
    return (
        decision.session, decision.book, candidate.symbol, said, *map(known, views), verdict.source, decision.action,
        decision.shares, list(candidate.patterns), decision.reason, candidate.ensemble_id,
        known(candidate.rank), list(candidate.rule_reasons), decision.veto, list(verdict.acted),
        *map(known, (candidate.probability, candidate.expected_low, candidate.expected_high)),
        known(candidate.disagreement_rank), decision.refused_by or None,
    )  # fmt: skip


def _require_same(cursor: Cursor, table: str, key: Sequence[str], columns: Sequence[str], rows: int) -> None:
    same = [sql.SQL("t.{0} IS NOT DISTINCT FROM n.{0}").format(sql.Identifier(column)) for column in columns]
    cursor.execute(
        sql.SQL("SELECT count(*) FROM {} AS n JOIN {} AS t USING ({}) WHERE {}").format(
            sql.Identifier(f"incoming_{table}"),
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, key)),
            sql.SQL(" AND ").join(same),
        )
    )
    (matching,) = cursor.fetchone() or (0,)
    if matching != rows:
        raise LedgerError(
            f"{rows - matching} rows of {table} differ from what is on record for the same session and symbol. Nothing "
            "was written. The same bars gave another result: report it, with the version of inplay."
        )

"""What is watched of each version after each session, on record: marks, features, findings, turns, judgements."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from adapters.postgres.bulk import insert_missing
from adapters.postgres.model_events import LOCK, turns_of
from adapters.postgres.pool import Cursor, Pool, transaction
from trading.views.restraint import Turn
from trading.watching.analytics import Figure
from trading.watching.features import BINS, WATCHED, FeatureDay, Reference
from trading.watching.findings import Finding
from trading.watching.marks import MARKS, SessionMarks
from trading.watching.promotion import Judgement, Proposal
from trading.watching.stages import Hold

RULES = "rules"
"""Against whom a champion is judged beside other versions."""
FEATURES = ("session", "ensemble_id", "shares", "unknown")
FINDINGS = ("session", "ensemble_id", "kind", "state", "value", "bar", "words")
FIGURES = ("session", "ensemble_id", "name", "part", "value", "low", "high", "sessions", "missing")


@dataclass(frozen=True)
class Watched:
    """What a session's watch adds, all of it or nothing.

    Attributes:
        marks: of earlier sessions whose outcomes are complete now.
        references: of versions that had none.
        features: of sessions, by session and version.
        findings: by version.
        turns: why and into which stage a version came, by version.
        judgements: by version and against whom.
        figures: by version.
        proposal: the change of role that is due.
    """

    session: date
    marks: Sequence[SessionMarks] = ()
    references: Mapping[str, Reference] = field(default_factory=dict)
    features: Mapping[tuple[date, str], FeatureDay] = field(default_factory=dict)
    findings: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    turns: Mapping[str, Hold] = field(default_factory=dict)
    judgements: Mapping[tuple[str, str], Judgement] = field(default_factory=dict)
    figures: Mapping[str, Sequence[Figure]] = field(default_factory=dict)
    proposal: Proposal | None = None


class WatchStore:
    """Writer and reader of the tables of model monitoring."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, told: Watched, at: datetime) -> bool:
        """What was found after the session is on record, in one transaction.

        Returns:
            False when the session was watched already; nothing was changed then.
        """
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])  # no session begins meanwhile
            proposal = None if told.proposal is None else Jsonb(asdict(told.proposal))
            cursor.execute(
                "INSERT INTO watched_sessions (session, proposal, watched_at) VALUES (%s, %s, %s) "
                "ON CONFLICT DO NOTHING",
                [told.session, proposal, at],
            )
            if not cursor.rowcount:
                return False
            _insert_marks(cursor, told)
            _insert_findings(cursor, told)
            _insert_turns(cursor, told, at)
        return True

    def watched(self, since: date | None = None) -> list[date]:
        """Sessions after which was watched, ascending."""
        rows = self._fetch(
            "SELECT session FROM watched_sessions WHERE session >= %s ORDER BY session", [since or date.min]
        )
        return [row[0] for row in rows]

    def last_watched(self) -> date | None:
        """The latest session after which was watched; None before the first."""
        return self._fetch("SELECT max(session) FROM watched_sessions", [])[0][0]  # type: ignore[no-any-return]

    def last_marked(self) -> date:
        """The latest session with marks; the first day of all before there are any."""
        return self._fetch("SELECT coalesce(max(session), DATE '0001-01-01') FROM watch_marks", [])[0][0]  # type: ignore[no-any-return]

    def proposal(self, session: date) -> Proposal | None:
        """The change of role that the rule asked for after the session."""
        rows = self._fetch("SELECT proposal FROM watched_sessions WHERE session = %s", [session])
        return Proposal(**rows[0][0]) if rows and rows[0][0] is not None else None

    def marks(self, versions: Sequence[str]) -> Mapping[str, list[SessionMarks]]:
        """The marks of versions, each by session, ascending."""
        rows = self._fetch(
            f"SELECT {', '.join(MARKS)} FROM watch_marks WHERE ensemble_id = ANY(%s) ORDER BY session",  # noqa: S608
            [list(versions)],
        )
        found: dict[str, list[SessionMarks]] = {name: [] for name in versions}
        for row in rows:
            values: list[Any] = [math.nan if value is None else value for value in row]
            found[row[1]].append(SessionMarks(**dict(zip(MARKS, values, strict=True))))
        return found

    def reference(self, ensemble_id: str) -> Reference | None:
        """What the version's setups are compared with; None where there is nothing yet."""
        rows = self._fetch("SELECT reference FROM watch_references WHERE ensemble_id = %s", [ensemble_id])
        if not rows:
            return None
        told = rows[0][0]
        edges = np.array(told["edges"], dtype=np.float64).reshape(len(WATCHED), -1)
        return Reference(
            told["learned"], edges, np.array(told["blocks"]).reshape(-1, len(WATCHED), BINS), told["unknown"]
        )

    def features(self, ensemble_id: str) -> list[FeatureDay]:
        """Those of each session since the reference, ascending."""
        rows = self._fetch(
            "SELECT shares, unknown FROM watch_features WHERE ensemble_id = %s ORDER BY session", [ensemble_id]
        )
        return [FeatureDay(np.array(shares).reshape(len(WATCHED), BINS), unknown) for shares, unknown in rows]

    def findings(self, ensemble_id: str) -> list[list[Finding]]:
        """What the watches said of the version, a list a session, ascending."""
        rows = self._fetch(
            "SELECT session, kind, state, value, bar, words FROM watch_findings WHERE ensemble_id = %s "
            "ORDER BY session, kind",
            [ensemble_id],
        )
        days: dict[date, list[Finding]] = {}
        for session, *told in rows:
            days.setdefault(session, []).append(Finding(*told))
        return list(days.values())

    def findings_after(self, session: date) -> Mapping[str, list[Finding]]:
        """Those of a session by version."""
        rows = self._fetch(
            "SELECT ensemble_id, kind, state, value, bar, words FROM watch_findings WHERE session = %s "
            "ORDER BY ensemble_id, kind",
            [session],
        )
        found: dict[str, list[Finding]] = {}
        for name, *told in rows:
            found.setdefault(name, []).append(Finding(*told))
        return found

    def figures(self, session: date) -> Mapping[str, list[Figure]]:
        """The analytics after a session by version."""
        rows = self._fetch(
            f"SELECT {', '.join(FIGURES[1:])} FROM watch_figures WHERE session = %s "  # noqa: S608 - constants
            "ORDER BY ensemble_id, name, part",
            [session],
        )
        found: dict[str, list[Figure]] = {}
        for name, *told in rows:
            found.setdefault(name, []).append(Figure(*told))
        return found

    def judgements(self, session: date) -> list[tuple[str, str, str, Mapping[str, Any], str]]:
        """Version, against whom, verdict, figures and reason after a session."""
        return self._fetch(
            "SELECT ensemble_id, against, verdict, figures, why FROM watch_judgements WHERE session = %s "
            "ORDER BY ensemble_id, against",
            [session],
        )

    def turns(self) -> list[Turn]:
        """All of them, in the order of the record."""
        with transaction(self._pool) as cursor:
            return list(turns_of(cursor))

    def _fetch(self, query: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        with transaction(self._pool) as cursor:
            cursor.execute(query.encode(), parameters)
            return cursor.fetchall()


def _known(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _insert_marks(cursor: Cursor, told: Watched) -> None:
    insert_missing(
        cursor, "watch_marks", MARKS, [tuple(_known(getattr(one, name)) for name in MARKS) for one in told.marks]
    )
    for name, one in told.references.items():
        blocks = {
            "edges": [_known(value) for value in one.edges.ravel().tolist()],
            "blocks": one.blocks.ravel().tolist(),
        }
        value = Jsonb({"learned": one.learned, "unknown": one.unknown, **blocks})
        cursor.execute(
            "INSERT INTO watch_references (ensemble_id, reference) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [name, value],
        )
    days = [(day, name, one.shares.ravel().tolist(), one.unknown) for (day, name), one in told.features.items()]
    insert_missing(cursor, "watch_features", FEATURES, days)


def _insert_findings(cursor: Cursor, told: Watched) -> None:
    findings = [
        (told.session, name, each.kind, each.state, _known(each.value), _known(each.bar), each.words)
        for name, found in told.findings.items()
        for each in found
    ]
    insert_missing(cursor, "watch_findings", FINDINGS, findings)
    figures = [
        (told.session, name, *(_known(getattr(each, column)) for column in FIGURES[2:]))
        for name, found in told.figures.items()
        for each in found
    ]
    insert_missing(cursor, "watch_figures", FIGURES, figures)
    for (name, against), one in told.judgements.items():
        measured = {
            part: {key: _known(value) for key, value in asdict(getattr(one, part)).items()}
            for part in ("log_loss", "net_return")
        }
        cursor.execute(
            "INSERT INTO watch_judgements (session, ensemble_id, against, verdict, figures, why) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [told.session, name, against, one.verdict, Jsonb({**measured, "silent": one.silent}), one.why],
        )


def _insert_turns(cursor: Cursor, told: Watched, at: datetime) -> None:
    for name, hold in told.turns.items():
        cursor.execute(
            "INSERT INTO watch_turns (ensemble_id, stage, found_session, from_session, why, at, step) SELECT %(name)s, "
            "%(stage)s, %(found)s, greatest(%(found)s::date + 1, (SELECT max(session) + 1 FROM sessions_begun)), "
            "%(why)s, %(at)s, %(step)s",
            {"step": hold.step, "name": name, "stage": hold.stage, "found": told.session, "why": hold.turned, "at": at},
        )

"""`training_plans` and `training_sessions`: whether models are trained, why not, and what became of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from adapters.postgres.pool import Pool, transaction
from trading.transitions import Transitions

TrainingKind = Literal["gpu", "cpu"]
PlanKind = Literal["gpu", "cpu", "update"]
State = Literal["open", "trained", "sold_out", "failed", "interrupted"]
STATES: Transitions[State] = Transitions(
    "training session",
    {
        # On record before a GPU is asked for; only one is open at a time.
        "open": {"trained", "sold_out", "failed", "interrupted"},
        # Final, whoever tells of it later.
        "trained": set(),
        "sold_out": set(),
        "failed": set(),
        "interrupted": set(),
    },
)
SESSION = (
    "session_id, kind, window_from, opened_at, data_fingerprint, state, ended_at, detail, device, ensemble_id, "
    "machines_gone, cost_usd_e6, gpu_busy_share, gpu_busy_source"
)


@dataclass(frozen=True)
class PlanRow:
    """A plan on record. `code`: the reason in a word; `reason`: in a sentence."""

    planned_at: datetime
    kind: PlanKind
    window_from: datetime
    opens: bool
    code: str
    reason: str


@dataclass(frozen=True)
class SessionRow:
    """A training session.

    Attributes:
        data_fingerprint: of what could be learned from when it opened.
        device: what it trained on, as the worker that trained said.
        machines_gone: whether each machine with a GPU was proven gone; None when none was rented.
        cost_usd_e6: millionths of a dollar; None while no machine of it is on record.
        gpu_busy_share: of the time that was trained, from 0 to 1, the GPU was at work; None where nobody could tell.
        gpu_busy_source: who said so, such as `nvidia-smi`; `simulated` in a rehearsal.
    """

    session_id: str
    kind: TrainingKind
    window_from: datetime
    opened_at: datetime
    data_fingerprint: str
    state: State = "open"
    ended_at: datetime | None = None
    detail: str = ""
    device: str | None = None
    ensemble_id: str | None = None
    machines_gone: bool | None = None
    cost_usd_e6: int | None = None
    gpu_busy_share: float | None = None
    gpu_busy_source: str = ""


@dataclass(frozen=True)
class TrainingTime:
    """How long a training took.

    Attributes:
        device: `cpu`, or what a GPU's process said.
        rows: that the last fit learned from.
        seconds: search, judgement and fits, without making the rows.
    """

    ensemble_id: str
    trained_at: datetime
    device: str
    rows: int
    seconds: float


class TrainingRecord:
    """Writer and reader of both tables."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def plan(self, row: PlanRow) -> None:
        """The plan is on record, once per kind, window and reason."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO training_plans (planned_at, kind, window_from, opens, code, reason) "
                "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (kind, window_from, code) DO UPDATE SET "
                "planned_at = excluded.planned_at, reason = excluded.reason "
                "WHERE training_plans.planned_at < excluded.planned_at",
                [row.planned_at, row.kind, row.window_from, row.opens, row.code, row.reason],
            )

    def last_plan(self, kind: PlanKind) -> PlanRow | None:
        """What was decided last."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT planned_at, kind, window_from, opens, code, reason FROM training_plans WHERE kind = %s "
                "ORDER BY planned_at DESC, plan_id DESC LIMIT 1",
                [kind],
            )
            row = cursor.fetchone()
        return None if row is None else PlanRow(*row)

    def open(self, row: SessionRow) -> None:
        """The session is on record as open; repeating it changes nothing."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO training_sessions (session_id, kind, window_from, opened_at, data_fingerprint, state) "
                "VALUES (%s, %s, %s, %s, %s, 'open') ON CONFLICT (session_id) DO NOTHING",
                [row.session_id, row.kind, row.window_from, row.opened_at, row.data_fingerprint],
            )

    def end(self, row: SessionRow) -> None:
        """The open session has ended with these facts; one that has ended already stays as it is.

        Raises:
            LedgerError: when the facts are those of no ending. Nothing was written.
        """
        STATES.require(row.session_id, "open", row.state)
        with transaction(self._pool) as cursor:
            cursor.execute(
                "UPDATE training_sessions SET state = %s, ended_at = %s, detail = %s, device = %s, ensemble_id = %s, "
                "machines_gone = %s, cost_usd_e6 = %s, gpu_busy_share = %s, gpu_busy_source = %s "
                "WHERE session_id = %s AND state = ANY(%s)",
                [
                    row.state, row.ended_at, row.detail, row.device, row.ensemble_id, row.machines_gone,
                    row.cost_usd_e6, row.gpu_busy_share, row.gpu_busy_source, row.session_id, STATES.before(row.state),
                ],
            )  # fmt: skip

    def sessions(self, kind: TrainingKind, limit: int) -> list[SessionRow]:
        """The latest, latest first."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                f"SELECT {SESSION} FROM training_sessions WHERE kind = %s ORDER BY opened_at DESC LIMIT %s",  # noqa: S608 - constants
                [kind, limit],
            )
            return [SessionRow(*row) for row in cursor.fetchall()]

    def took(self, row: TrainingTime) -> None:
        """The training's time is on record; that of a repeat stands beside it."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO training_times (ensemble_id, trained_at, device, rows, seconds) "
                "VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [row.ensemble_id, row.trained_at, row.device, row.rows, row.seconds],
            )

    def last_time(self, *, on_gpu: bool) -> TrainingTime | None:
        """Of the last training on CPUs, or on a real GPU."""
        device = "device LIKE 'cuda%%'" if on_gpu else "device = 'cpu'"
        with transaction(self._pool) as cursor:
            cursor.execute(
                f"SELECT ensemble_id, trained_at, device, rows, seconds FROM training_times WHERE {device} "  # noqa: S608 - constants
                "ORDER BY trained_at DESC LIMIT 1",
            )
            row = cursor.fetchone()
        return None if row is None else TrainingTime(*row)

    def sessions_since_learned(self, session: date) -> int:
        """Complete sessions up to this one that no ensemble on record was trained on; updates don't count."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT count(*) FROM replay_sessions WHERE session <= %s AND session >= coalesce("
                "(SELECT max(known_before) FROM ensembles WHERE known_before <= %s + 1 AND ensemble_id NOT IN "
                "(SELECT ensemble_id FROM model_updates)), '-infinity')",
                [session, session],
            )
            ((count,),) = cursor.fetchall()
        return int(count)

    def sessions_from(self, first: date, last: date) -> int:
        """Complete sessions from `first` to `last`."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT count(*) FROM replay_sessions WHERE session BETWEEN %s AND %s", [first, last])
            ((count,),) = cursor.fetchall()
        return int(count)

    def training_asked(self, session: date) -> bool:
        """Whether the monitoring holds the champion back and wants a training, and none was held; an update is none."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM (SELECT DISTINCT ON (ensemble_id) ensemble_id, stage, found_session "
                "FROM watch_turns WHERE found_session <= %(session)s ORDER BY ensemble_id, turn_id DESC) AS t "
                "JOIN (SELECT DISTINCT ON (ensemble_id) ensemble_id, role FROM model_events "
                "WHERE from_session <= %(session)s + 1 ORDER BY ensemble_id, event_id DESC) AS r USING (ensemble_id) "
                "WHERE t.stage = 'retrain' AND r.role = 'champion' AND NOT EXISTS (SELECT 1 FROM ensembles AS e "
                "WHERE e.known_before > t.found_session AND e.known_before <= %(session)s + 1 "
                "AND e.ensemble_id NOT IN (SELECT ensemble_id FROM model_updates)))",
                {"session": session},
            )
            ((asked,),) = cursor.fetchall()
        return bool(asked)

    def data_fingerprint(self) -> str | None:
        """A digest of what can be learned from, patterns with a known outcome and imports of bars; None without any."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM pattern_training_data WHERE outcome_known_session IS NOT NULL), "
                "(SELECT max(outcome_known_session) FROM pattern_training_data), "
                "(SELECT coalesce(max(import_id), 0) FROM bar_imports)"
            )
            found = cursor.fetchone()
        return None if found is None or not found[0] else hashlib.sha256(repr(found).encode()).hexdigest()

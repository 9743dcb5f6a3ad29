"""Light updates after sessions: judged, planned, made and put on record; plain classes that a test runs without Ray."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import structlog

from actors.wiring import Wiring
from adapters.machine.free_memory import free_memory_mib
from adapters.postgres.model_updates import UpdateRecord, UpdateRow
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.training_record import PlanRow, TrainingRecord
from trading.errors import InplayError
from tune.on_ray.causes import as_model_error
from tune.on_ray.placements import Placements
from tune.training_plan import Plan
from tune.updates.lines import ForwardTest, Line, judged, line_of, succeeded
from tune.updates.plan import OFF, Facts, plan_update, told

if TYPE_CHECKING:
    from tune.updates.update import Updated

WHO = "model updates"
LIMIT_S = 900.0


@dataclass(frozen=True)
class Wanted:
    """An update to be made.

    Attributes:
        parent: version to go on from.
        since: the session from which on it knows nothing.
        before: the session that the update may know nothing of.
        learned: rows that the parent learned from.
    """

    parent: str
    since: date
    before: date
    learned: int


Make = Callable[[Wanted], "Updated"]


@dataclass(frozen=True)
class Parts:
    """What updates are made of; a test brings its own.

    Attributes:
        make: makes an update on disk, and touches nothing else.
        test: of a line beside its root; without one no update comes into a role above shadow.
    """

    make: Make
    test: ForwardTest | None
    clock: Callable[[], datetime]
    memory_mib: Callable[[], int] = free_memory_mib


class Updates:
    """After each session the line of updates is judged, and the update that is due was made."""

    def __init__(self, wiring: Wiring, pool: Pool, parts: Parts) -> None:
        self._wiring, self._parts = wiring, parts
        self._record = wiring.record(pool)
        self._updates, self._training = UpdateRecord(pool), TrainingRecord(pool)

    def after(self, session: date, *, trained: bool) -> Plan:
        """The plan after a complete session is on record, and the update that is due was made; a repeat makes none.

        Whatever goes wrong with an update is its plan's reason: nothing that runs depends on one.

        Args:
            session: that is complete.
            trained: an ensemble was trained after it.
        """
        rules = self._wiring.training.rules
        if rules.update_every_sessions <= 0:
            return told(session, "off", OFF)
        try:
            self._judge(session)
            plan = self._planned(session, trained=trained)
        except Exception as error:  # noqa: BLE001  a defect too: nothing that runs depends on an update
            ours = isinstance(error, InplayError)
            structlog.get_logger().warning("models_not_updated", reason=str(error), exc_info=not ours)
            plan = told(session, "failed", f"{as_model_error(error)} The next session tries again.")
        row = PlanRow(
            planned_at=self._parts.clock(), kind=plan.kind, window_from=plan.window_from, opens=plan.opens,
            code=plan.code, reason=plan.reason,
        )  # fmt: skip
        self._training.plan(row)
        return plan

    def _judge(self, session: date) -> None:
        """What the line has shown so far is on record, and followed."""
        _, line = self._line()
        if line is None or line.role != "shadow" or self._parts.test is None:
            return
        verdict = self._parts.test(line, session)
        self._updates.judge(verdict, self._parts.clock())
        makes = self._wiring.training.rules.makes
        self._record.lifecycle.change(lambda life: judged(life, line, verdict, makes), who=WHO, at=self._parts.clock())

    def _line(self) -> tuple[str | None, Line | None]:
        """The champion, and the line of updates that goes on from it."""
        roles = self._record.lifecycle.life().latest()
        champion = next((name for name, role in roles.items() if role == "champion"), None)
        return champion, None if champion is None else line_of(champion, self._updates.updates(), roles)

    def _planned(self, session: date, *, trained: bool) -> Plan:
        champion, line = self._line()
        parent = champion if line is None else line.latest
        known = {row.ensemble_id: row for row in self._record.models.ensembles()}
        since = known[parent].known_before if parent is not None else session
        made = any(update.after_session == session for update in self._updates.updates())
        facts = Facts(
            session, parent, self._training.sessions_from(since, session), held=trained or made,
            deployed=line.latest if line is not None and line.role == "challenger" else "",
            memory_mib=self._parts.memory_mib(),
        )  # fmt: skip
        plan = plan_update(facts, self._wiring.training.rules)
        if not plan.opens or parent is None or champion is None:
            return plan
        return self._made(session, champion, line, plan)

    def _made(self, session: date, champion: str, line: Line | None, plan: Plan) -> Plan:
        from tune.updates.batch import TooFewError  # noqa: PLC0415  heavy
        from tune.updates.registration import Stamp, learned_rows, register_update  # noqa: PLC0415  heavy

        models, at = self._record.models, self._parts.clock()
        row = models.ensemble(champion if line is None else line.latest)
        assert row is not None  # noqa: S101 - it has a role
        before = session + timedelta(days=1)
        try:
            made = self._parts.make(Wanted(row.ensemble_id, row.known_before, before, learned_rows(models, row)))
        except TooFewError as error:
            return told(session, "too_few", str(error))
        stamp = Stamp(version("inplay"), at, self._wiring.training.seed)
        name = register_update(models, made, self._wiring.home, before, stamp).ensemble_id
        if made.audit.passed:
            why = f"made from {row.ensemble_id} after {session}"
            self._record.lifecycle.change(lambda life: succeeded(life, line, name, why), who=WHO, at=at)
        update = UpdateRow(
            ensemble_id=name, parent=row.ensemble_id, root=champion, line=name if line is None else line.name,
            after_session=session, rows=made.rows, sessions=made.sessions, seconds=made.seconds, made_at=at,
        )  # fmt: skip
        self._updates.add(update)
        return plan


def update_on_ray(wiring: Wiring) -> Make:
    """Makes updates each in a process of its own, which can be ended and takes its memory with it."""

    def make(wanted: Wanted) -> Updated:
        from actors.training import run_within  # noqa: PLC0415  imports trainings

        made: Updated = run_within(LIMIT_S, _update, wanted, wiring, placements=Placements())
        return made

    return make


def _update(wanted: Wanted, wiring: Wiring) -> Any:
    from tune.updates.batch import batch_of  # noqa: PLC0415  heavy
    from tune.updates.update import make_update  # noqa: PLC0415  heavy

    pool = open_pool(wiring.database_url.get_secret_value(), name="inplay update", size=1)
    try:
        batch = batch_of(wiring.record(pool), wiring.scanner, wanted.since, wanted.before)
    finally:
        pool.close()
    return make_update(wiring.home / "models", wanted.parent, batch, learned=wanted.learned, seed=wiring.training.seed)

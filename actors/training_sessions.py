"""Training sessions from plan to booked cost: plain classes, so that a test runs them without a cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from ray.exceptions import RayError

from actors.gpus import Gpus
from actors.training import Trainer
from actors.wiring import Training
from adapters.machine.free_memory import free_memory_mib
from adapters.postgres.machine_events import MachineEvents
from adapters.postgres.pool import Pool
from adapters.postgres.training_record import PlanRow, SessionRow, TrainingRecord
from adapters.spend.costs import E6, MachineLife, lives, reckon
from adapters.spend.files import read_spend_files
from trading.errors import InplayError, UnavailableError
from tune.fits.distributed import ON_GPU, Workers
from tune.fits.gpu import NoGpuError
from tune.gpu_worth import HEAD_USD_PER_H, Measured
from tune.training_plan import Facts, Plan, Session, SessionFacts, TrainingKind, plan_after, plan_gpu

CPU = Workers(actors=1, cpus=1)
REMEMBERED = 50
LOOK_BACK = timedelta(days=62)


@dataclass(frozen=True)
class Parts:
    """What sessions are made of; a test brings its own.

    Attributes:
        fingerprint: of what there is to learn from, None while there is nothing.
        memory_mib: free where the platform runs.
    """

    gpus: Gpus
    trainer: Trainer
    clock: Callable[[], datetime]
    wait: Callable[[float], object]
    fingerprint: Callable[[], str | None]
    memory_mib: Callable[[], int] = free_memory_mib


class TrainingSessions:
    """Plans, holds and books sessions; everything it knows is on record."""

    def __init__(self, pool: Pool, training: Training, parts: Parts) -> None:
        self._record = TrainingRecord(pool)
        self._events = MachineEvents(pool)
        self._training = training
        self._parts = parts
        self._turn = threading.Lock()  # a plan after a session and one by the clock take turns

    def recover(self) -> None:
        """Nothing is asked of Ray or its autoscaler any more, and sessions that a dead process left open are closed."""
        with self._turn:
            self._parts.gpus.release()
            self._close_left_open()

    def _close_left_open(self) -> None:
        """No session is open between two plans: one that is, died, or its end could not be put on record.

        What it had reserved on Ray is taken back at each plan: until it is dead, a killed process may reserve more.
        """
        self._parts.trainer.clear()
        for each in (*self._record.sessions("gpu", REMEMBERED), *self._record.sessions("cpu", REMEMBERED)):
            if each.state == "open":
                detail = "its end was not recorded: its process or the database went away; the GPU was released"
                self._record.end(self._ended(replace(each, state="interrupted", detail=detail)))

    def tick(self) -> Plan:
        """Costs are taken over, the GPU's plan is made and on record, and the session that is due was held."""
        with self._turn:
            self._close_left_open()
            self.take_over_costs()
            facts = self._facts()
            plan = plan_gpu(facts, self._training.rules)
            self._put(plan)
            if plan.opens and facts.data_fingerprint is not None:
                opened_at = self._parts.clock()
                self._hold("gpu", plan, f"gpu:{opened_at:%Y-%m-%dT%H:%M:%S}", facts.data_fingerprint)
            return plan

    def after(self, session: date) -> Plan:
        """The plan after a complete session is on record, and the training that is due was held; a repeat holds none.

        A training that was cut off, with its process, its machine or the database, is held again.
        """
        with self._turn:
            self._close_left_open()
            facts = self._after_facts(session)
            plan = plan_after(facts, self._training.rules)
            self._put(plan)
            fingerprint = self._parts.fingerprint()
            if plan.opens and fingerprint is not None:
                number = sum(each.window_from == plan.window_from for each in self._record.sessions("cpu", REMEMBERED))
                self._hold("cpu", plan, f"cpu:{session}:{number + 1}", fingerprint)
            return plan

    def _after_facts(self, session: date) -> SessionFacts:
        window_from = datetime.combine(session, datetime.min.time(), UTC)
        held = [each for each in self._record.sessions("cpu", REMEMBERED) if each.window_from == window_from]
        return SessionFacts(
            session=session,
            since=self._record.sessions_since_learned(session),
            trained=any(each.state == "trained" for each in held),
            tries=sum(each.state == "failed" for each in held),
            memory_mib=self._parts.memory_mib(),
            asked=self._record.training_asked(session),
        )

    def _put(self, plan: Plan) -> None:
        row = PlanRow(
            planned_at=self._parts.clock(), kind=plan.kind, window_from=plan.window_from, opens=plan.opens,
            code=plan.code, reason=plan.reason,
        )  # fmt: skip
        self._record.plan(row)

    def take_over_costs(self) -> int:
        """Every start and stop that the node provider knows is on record. Returns: how many were new."""
        return self._events.record(read_spend_files(self._training.spend_folder))

    def _facts(self) -> Facts:
        now_at = self._parts.clock()
        machines = self._machines(now_at)
        costs = reckon(machines, now_at)
        with_gpu = [each for each in machines if each.has_gpu]
        held = [*self._record.sessions("gpu", REMEMBERED), *self._record.sessions("cpu", REMEMBERED)]
        return Facts(
            now_at=now_at,
            data_fingerprint=self._parts.fingerprint(),
            spent_usd=costs.gpu_usd,
            usd_per_h=with_gpu[-1].start.price_usd_e6_per_h / E6 if with_gpu else None,
            obtainable=self._parts.gpus.obtainable(),
            gpus_running=sum(each.has_gpu for each in costs.running),
            sessions=[Session(s.kind, s.opened_at, s.data_fingerprint, s.state == "trained") for s in held],
            memory_mib=self._parts.memory_mib(),
            cpu_usd_per_h=next(
                (e.start.price_usd_e6_per_h / E6 for e in costs.running if e.start.role == "head"), HEAD_USD_PER_H
            ),
            on_cpu=self._measured(on_gpu=False),
            on_gpu=self._measured(on_gpu=True),
        )

    def _measured(self, *, on_gpu: bool) -> Measured | None:
        found = self._record.last_time(on_gpu=on_gpu)
        return None if found is None else Measured(found.seconds, found.rows)

    def _machines(self, now_at: datetime) -> list[MachineLife]:
        return lives(self._events.load(now_at - LOOK_BACK))

    def _hold(self, kind: TrainingKind, plan: Plan, name: str, fingerprint: str) -> None:
        row = SessionRow(name, kind, plan.window_from, self._parts.clock(), fingerprint)
        self._record.open(row)
        ended = self._on_gpu(row) if kind == "gpu" else self._trained(row, CPU)
        self._record.end(self._ended(ended))

    def _on_gpu(self, row: SessionRow) -> SessionRow:
        """The session as it ended, and its machine's end was awaited."""
        self._parts.gpus.note()
        return self._seen_gone(self._trained(row, ON_GPU))

    def _trained(self, row: SessionRow, workers: Workers) -> SessionRow:
        """The session as its training ended. What trains on a GPU asks for it, and for no longer than it lives."""
        passed_s = (self._parts.clock() - row.opened_at).total_seconds()
        left_s = self._training.rules.hours * 3_600 - passed_s
        try:
            if left_s <= 0:
                raise UnavailableError("The session's time was over before training began. Nothing was replaced.")
            made = self._parts.trainer.train(workers, left_s, self._training.rules.wait_s)
        except NoGpuError as error:
            return replace(row, state="sold_out", detail=str(error))
        except (InplayError, RayError) as error:
            return replace(row, state="failed", detail=str(error))
        return replace(
            row, state="trained", device=made.device, ensemble_id=made.ensemble_id, gpu_busy_share=made.busy.share,
            gpu_busy_source=made.busy.source,
        )  # fmt: skip

    def _seen_gone(self, row: SessionRow) -> SessionRow:
        """With proof from Ray's list of nodes and from the provider's own record of what it destroyed."""
        until_at = self._parts.clock() + timedelta(seconds=self._training.rules.gone_s)
        left_ray = self._parts.gpus.gone(self._training.rules.gone_s)
        while True:
            self.take_over_costs()
            rented = self._rented(row)
            running = [each.start.label for each in rented if each.stopped_at is None]
            if (left_ray and not running) or self._parts.clock() >= until_at:
                break
            self._parts.wait(5.0)
            left_ray = self._parts.gpus.gone(0.0)
        if left_ray and not running:
            return replace(row, machines_gone=True if rented else None)
        told = ", ".join(running) or "a node of Ray with a GPU"
        detail = f"{row.detail} Still there: {told}. `inplay cluster reap` destroys it at its deadline."
        return replace(row, machines_gone=False, detail=detail.strip())

    def _rented(self, row: SessionRow) -> list[MachineLife]:
        machines = self._machines(self._parts.clock())
        return [e for e in machines if e.has_gpu and e.start.role == "worker" and e.start.at >= row.opened_at]

    def _ended(self, row: SessionRow) -> SessionRow:
        ended_at = self._parts.clock()
        self.take_over_costs()
        rented = self._rented(row) if row.kind == "gpu" else []
        cost_usd = sum(each.cost_usd(each.start.at, ended_at) for each in rented)
        return replace(row, ended_at=ended_at, cost_usd_e6=round(cost_usd * E6) if rented else None)

"""Training sessions over a real database, with a rented GPU that is the provider's own against the simulated cloud."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from ray.autoscaler.node_launch_exception import NodeLaunchException

from actors.training import Made
from actors.training_sessions import Parts, TrainingSessions
from actors.wiring import Training
from adapters.postgres.machine_events import MachineEvents
from adapters.postgres.patterns import PatternStore
from adapters.postgres.pool import Pool, transaction
from adapters.postgres.training_record import SessionRow, TrainingRecord, TrainingTime
from cluster.provider import DigitalOceanNodeProvider
from cluster.simulator.cloud import SimulatedCloud
from cluster.simulator.faults import Fault, FaultKind, Script
from tests.fakes.simulated import GPU, SimulatedTime, connect, provide, simulate, tags
from trading.errors import ModelError, UnavailableError
from tune.fits.distributed import Workers
from tune.fits.gpu import Busy, NoGpuError
from tune.training_plan import SessionRules

RULES = SessionRules(budget_usd_per_month=58.0, gone_s=60.0, if_dearer=True)
IDLE_S = 300.0


class SimulatedGpus:
    """What Ray's autoscaler does with a request, by the real provider on the simulated cloud."""

    def __init__(self, provider: DigitalOceanNodeProvider, clock: SimulatedTime) -> None:
        self.provider, self.clock = provider, clock
        self.asked, self.number, self.stuck = False, 0, False
        self.device: str | None = "cuda:0 NVIDIA H100"

    def obtainable(self) -> bool:
        return True

    def note(self) -> None:
        self.number += 1

    def rent(self, wait_s: float) -> str:
        """What a GPU's task does before it trains."""
        self.asked = True
        try:
            for _ in range(int(wait_s // 5)):
                try:
                    self.provider.create_node(GPU, tags("worker", f"r{self.number}"), 1)
                    break
                except NodeLaunchException:
                    self.clock.sleep(5)
            else:
                raise NoGpuError(f"No GPU came within {wait_s / 60:.0f} min.")
            self.clock.sleep(150)
            if self.device is None:
                raise UnavailableError("A GPU was asked for and XGBoost trains on 'cpu'.")
        finally:
            self.asked = False
        return self.device

    def release(self) -> None:
        self.asked = False

    def gone(self, timeout_s: float) -> bool:  # noqa: ARG002
        workers = self.provider.non_terminated_nodes({"ray-node-type": "worker"})
        if not self.stuck and not self.asked:
            self.clock.sleep(IDLE_S)
            self.provider.terminate_nodes(workers)
            workers = self.provider.non_terminated_nodes({"ray-node-type": "worker"})
        return not workers


class OneHour:
    """A training that takes an hour, or fails."""

    def __init__(self, clock: SimulatedTime, gpus: SimulatedGpus) -> None:
        self.clock, self.gpus = clock, gpus
        self.fails, self.cleared = False, 0
        self.refuses = ""
        self.workers: list[Workers] = []

    def train(self, workers: Workers, limit_s: float, wait_s: float) -> Made:
        device = self.gpus.rent(wait_s) if workers.gpus else "cpu"
        self.workers.append(workers)
        assert limit_s <= 4 * 3_600
        self.clock.sleep(3_600)
        if self.refuses:
            raise ModelError(self.refuses)
        if self.fails:
            raise UnavailableError("The training's process went away: killed. Nothing was replaced.")
        return Made("ensemble-1", device, Busy(0.62, "nvidia-smi") if workers.gpus else Busy())

    def clear(self) -> None:
        """Counts how often what a dead training had reserved was taken back."""
        self.cleared += 1


class Bench:
    """Sessions, and everything that stands around them."""

    def __init__(self, pool: Pool, folder: Path, rules: SessionRules = RULES, *, faults: Script | None = None) -> None:
        self.cloud: SimulatedCloud
        self.cloud, self.clock = simulate(1, faults or Script())
        self.clock.virtual.sleep((datetime(2026, 11, 21, 9, tzinfo=UTC) - self.clock.virtual()).total_seconds())
        self.gpus = SimulatedGpus(provide(connect(self.cloud, self.clock), self.clock, folder), self.clock)
        self.trainer = OneHour(self.clock, self.gpus)
        self.learned = 1
        self.memory_mib = 4_000
        parts = Parts(
            self.gpus, self.trainer, self.now, self.clock.sleep, lambda: f"{self.learned:064x}", lambda: self.memory_mib
        )  # fmt: skip
        self.sessions = TrainingSessions(pool, Training(rules, folder), parts)
        self.record = TrainingRecord(pool)
        self.pool = pool

    def now(self) -> datetime:
        return self.clock.virtual()

    def learn_something_new(self) -> None:
        """There is something to learn from that wasn't there before."""
        self.learned += 1

    def last(self) -> SessionRow:
        return self.record.sessions("gpu", 1)[0]


@pytest.fixture
def bench(pool: Pool, tmp_path: Path) -> Callable[..., Bench]:
    """Makes a bench."""
    return partial(Bench, pool, tmp_path)


def test_a_session_rents_trains_releases_and_books(bench: Callable[..., Bench]) -> None:
    """A session rents one GPU, trains on it, sees it gone, and books what the simulated invoice says, to the cent."""
    all_ = bench()
    assert all_.sessions.tick().code == "opens"
    row = all_.last()
    assert (row.state, row.device, row.ensemble_id) == ("trained", "cuda:0 NVIDIA H100", "ensemble-1")
    assert (row.gpu_busy_share, row.gpu_busy_source) == (0.62, "nvidia-smi")
    assert row.machines_gone is True
    assert all_.trainer.workers == [Workers(actors=1, cpus=1, gpus=1)]
    assert not all_.gpus.asked
    assert all_.cloud.left()["droplets"] == []
    (started, stopped) = MachineEvents(all_.pool).load(datetime(2026, 11, 1, tzinfo=UTC))
    assert [started.event, stopped.event] == ["started", "stopped"]
    hours = (stopped.at - started.at).total_seconds() / 3_600
    assert 1.1 < hours < 1.3  # 150 s to come up, an hour to train, five idle minutes
    assert row.cost_usd_e6 == pytest.approx(hours * 3_390_000, abs=1)
    assert all_.sessions.tick().code == "held"


def test_a_week_later_only_new_data_opens_the_next(bench: Callable[..., Bench]) -> None:
    """A week later the same data are skipped as unchanged, new data open a session, and every plan is on record."""
    all_ = bench()
    all_.sessions.tick()
    all_.clock.sleep(timedelta(days=7).total_seconds())
    assert all_.sessions.tick().code == "unchanged"
    all_.learn_something_new()
    assert all_.sessions.tick().code == "opens"
    assert len(all_.record.sessions("gpu", 10)) == 2
    plan = all_.record.last_plan("gpu")
    assert plan is not None
    assert (plan.opens, plan.code) == (True, "opens")


def test_sold_out_is_told_and_tried_again_later(bench: Callable[..., Bench]) -> None:
    """When every size is sold out the session ends as sold out, nothing is rented, and the next try comes later."""
    sold_out = Script([Fault(FaultKind.CAPACITY, method="POST", path="droplets$", times=10_000)])
    all_ = bench(faults=sold_out)
    all_.sessions.tick()
    row = all_.last()
    assert (row.state, row.cost_usd_e6, row.machines_gone) == ("sold_out", None, None)
    assert "30 min" in row.detail
    assert not all_.gpus.asked
    assert all_.trainer.workers == []
    assert all_.sessions.tick().code == "tried"


def test_a_gpu_that_is_none_trains_nothing(bench: Callable[..., Bench]) -> None:
    """A worker without a real GPU ends the session before training, and its machine is given back and paid for."""
    all_ = bench()
    all_.gpus.device = None
    all_.sessions.tick()
    row = all_.last()
    assert (row.state, row.machines_gone) == ("failed", True)
    assert "trains on 'cpu'" in row.detail
    assert all_.trainer.workers == []
    assert row.cost_usd_e6 is not None
    assert row.cost_usd_e6 > 0


def test_a_training_that_fails_gives_the_gpu_back(bench: Callable[..., Bench]) -> None:
    """A training that fails is on record as failed, with the GPU given back and paid for."""
    all_ = bench()
    all_.trainer.fails = True
    all_.sessions.tick()
    row = all_.last()
    assert (row.state, row.machines_gone, row.ensemble_id) == ("failed", True, None)
    assert all_.cloud.left()["droplets"] == []


def test_a_machine_that_stays_is_told_and_keeps_the_next_session_shut(bench: Callable[..., Bench]) -> None:
    """A machine that doesn't go is named, what it cost so far is booked, and no second GPU is asked for."""
    all_ = bench()
    all_.gpus.stuck = True
    all_.sessions.tick()
    row = all_.last()
    assert (row.state, row.machines_gone) == ("trained", False)
    assert "inplay-demo-w-" in row.detail
    assert "inplay cluster reap" in row.detail
    all_.clock.sleep(timedelta(days=7).total_seconds())
    all_.learn_something_new()
    assert all_.sessions.tick().code == "left_over"


def test_the_budget_of_the_month_holds(bench: Callable[..., Bench]) -> None:
    """With $20 a month one session of up to $13.56 opens, and after about $4 spent another; a dearer one doesn't."""
    all_ = bench(rules=replace(RULES, budget_usd_per_month=13.60))
    assert all_.sessions.tick().code == "opens"
    all_.clock.sleep(timedelta(days=7).total_seconds())
    all_.learn_something_new()
    plan = all_.sessions.tick()
    assert plan.code == "budget"
    assert "$13.60" in plan.reason
    # December is another month.
    all_.clock.sleep(timedelta(days=7).total_seconds())
    assert all_.sessions.tick().code == "opens"


def test_a_machine_that_is_too_full_to_train_rents_nothing(bench: Callable[..., Bench]) -> None:
    """Where a training wouldn't fit beside the platform no GPU is rented and the reason is on record; later it is."""
    all_ = bench(rules=RULES)
    all_.memory_mib = 300
    assert all_.sessions.tick().code == "memory"
    assert all_.cloud.calls == []
    plan = all_.record.last_plan("gpu")
    assert plan is not None
    assert "300 MiB" in plan.reason
    all_.memory_mib = 4_000
    assert all_.sessions.tick().code == "opens"


def complete(pool: Pool, days: Sequence[date]) -> None:
    """The sessions are on record as complete."""
    with transaction(pool) as cursor:
        for day in days:
            cursor.execute(
                "INSERT INTO replay_sessions (session, command_id, stocks_in_play, completed_at) "
                "VALUES (%s, %s, 0, now())",
                [day, f"session:{day}"],
            )


def test_a_training_follows_its_session_once_whatever_the_clock_says(bench: Callable[..., Bench]) -> None:
    """The third of three sessions is trained after; a repeat, and the day after, train nothing; all is on record."""
    all_ = bench(rules=SessionRules(every_sessions=3))
    days = [date(2010, 4, day) for day in (1, 5, 6)]
    codes = []
    for day in days:
        complete(all_.pool, [day])
        codes.append(all_.sessions.after(day).code)
        all_.clock.sleep(timedelta(days=30).total_seconds())
    assert codes == ["unchanged", "unchanged", "opens"]
    assert all_.sessions.after(days[-1]).code == "held"
    (row,) = all_.record.sessions("cpu", 5)
    assert (row.session_id, row.state, row.window_from.date()) == ("cpu:2010-04-06:1", "trained", days[-1])
    assert all_.trainer.workers == [Workers(actors=1, cpus=1)]
    assert all_.cloud.calls == [], "no machine is asked for"


def test_a_training_that_was_cut_off_is_held_again_and_one_that_failed_is_left_to_the_next_session(
    bench: Callable[..., Bench],
) -> None:
    """A process that died leaves its session open: the repeat closes it and trains; one that failed waits."""
    all_ = bench(rules=SessionRules(every_sessions=1))
    first, second = date(2010, 4, 1), date(2010, 4, 5)
    complete(all_.pool, [first])
    at = datetime(2010, 4, 1, tzinfo=UTC)
    all_.record.open(SessionRow("cpu:2010-04-01:1", "cpu", at, all_.now(), "c" * 64))
    assert all_.sessions.after(first).code == "opens"
    assert {row.session_id: row.state for row in all_.record.sessions("cpu", 5)} == {
        "cpu:2010-04-01:1": "interrupted", "cpu:2010-04-01:2": "trained",
    }  # fmt: skip
    all_.trainer.refuses = "all outcomes are alike"
    complete(all_.pool, [second])
    assert all_.sessions.after(second).code == "opens"
    assert all_.sessions.after(second).code == "tried"
    assert all_.record.sessions("cpu", 1)[0].detail == "all outcomes are alike"


def test_a_session_whose_process_died_is_closed_and_its_gpu_released(bench: Callable[..., Bench]) -> None:
    """A session whose process died is closed as interrupted by the next one, which releases the GPU."""
    all_ = bench()
    at = all_.now()
    all_.record.open(SessionRow("gpu:x", "gpu", at, at, "c" * 64))
    all_.gpus.asked = True
    all_.sessions.recover()
    assert not all_.gpus.asked
    assert all_.last().state == "interrupted"
    assert all_.sessions.tick().code == "tried"


def test_a_session_whose_end_was_not_recorded_is_closed_by_the_next_plan(bench: Callable[..., Bench]) -> None:
    """When the database goes away at a session's end, the next plan closes it as interrupted, with what it cost."""
    all_ = bench()
    end, all_.sessions._record.end = all_.sessions._record.end, refuse  # type: ignore[assignment,method-assign]
    with pytest.raises(UnavailableError, match="went away"):
        all_.sessions.tick()
    assert all_.last().state == "open"
    all_.sessions._record.end = end  # type: ignore[method-assign]
    assert all_.sessions.tick().code == "tried"
    row = all_.last()
    assert row.state == "interrupted"
    assert row.cost_usd_e6 is not None
    assert row.cost_usd_e6 > 3_390_000  # more than an hour


def refuse(_: SessionRow) -> None:
    """A database that isn't there."""
    raise UnavailableError("PostgreSQL went away. What was committed is safe; try again.")


def test_the_fingerprint_changes_with_each_outcome_that_becomes_known(pool: Pool) -> None:
    """Nothing to learn from has none; a pattern without an outcome changes nothing, one with an outcome does."""
    record, store = TrainingRecord(pool), PatternStore(pool)
    opened = datetime(2010, 1, 4, 21, tzinfo=UTC)
    pattern = {
        "timestamp": [opened], "session": [opened.date()], "pattern_type": ["hammer"], "family": ["candlestick"],
        "direction": np.array([1], dtype=np.int8),
    }  # fmt: skip
    outcome = {
        "pattern_success": np.array([1.0]), "outcome_return": np.array([0.01]), "outcome_exit": ["target"],
        "outcome_known_session": [date(2010, 1, 6)],
    }  # fmt: skip
    seen = [record.data_fingerprint()]
    for columns in (
        {"symbol": ["AAPL"]},
        {"symbol": ["F"], **outcome},
        {"symbol": ["X"]},
        {"symbol": ["T"], **outcome},
    ):
        store.record(pa.table(pattern | columns))
        seen.append(record.data_fingerprint())
    assert seen[0] is seen[1] is None
    assert None not in seen[2:]
    assert seen[2] == seen[3] != seen[4]


def test_a_record_of_failures_ends_in_its_sentence_and_the_machine_goes(bench: Callable[..., Bench]) -> None:
    """What the training said stands on record as it was said, and the machine was given back."""
    all_ = bench()
    all_.trainer.refuses = "the outcomes before the held-out part are all alike: all 37 failed. No model was made"
    all_.sessions.tick()
    row = all_.last()
    assert (row.state, row.detail, row.ensemble_id) == ("failed", all_.trainer.refuses, None)
    assert row.machines_gone is True
    assert all_.cloud.left()["droplets"] == []


def test_what_a_dead_training_reserved_is_taken_back_at_each_plan(bench: Callable[..., Bench]) -> None:
    """At the start, and at each plan after it: a process that was being killed may have reserved more meanwhile."""
    all_ = bench()
    all_.sessions.recover()
    all_.sessions.tick()
    assert all_.trainer.cleared == 2


def test_a_session_that_would_not_pay_is_skipped_by_what_is_on_record(bench: Callable[..., Bench]) -> None:
    """Without a measured training nobody knows; a minute of CPUs is cheaper; a hundred days of them aren't."""
    all_ = bench(rules=replace(RULES, if_dearer=False))
    assert all_.sessions.tick().code == "unmeasured"
    all_.record.took(TrainingTime("ensemble-0", all_.now(), "cpu", 77_000, 60.0))
    plan = all_.sessions.tick()
    assert plan.code == "does_not_pay"
    assert "77,000 rows takes 60 s on the CPU" in plan.reason
    assert all_.cloud.calls == []
    # Another machine's or a simulated GPU's time tells nothing of the head's CPUs, nor of a GPU.
    for number, device in enumerate(("cpu of 2 machines", "simulated GPU, which trains on the CPU"), start=1):
        all_.record.took(TrainingTime(f"ensemble-{number}", all_.now(), device, 77_000, 1.0))
    assert all_.sessions.tick().code == "does_not_pay"
    # 2,400 h at 24 / 672 are $85.71; 24 h at 3.39, and eight minutes, $81.81.
    all_.record.took(TrainingTime("ensemble-8", all_.now(), "cuda:0 NVIDIA H100", 77_000, 86_400.0))
    all_.clock.sleep(1)
    all_.record.took(TrainingTime("ensemble-9", all_.now(), "cpu", 77_000, 8_640_000.0))
    assert all_.sessions.tick().code == "opens"

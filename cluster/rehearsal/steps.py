"""A rehearsal from `ray up` to the proof that nothing is left, each step timed."""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

import yaml

from cluster.reaper import ORPHAN_AFTER_S
from cluster.rehearsal import canary, doors, trainings, wires
from cluster.rehearsal.commands import RehearsalError
from cluster.rehearsal.config import Config, adapt, keep_one_gpu
from cluster.rehearsal.droplets import Namespace, Namespaces
from cluster.rehearsal.gpu_task import MARK, RUNNING, VISITED
from cluster.rehearsal.laptop import Laptop
from cluster.rehearsal.report import Report
from cluster.simulator.cloud import EVERYTHING, SimulatedCloud
from cluster.simulator.messages import Request
from cluster.simulator.server import serving
from cluster.simulator.specification import Specification
from cluster.simulator.world import Latencies

LATENCIES = Latencies(create_s=4.0, gpu_create_s=6.0, tag_s=1.0, action_s=2.0, destroy_s=1.5, firewall_s=0.5)
"""Shorter than DigitalOcean's, of which the report tells."""
UP_S, TASK_S, IDLE_S, DOWN_S, REBOOT_S, REAP_S = 240.0, 240.0, 120.0, 120.0, 120.0, 120.0
LATER = timedelta(seconds=ORPHAN_AFTER_S + 60)
"""How far DigitalOcean's clock is set ahead, for a worker to be one that lost its head long enough ago."""
TICK_S = 0.1
HEAD_TOKEN_FILE = "root/.inplay/digitalocean_token"  # noqa: S105  where it is allowed to be
LAPTOP_TOKEN_FILE = ".inplay/digitalocean_token"  # noqa: S105
NO_SWAP = "var/lib/inplay/no_swap"
NO_CONTENT = 204
ON_HEAD = "RAY_AUTH_MODE=token /opt/inplay/bin/python -m"
TASK = "cluster.rehearsal.gpu_task"


class Rehearsal:
    """One rehearsal, inside namespaces of its own.

    Args:
        folder: in memory, for everything.
        file: the user's cluster file.
        specification: DigitalOcean's own, to judge requests and answers; None and nobody judges.
        say: told of every step.
        stops: the ways of stopping are rehearsed, and nothing else.
        train: trainings on machines that come for them are, and nothing else.
    """

    def __init__(
        self, folder: Path, file: Path, specification: Path | None, say: Callable[[str], None],
        *, stops: bool = False, train: bool = False,
    ) -> None:  # fmt: skip
        self._say, self._started_s, self._stops, self._trainings = say, time.monotonic(), stops, train
        self._lock = threading.Lock()
        self._later = timedelta(0)
        self.report = Report()
        self.token = f"dop_v1_{secrets.token_hex(32)}"
        config, self.report.changed_for_rehearsal = adapt(_read(file))
        if stops:
            self.report.changed_for_rehearsal.append(keep_one_gpu(config))
        self.report.changed_for_rehearsal += [
            f"droplets boot in {LATENCIES.create_s:g} s, those with a GPU in {LATENCIES.gpu_create_s:g}, not 30 and 90",
            "a droplet's GPUs, CPUs and memory are numbers from the catalogue; it has this machine's cores",
            f"at the head's end the cloud's clock jumps {LATER.total_seconds() / 60:g} min: so long the reaper waits",
        ]
        self.end_point_port = 8585
        end_point = f"http://{wires.LAPTOP}:{self.end_point_port}/v2/"
        self.machines = Namespaces(
            folder / "droplets", {"DIGITALOCEAN_END_POINT": end_point}, self._happened, self._search_leaving
        )
        judge = Specification.read(specification) if specification else None
        self._judged = judge is not None
        self.cloud = SimulatedCloud(
            now=lambda: datetime.now(UTC) + self._later, latencies=LATENCIES, machines=self.machines,
            generator=random.Random(7),  # noqa: S311  ids of a simulation are no secret
            tokens={self.token: frozenset({EVERYTHING})}, specification=judge,
        )  # fmt: skip
        copied = folder / "ray-cluster.yaml"
        copied.write_text(yaml.safe_dump(config, sort_keys=False, width=1_000), encoding="utf-8")
        self.laptop = Laptop(folder / "home", copied, file.resolve().parent, end_point, self.token)
        self.laptop.trouble = self.machines.trouble
        self._config = config

    def run(self) -> Report:
        """The report; a step that failed is named in it, and what had been made is torn down all the same."""
        wires.lay_public_network()
        wires.connect("stranger", wires.Addresses(IPv4Interface(f"{wires.STRANGER}/{wires.PUBLIC.prefixlen}"), None))
        with canary.ProcessWatch(self.token) as watch, serving(self.cloud, host=wires.LAPTOP, port=self.end_point_port):
            with self._ticking():
                try:
                    self._use()
                except RehearsalError as error:
                    self.report.failed = str(error)
                self._tear_down()
            self._search_laptop(watch)
        self._count()
        return self.report

    def _use(self) -> None:
        head = self._up()
        if self._stops:
            self._stop_in_every_way()
            return
        if self._trainings:
            self.report.trainings = trainings.rehearse_trainings(
                self.machines, self._train, self._await, self._happened
            )
            return
        with ThreadPoolExecutor(1) as beside:
            self._happened("a task asks for a GPU")
            asked = beside.submit(self._on_head, "ask", TASK_S)
            self._knock(head)
            worker = self._await_task(asked)
            self._knock(worker)
            self.report.refused_without_token = doors.tried_without_token(head, worker)
            self._happened("Ray's doors were tried without a token")
            (worker.room.root / VISITED.lstrip("/")).touch()
            answer = asked.result()
        self.report.gpu_task, self.report.gpu_task_ran_on = answer, answer["ran"]["machine"]
        self._happened(f"the task has run on {self.report.gpu_task_ran_on}, and two trainings failed there")
        self._wait_until_idle(answer["trainings"])
        self._reboot(head)
        self._lose_head(head)

    def _up(self) -> Namespace:
        self._happened("ray up begins")
        self.laptop.up(UP_S)
        head = self._head()
        self._happened(f"ray up is done, the head is {head.name}")
        self._tell_swap(head)
        return head

    def _stop_in_every_way(self) -> None:
        """`ray down` with its options and `ray exec --stop`; what each leaves is in the report."""
        first = self._await_worker()
        self.laptop.down(DOWN_S, "--workers-only")
        head = self._head()
        workers_only = {"head_stays": True, "worker_gone": first not in self.machines.workers()}
        self._happened("ray down --workers-only is done")
        # The autoscaler's next worker may have gone as well, and it waits minutes for it, unless it begins anew.
        self._up()
        kept = self._await_worker()
        self.laptop.down(DOWN_S, "--keep-min-workers")
        keep_min: dict[str, Any] = {
            "head_gone": self.machines.head() is None,
            "worker_stays": kept in self.machines.workers(),
        }
        self._happened("ray down --keep-min-workers is done")
        keep_min["reaper_said"] = self.laptop.reap(REAP_S).strip().splitlines()[-1]
        keep_min["reaper_spares"] = kept in self.machines.workers()
        self._happened("the reaper has run on the laptop")
        head = self._up()
        self._await_worker()
        with suppress(
            RehearsalError
        ):  # Ray's connection is cut off by the end that it asked for, which it calls failed
            self.laptop.execute_and_stop("echo the work is done", TASK_S)
        self._await(lambda: self._is_off(head), DOWN_S, "The head wasn't switched off")
        self._act(head, "shutdown")
        said = self.laptop.reap(REAP_S)
        exec_stop = {"workers_gone": not self.machines.workers(), "head_off": True, "reaper_said": said.strip()}
        self._happened("ray exec --stop is done, and the reaper has run on the laptop")
        self.report.stops = {"workers_only": workers_only, "keep_min_workers": keep_min, "exec_stop": exec_stop}

    def _is_off(self, machine: Namespace) -> bool:
        self.machines.trouble()
        return machine in self.machines.switched_off

    def _act(self, machine: Namespace, action: str) -> None:
        """What DigitalOcean notices by itself when a droplet is switched off from inside."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        body = json.dumps({"type": action}).encode()
        self.cloud.answer(Request.of("POST", f"/v2/droplets/{machine.id}/actions", headers, body))
        self._await(lambda: self.cloud.world.droplets[machine.id].status == "off", DOWN_S, "The droplet isn't off")

    def _await(self, done: Callable[[], bool], within_s: float, otherwise: str) -> None:
        until_s = time.monotonic() + within_s
        while not done():
            trouble = self.machines.trouble()
            if trouble:
                raise RehearsalError(f"{otherwise}: {trouble}. No real machine ran.")
            if time.monotonic() > until_s:
                raise RehearsalError(f"{otherwise} within {within_s:.0f} s. No real machine ran.")
            time.sleep(TICK_S)

    def _tell_swap(self, head: Namespace) -> None:
        none = head.room.root / NO_SWAP
        if none.is_file():
            self._happened(f"the head has {none.read_text(encoding='utf-8').strip()}, unlike a real one")

    def _lose_head(self, head: Namespace) -> None:
        """The head was destroyed by somebody while a GPU machine ran, and the reaper's timer on a laptop ended that."""
        self._on_head("want", TASK_S)
        worker = self._await_worker()
        self._delete(f"droplets/{head.id}")
        self._await(lambda: self.machines.head() is None, DOWN_S, "The head wasn't destroyed")
        self._happened(f"the head was destroyed by hand, and {worker.name} goes on without it")
        self.laptop.reap(REAP_S)
        spared = worker in self.machines.workers()
        self._happened("the reaper has run on the laptop, as its timer runs it, and noted that there is no head")
        self._later = LATER
        said = self.laptop.reap(REAP_S)
        self.report.headless = {
            "worker": worker.name, "spared_at_first": spared, "gone": not self.machines.workers(),
            "reaper_said": said.strip().splitlines()[-1],
        }  # fmt: skip
        self._happened("the reaper has run on the laptop a second time, and destroyed it")

    def _await_worker(self) -> Namespace:
        self._await(lambda: bool(self.machines.workers()), IDLE_S, "No GPU machine came")
        return self.machines.workers()[0]

    def _delete(self, path: str) -> None:
        """What somebody deletes in DigitalOcean's control panel, or another program does."""
        answer = self.cloud.answer(Request.of("DELETE", f"/v2/{path}", {"Authorization": f"Bearer {self.token}"}, b""))
        if answer.status != NO_CONTENT:
            raise RehearsalError(f"DELETE {path} was answered with {answer.status}. No real machine ran.")

    def _reboot(self, head: Namespace) -> None:
        """Every process of the head was killed, it booted from its disk, and the actor answers under its name."""
        began_s = time.monotonic()
        self.machines.reboot(head.id)
        answer = doors.eventually(lambda: self._on_head("revisit", TASK_S), REBOOT_S)
        before = (self.report.gpu_task or {})["actor"]
        self.report.reboot = {
            "same_actor": answer["actor"] == before,
            "back_after_s": round(time.monotonic() - began_s, 1),
            **answer,
        }
        self._happened("the head rebooted; Ray and the detached actor are back")

    def _knock(self, machine: Namespace) -> None:
        self.report.ports_allowed_to_strangers = doors.allowed_to_strangers(self.cloud)
        self.report.ports_open_to_strangers[machine.name] = doors.open_to_strangers(machine)
        self._happened(f"a stranger knocked at every port of {machine.name}")

    def _await_task(self, asked: Future[dict[str, Any]]) -> Namespace:
        """The machine on which the task runs, and waits to be told that it was visited."""
        while not asked.done():
            for worker in self.machines.workers():
                if (worker.room.root / RUNNING.lstrip("/")).exists():
                    self._happened(f"the task runs on {worker.name}")
                    return worker
            time.sleep(TICK_S)
        asked.result()
        raise RehearsalError("The task ended and ran on no worker. No real machine was involved.")

    def _wait_until_idle(self, trainings: dict[str, Any]) -> None:
        """Trainings that failed reserve nothing, so the machine is idle, and is removed at its time-out."""
        ended_s = time.monotonic()
        self._await(lambda: not self.machines.workers(), IDLE_S, "The idle worker wasn't removed")
        self.report.failed_trainings = {**trainings, "machine_gone_after_s": round(time.monotonic() - ended_s, 1)}
        self._happened("the idle worker was removed")

    def _tear_down(self) -> None:
        self._happened("ray down begins")
        try:
            self.laptop.down(DOWN_S)
            self._happened("ray down is done")
        except RehearsalError as error:
            self.report.failed = self.report.failed or str(error)

    def _train(self, what: str, timeout_s: float) -> dict[str, Any]:
        return self._on_head(what, timeout_s, program=trainings.PROGRAM, mark=trainings.MARK)

    def _on_head(self, what: str, timeout_s: float, *, program: str = TASK, mark: str = MARK) -> dict[str, Any]:
        said = self.laptop.execute(what, f"{ON_HEAD} {program} {what}", timeout_s)
        for line in said.splitlines():
            if line.startswith(mark):
                answer: dict[str, Any] = json.loads(line.removeprefix(mark))
                return answer
        raise RehearsalError(f"`{what}` on the head answered nothing that can be read:\n{said[-2000:]}")

    def _head(self) -> Namespace:
        head = self.machines.head()
        if head is None:
            raise RehearsalError("`ray up` ended well and there is no head. No real machine ran.")
        return head

    def _search_leaving(self, machine: Namespace) -> None:
        """The token is in no file of a machine that goes, but for the head's own copy of it."""
        expected = {f"root/{HEAD_TOKEN_FILE}"} if machine.is_head else set()
        found = canary.files_with(self.token, machine.room.folder)
        self.report.token_found_in += [f"{machine.name}:/{each}" for each in found if each not in expected]
        but = ", but for ~/.inplay/digitalocean_token" if expected else ""
        self.report.token_looked_for_in.append(f"files of {machine.name}{but}")

    def _search_laptop(self, watch: canary.ProcessWatch) -> None:
        folder = self.laptop.config.parent
        expected = {str((self.laptop.home / LAPTOP_TOKEN_FILE).relative_to(folder))}
        self.report.token_found_in += [each for each in canary.files_with(self.token, folder) if each not in expected]
        self.report.token_found_in += sorted(watch.seen)
        self.report.token_looked_for_in += [
            "files of `ray up` (home, /tmp, config, logs, caches), but for ~/.inplay/digitalocean_token",
            f"command lines of all processes, and environments of those on droplets, {watch.looks} times",
        ]

    def _count(self) -> None:
        report, cloud = self.report, self.cloud
        left = cloud.left()
        report.droplets_left = len(left.pop("droplets"))
        report.resources_left = left
        report.droplets_created = len(cloud.world.droplets)
        report.spec_violations = len(cloud.spec_violations) if self._judged else None
        report.api_calls, report.max_calls_per_min = len(cloud.calls), cloud.max_calls_per_min()
        report.cost_usd = round(cloud.cost_usd(), 5)
        report.firewall_before_first_droplet = _firewall_first(cloud)
        if self.machines.failures:
            report.failed = "; ".join([*([report.failed] if report.failed else []), *self.machines.failures])
        report.answered_by_stand_ins = list(self.machines.answered)
        report.setup_repeated = list(self.machines.repeated)
        report.duration_s = round(time.monotonic() - self._started_s, 1)

    def _happened(self, what: str) -> None:
        at_s = round(time.monotonic() - self._started_s, 1)
        with self._lock:
            self.report.timeline.append({"at_s": at_s, "what": what, "api_calls": len(self.cloud.calls)})
        self._say(f"{at_s:6.1f} s  {what}")

    @contextmanager
    def _ticking(self) -> Iterator[None]:
        """Meanwhile what is due in the cloud happens, whether anybody asks or not."""
        ended = threading.Event()

        def tick() -> None:
            while not ended.wait(TICK_S):
                self.cloud.settle()

        thread = threading.Thread(target=tick, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _firewall_first(cloud: SimulatedCloud) -> bool | None:
    """Whether a firewall was accepted before the first droplet was; None without a droplet."""
    made = [call.path.rsplit("/", 1)[-1] for call in cloud.calls if call.method == "POST" and call.status == 202]  # noqa: PLR2004
    if "droplets" not in made:
        return None
    return "firewalls" in made[: made.index("droplets")]


def _read(file: Path) -> Config:
    try:
        read = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise RehearsalError(f"{file} can't be read: {error}. Nothing was started.") from None
    if not isinstance(read, dict) or "available_node_types" not in read:
        raise RehearsalError(f"{file} is no cluster file of Ray. Nothing was started.")
    return read

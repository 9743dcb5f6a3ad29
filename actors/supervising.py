"""Asks actors for a sign of life, judges those that don't give one, and ends those that hang so that Ray restarts them.

Both Health, which watches all services, and the run, which watches Health, use it. Nothing here waits for the record.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from actors.asking import Actor
from actors.service import Service, SignOfLife
from actors.supervision import Judged, SupervisionRules, Watched
from actors.wiring import now
from adapters.machine.processes import Process, end, look_at, standing_still
from adapters.postgres.health import HealthEvent, ServiceState
from adapters.postgres.health_hours import Look

TICK_S = 1.0
"""Between two looks; an answer is waited for as long."""


@dataclass
class _Asked:
    """A question that is under way, at most one a service."""

    reference: Any = None
    sent_s: float = 0.0
    came_s: float | None = None
    answered_s: float = -1e9

    @property
    def took_s(self) -> float:
        """From the question to the answer; 0 while there is none."""
        return 0.0 if self.came_s is None else self.came_s - self.sent_s


class Supervisor:
    """Watches actors from tick to tick.

    Args:
        actors: by name of the service.
        rules: bounds.
    """

    def __init__(self, actors: Mapping[str, Actor[Service]], rules: SupervisionRules | None = None) -> None:
        self._rules = rules or SupervisionRules()
        self._actors = dict(actors)
        kills_s: dict[str, list[float]] = {actor.host: [] for actor in actors.values()}
        self._watched = {name: Watched(self._rules, kills_s=kills_s[actor.host]) for name, actor in actors.items()}
        self._asked = {name: _Asked() for name in actors}
        self._heard: dict[str, datetime] = {}
        self._why: dict[str, str] = {}
        self._said: dict[str, Judged] = {}
        self._took_s: dict[str, float] = {}
        self._looked: tuple[str, ...] = ()
        self._killed: dict[str, tuple[str, str]] = {}
        self._turned_s = time.monotonic()

    def resume(self, service: str, process: Process | None, killed_at: Sequence[datetime]) -> None:
        """Another supervisor watched it before, as the record says: which process, and when it was killed."""
        watched = self._watched[service]
        watched.process = watched.process or process
        watched.kills_s.extend(at.timestamp() for at in killed_at)

    def processes(self) -> frozenset[Process]:
        """That answered last."""
        return frozenset(one.process for one in self._watched.values() if one.process is not None)

    def turn(self) -> list[ServiceState]:
        """All were asked and judged, and those that hang killed; returns what is new of each, to be recorded."""
        self._ask()
        open_ = {name: asked.reference for name, asked in self._asked.items() if asked.reference is not None}
        self._wait(open_)
        elapsed_s, self._turned_s = time.monotonic() - self._turned_s, time.monotonic()
        self._looked, self._killed = tuple(open_), {}
        words = [word for name in open_ for word in self._look(name, elapsed_s)]
        return words + [word for host, (name, why) in self._killed.items() for word in self._with_host(host, name, why)]

    def _ask(self) -> None:
        for name, asked in self._asked.items():
            if asked.reference is None and time.monotonic() - asked.answered_s >= self._rules.ask_every_s:
                asked.sent_s, asked.came_s = time.monotonic(), None
                asked.reference = self._actors[name].aside(Service.sign_of_life).reference

    def looks(self) -> list[Look]:
        """What was seen of each in the last turn, of those that were asked."""
        return [
            Look(name, self._watched[name].vitals.score, self._took_s.get(name), self._watched[name].silence_s == 0)
            for name in self._looked
        ]

    def _wait(self, open_: Mapping[str, Any]) -> None:
        """Answers are waited for, a tick at most, and the time of each is noted."""
        until, names = time.monotonic() + TICK_S, {reference: name for name, reference in open_.items()}
        waiting = list(names)
        while waiting:
            came, waiting = ray.wait(waiting, num_returns=1, timeout=max(0.0, until - time.monotonic()))
            for reference in came:
                self._asked[names[reference]].came_s = time.monotonic()
            if not came:
                return

    def _others_s(self, name: str) -> float:
        """What the last answers of services in other processes took, in the middle; 0 where there are none."""
        host = self._actors[name].host
        return median([took for other, took in self._took_s.items() if self._actors[other].host != host] or [0.0])

    def _neighbours(self, name: str) -> list[str]:
        """The others in its process."""
        return [
            other for other, actor in self._actors.items() if other != name and actor.host == self._actors[name].host
        ]

    def _neighbours_answer(self, name: str) -> bool:
        """Whether one of them answered what it was asked after this one was."""
        sent_s, asked = self._asked[name].sent_s, self._asked
        return any(asked[other].came_s is not None and asked[other].sent_s > sent_s for other in self._neighbours(name))

    def _with_host(self, host: str, killed_for: str, why: str) -> list[ServiceState]:
        """What is to be recorded of those whose process was killed for another service in it."""
        words, at = [], now()
        for name in self._neighbours(killed_for):
            told = self._why[name] = f"restarted with {killed_for}, whose process {host} it shares: {why}"
            judged = self._said[name] = self._watched[name].ended_with_host(told)
            process, since = self._watched[name].process, self._heard.get(name)
            words.append(ServiceState(name, judged.state, told, at, since=since, process=process))
        return words

    def _look(self, name: str, elapsed_s: float) -> list[ServiceState]:
        watched, at = self._watched[name], now()
        before = watched.process
        sign = self._sign(name)
        if self._actors[name].host in self._killed:
            return []
        if sign is None:
            sight = look_at(before) if before else None
            judged = watched.silent(
                elapsed_s, sight, at.timestamp(), neighbours_answer=self._neighbours_answer(name)
            )  # fmt: skip
        else:
            took_s = self._took_s[name] = self._asked[name].took_s
            judged = watched.answered(sign, at.timestamp(), took_s, self._others_s(name))
            if watched.low:  # looked at again at once
                self._asked[name].answered_s = -1e9
        words = self._in_words(name, judged, at, before)
        if sign is not None:
            self._heard[name] = at
        if judged.kill:
            self._why[name] = judged.detail
            self._killed[self._actors[name].host] = name, judged.detail
            self._kill(name, watched.process)
        self._said[name] = judged
        return words

    def _sign(self, name: str) -> SignOfLife | None:
        """What it answered; None while it didn't. An error is a sign of life too, and none of a dead actor's."""
        asked = self._asked[name]
        if not ray.wait([asked.reference], timeout=0)[0]:
            return None
        reference, asked.reference, asked.answered_s = asked.reference, None, time.monotonic()
        try:
            sign: SignOfLife = ray.get(reference)
        except RayTaskError as error:
            process = self._watched[name].process
            if process is None:
                return None
            return SignOfLife(("degraded", f"a defect: {str(error.cause or error).splitlines()[-1]}"), process)
        except RayActorError:
            return None
        return sign

    def _in_words(self, name: str, judged: Judged, at: datetime, before: Process | None) -> list[ServiceState]:
        """What is to be recorded: each answer, and each change while there is none."""
        score = self._watched[name].vitals.score
        return [replace(word, score=score) for word in self._changes(name, judged, at, before)]

    def _changes(self, name: str, judged: Judged, at: datetime, before: Process | None) -> list[ServiceState]:
        last, process = self._said.get(name), self._watched[name].process
        since = self._heard.get(name)
        if judged.restarted and before is not None and process is not None:
            told = f"process {process.pid} took over from {before.pid}: {self._why.pop(name, 'it had ended by itself')}"
            began = at if last is not None and last.state != "ok" else since
            return [
                ServiceState(name, "starting", told, at, since=began, process=process),
                ServiceState(name, judged.state, judged.detail, at, process=process),
            ]
        if judged.fresh or last is None or (last.state, last.kill) != (judged.state, judged.kill):
            detail = f"{judged.detail}: process {before.pid} is killed" if judged.kill and before else judged.detail
            down = judged.state in {"failed", "starting"}
            return [ServiceState(name, judged.state, detail, at, since=since if down else at, process=process)]
        return []

    def _kill(self, name: str, process: Process | None) -> None:
        """Its process is gone, and Ray starts it anew; where no process is known Ray is asked to."""
        if process is None or not end(process):
            ray.kill(self._actors[name].handle, no_restart=False)


class Bystanders:
    """Processes of Ray on this machine that a signal has stopped: Serve's replicas, its proxy, its controller."""

    def __init__(self, rules: SupervisionRules | None = None) -> None:
        self._rules = rules or SupervisionRules()
        self._still_s: dict[Process, float] = {}
        self._turned_s = time.monotonic()

    def turn(self, of_services: frozenset[Process]) -> list[HealthEvent]:
        """Those that stood still for too long are killed; Ray and Serve start others.

        Args:
            of_services: that are watched otherwise.
        """
        elapsed_s = min(time.monotonic() - self._turned_s, self._rules.longest_tick_s)
        self._turned_s = time.monotonic()
        still = {one: title for one, title in standing_still().items() if one not in of_services}
        self._still_s = {one: self._still_s.get(one, 0.0) + elapsed_s for one in still}
        events = []
        for one, still_s in list(self._still_s.items()):
            if still_s < self._rules.silent_s or not end(one):
                continue
            title = still[one].removeprefix("ray::") or "a process of Ray"
            told = f"a signal had stopped process {one.pid} for {still_s:.0f} s: it is killed, and another one starts"
            events.append(HealthEvent(now() - timedelta(seconds=still_s), title, "starting", told))
        return events

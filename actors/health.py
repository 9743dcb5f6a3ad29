"""Health: asks every service for a sign of life, restarts those that hang, and keeps the history on record."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from actors.asking import Actor
from actors.service import Condition, Service, SignOfLife
from actors.supervising import TICK_S, Bystanders, Supervisor
from actors.supervision import SupervisionRules
from actors.wiring import Wiring, now
from adapters.machine.processes import Process, this_process
from adapters.postgres.health import HealthEvent, HealthStore, ServiceState
from adapters.postgres.health_hours import HealthHours, ServiceHour, hour_of
from trading.errors import UnavailableError

WORDS = 50_000
"""Most that is kept while the record can't be written; some hours of it. The oldest goes first, and the log says so."""
SLOWEST_TURN_S = 30.0
COUNT_EVERY_S = 60.0
"""What a minute's looks come to is one row a service; a kill of Health costs as much of the history at most."""


class Health(Service):
    """Writer of the services' health. One thread watches and never waits for the record; another one writes."""

    name = "health"

    def __init__(
        self, wiring: Wiring, actors: Mapping[str, Actor[Service]], rules: SupervisionRules | None = None
    ) -> None:
        super().__init__(wiring)
        self._rules = rules or SupervisionRules()
        self._supervisor = Supervisor(actors, rules=self._rules)
        self._bystanders = Bystanders(self._rules)
        self._actors = dict(actors)
        self._words: queue.Queue[ServiceState | HealthEvent] = queue.Queue()
        self._hours: dict[tuple[str, datetime], ServiceHour] = {}
        self._stop = threading.Event()
        self._known = threading.Event()
        self._turn = threading.Lock()
        self._turned_s = self._counted_s = time.monotonic()
        for work in (self._watch, self._write):
            threading.Thread(target=work, name=f"health {work.__name__}", daemon=True).start()

    def condition(self) -> Condition:
        """Degraded while nothing can be put on record."""
        waiting = self._words.qsize()
        if waiting > len(self._actors) * 10:
            return "degraded", f"{waiting} words are not on record yet"
        return super().condition()

    def sign_of_life(self) -> SignOfLife:
        """Its work is the watch: one turn of it takes seconds, and one that takes longer hangs."""
        turned_s = time.monotonic() - self._turned_s
        return SignOfLife(self.condition(), this_process(), "a turn of the watch", turned_s, SLOWEST_TURN_S)

    def _watch(self) -> None:
        log = structlog.get_logger()
        self._known.wait(SLOWEST_TURN_S / 2)  # which processes were watched before, if the record says it in time
        said_s = -self._rules.ask_every_s
        while not self._stop.wait(TICK_S):
            try:
                for word in self._supervisor.turn():
                    self._words.put(word)
                for event in self._bystanders.turn(self._supervisor.processes()):
                    self._words.put(event)
                self._count()
            except Exception:  # a defect in judging one service must not leave all of them unwatched
                log.exception("health_defect")
            self._turned_s = time.monotonic()
            if self._turned_s - said_s >= self._rules.ask_every_s:
                said_s = self._turned_s
                state, detail = self.condition()
                self._words.put(ServiceState(self.name, state, detail, now(), process=this_process()))

    def _count(self) -> None:
        """What was seen in this turn is counted in its hour; told once a minute, and kept while it can't be."""
        hour = hour_of(now())
        with self._turn:
            for look in self._supervisor.looks():
                key = (look.service, hour)
                self._hours[key] = self._hours.get(key, ServiceHour(*key)).seen(look)

    def _write_hours(self) -> None:
        """What was counted since the last time is on record."""
        with self._turn:
            counted, self._hours = self._hours, {}
        try:
            HealthHours(self.pool).add(counted.values())
        except UnavailableError:
            with self._turn:
                for key, part in counted.items():
                    self._hours[key] = part.plus(self._hours[key]) if key in self._hours else part
            raise
        self._counted_s = time.monotonic()

    def _write(self) -> None:
        log = structlog.get_logger()
        waiting: list[ServiceState | HealthEvent] = []
        while not self._stop.is_set():
            try:
                if not self._known.is_set():
                    self._begin(HealthStore(self.pool))
                waiting = self._next(waiting)
                HealthStore(self.pool).record(*waiting)
                waiting = []
                if time.monotonic() - self._counted_s >= COUNT_EVERY_S:
                    self._write_hours()
            except UnavailableError as error:
                log.warning("health_not_recorded", reason=str(error), waiting=len(waiting))
                dropped, waiting = waiting[:-WORDS], waiting[-WORDS:]
                if dropped:
                    log.warning("health_history_lost", words=len(dropped), since=str(dropped[0].at))
                self._stop.wait(TICK_S)
            except Exception:  # words that the record refuses must not leave all later ones untold
                log.exception("health_words_refused", words=len(waiting))
                waiting = []

    def _next(self, waiting: list[ServiceState | HealthEvent]) -> list[ServiceState | HealthEvent]:
        """What waits, and whatever has come; the first one is waited for."""
        if not waiting:
            waiting = [self._words.get()]
        while not self._words.empty():
            waiting.append(self._words.get())
        return waiting

    def _begin(self, store: HealthStore) -> None:
        """Where the last one left off: processes that it knew, kills that it did, and the time without any."""
        at = now()
        store.begin(at)
        last = {word.service: word for word in store.load()}
        known: dict[str, Process] = {}
        for name, word in last.items():
            if word.process is not None and at - word.at < timedelta(seconds=SLOWEST_TURN_S):
                known[name] = word.process
        hour_ago = at - timedelta(seconds=self._rules.remembered_s)
        for name in self._actors:
            kills = [event.at for event in store.failures(hour_ago, name)]
            self._supervisor.resume(name, known.get(name), kills)
        me = known.get(self.name)
        if me is not None and me != this_process():
            told = f"process {this_process().pid} took over from {me.pid}"
            store.record(
                ServiceState(self.name, "starting", told, at, since=last[self.name].at, process=this_process())
            )
        self._known.set()

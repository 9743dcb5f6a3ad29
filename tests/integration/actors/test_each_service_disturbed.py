"""Every service of the platform killed, hung and slowed in turn, and PostgreSQL away: found, back, nothing lost.

Without `INPLAY_DISTURBANCES=all`, which `make chaos` sets, services are only killed and PostgreSQL is only stopped:
each further round takes three to five minutes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import ray
from pydantic import SecretStr

from actors.bootstrap import Actors, bootstrap
from actors.hosts import by_host
from actors.local import OBJECT_STORE_BYTES, dismiss_actors
from actors.service import Service, SignOfLife
from actors.services import in_this_process
from actors.wiring import NAMESPACE, Wiring
from adapters.postgres.health import HealthEvent, HealthStore
from adapters.postgres.migrate import migrate
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.pool import Pool, open_pool, transaction
from adapters.postgres.server import EmbeddedPostgres
from adapters.sample.bundled import load_bars
from cli.run.health_watch import HealthWatch
from tests.fakes.eventually import eventually
from tests.integration.one_process import NOON
from tests.integration.one_process import Platform as OneProcess
from trading.cycle.session import run_session
from trading.errors import UnavailableError
from trading.risk.decision_rules import DecisionRules

CROWDED = min(8.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
"""A process starts later by so much on a machine that others use; the bounds are of one of our own."""
FOUND_S, BACK_S = 10.0 * CROWDED, 30.0 * CROWDED
AWAY_S = 60.0
ALL = os.environ.get("INPLAY_DISTURBANCES") == "all"
STOCKS = ["AAPL", "AMZN", "BAC", "CAT", "GE", "IBM", "INTC", "JPM", "KO", "MSFT", "PG", "XOM"]
SERVICES = frozenset({
    "ingestion", "news", "technical_analysis", "pattern_recognition", "pattern_analysis", "scanner", "paper_trading",
    "reporting", "storage", "checks", "alerting", "model_monitoring", "coordinator", "training_scheduler", "health",
})  # fmt: skip
"""Without `execution`, which is there only with a broker, and is a service like the others."""


@pytest.fixture
def cluster() -> Iterator[None]:
    """A Ray of this test alone."""
    ray.init(
        address="local", namespace=NAMESPACE, num_cpus=2, include_dashboard=False, log_to_driver=False,
        logging_level="error", object_store_memory=OBJECT_STORE_BYTES,
    )  # fmt: skip
    yield
    dismiss_actors()
    ray.shutdown()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of this test alone, which it may kill."""
    server = EmbeddedPostgres(tmp_path / "home")
    made = open_pool(server.start())
    migrate(made)
    made.close()
    yield server
    server.stop()


@pytest.fixture
def own_pool(database: EmbeddedPostgres) -> Iterator[Pool]:
    """Of that PostgreSQL."""
    made = open_pool(database.url)
    yield made
    made.close()


@pytest.fixture
def platform(cluster: None, database: EmbeddedPostgres, own_pool: Pool, tmp_path: Path) -> Iterator[Actors]:  # noqa: ARG001 - it is up
    """All services, and what watches them."""
    actors = bootstrap(Wiring(tmp_path / "home", SecretStr(database.url), 10_000_000))
    assert set(actors.everything) == SERVICES
    with HealthWatch("health", actors.everything["health"], own_pool):
        eventually(lambda: _well(own_pool) >= SERVICES, what="all were asked", timeout_s=60 * CROWDED)
        yield actors


def _well(pool: Pool) -> set[str]:
    return {word.service for word in HealthStore(pool).load() if word.state == "ok"}


def _sign(actor: Service | object) -> SignOfLife:
    return actor.aside(Service.sign_of_life).get(60 * CROWDED)  # type: ignore[attr-defined]


def _mark(pool: Pool) -> int:
    with transaction(pool) as cursor:
        cursor.execute("SELECT max(number) FROM health_events")
        return int(cursor.fetchall()[0][0])


def _events(pool: Pool, service: str, mark: int) -> list[HealthEvent]:
    with transaction(pool) as cursor:
        cursor.execute(
            "SELECT at, service, state, detail FROM health_events WHERE service = %s AND number > %s ORDER BY number",
            [service, mark],
        )
        return [HealthEvent(*row) for row in cursor.fetchall()]


def _killed(pid: int) -> Callable[[], None]:
    os.kill(pid, signal.SIGKILL)
    return lambda: None


def _hung(pid: int) -> Callable[[], None]:
    os.kill(pid, signal.SIGSTOP)
    return lambda: None


def _slowed(pid: int) -> Callable[[], None]:
    """It runs for a twentieth of a second every three, so that its answers come late and do come."""
    ended = threading.Event()

    def turns() -> None:
        with contextlib.suppress(ProcessLookupError):
            while not ended.is_set():
                os.kill(pid, signal.SIGSTOP)
                ended.wait(3.0)
                os.kill(pid, signal.SIGCONT)
                ended.wait(0.05)

    thread = threading.Thread(target=turns, daemon=True)
    thread.start()

    def end() -> None:
        ended.set()
        thread.join(5)

    return end


@pytest.mark.parametrize("disturb", [_killed, *([_hung, _slowed] if ALL else [])])
def test_each_process_disturbed_is_found_in_ten_seconds_and_back_in_thirty(
    platform: Actors, own_pool: Pool, disturb: Callable[[int], Callable[[], None]]
) -> None:
    """One after another, each found by one of its services at once; all services in it are told of, and no others."""
    missing: list[str] = []
    for host, names in by_host(platform.everything).items():
        one = platform.everything[names[0]]
        before, mark, at_s = _sign(one).process, _mark(own_pool), time.monotonic()
        end = disturb(before.pid)
        try:
            _seen(own_pool, names, mark)
            eventually(
                lambda names=names, mark=mark: all(_is_back(own_pool, name, mark) for name in names),  # type: ignore[misc]
                what=f"{host} is back", timeout_s=max(1.0, BACK_S - (time.monotonic() - at_s)),
            )  # fmt: skip
        finally:
            end()
        if _sign(one).process == before:
            missing.append(host)
        told = {name for name in platform.everything if _restarted(own_pool, name, mark)}
        assert told == set(names), host
        assert len({_sign(platform.everything[name]).process for name in names}) == 1
    assert missing == []


def _restarted(pool: Pool, service: str, mark: int) -> bool:
    return any(event.state in {"failed", "starting"} for event in _events(pool, service, mark))


def _is_back(pool: Pool, service: str, mark: int) -> bool:
    return any(event.state == "ok" for event in _events(pool, service, mark))


def _seen(pool: Pool, services: Sequence[str], mark: int) -> None:
    eventually(
        lambda: any(_events(pool, service, mark) for service in services),
        what=f"one of {services} is found", timeout_s=FOUND_S,
    )  # fmt: skip


@contextmanager
def _stopped(database: EmbeddedPostgres) -> Iterator[None]:
    """Each process of the server stands still."""
    server = psutil.Process(database.pid)
    family = [server, *server.children(recursive=True)]
    for one in family:
        one.suspend()
    yield
    for one in reversed(family):
        with contextlib.suppress(psutil.NoSuchProcess):
            one.resume()


@contextmanager
def _dead(database: EmbeddedPostgres) -> Iterator[None]:
    """The server is killed, and started again at the end, as a run does it."""
    server = psutil.Process(database.pid)
    family = [server, *server.children(recursive=True)]
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(family, timeout=20)
    yield
    assert database.restart_if_dead()


def _import(platform: OneProcess) -> list[date]:
    """Some months of twelve stocks of the sample; returns the last sessions, which are to be traded."""
    table = load_bars().table
    first = pc.less_equal(table.column("session"), pa.scalar(date(2010, 6, 30)))
    table = table.filter(pc.and_(first, pc.is_in(table.column("symbol"), pa.array(STOCKS))))
    platform.import_bars("twelve stocks", table)
    return sorted(set(table.column("session").to_pylist()))[-6:]


def _journal(pool: Pool) -> list[tuple[object, ...]]:
    with transaction(pool) as cursor:
        cursor.execute("SELECT session, seq, hash FROM journal ORDER BY seq")
        return cursor.fetchall()


@pytest.fixture
def undisturbed(tmp_path: Path, pool: Pool, empty_url: str) -> OneProcess:
    """The same services in this process, on another record."""
    return OneProcess(tmp_path / "undisturbed", empty_url, pool)


@pytest.mark.parametrize("away", [_stopped, *([_dead] if ALL else [])])
def test_without_its_database_for_a_minute_trading_stops_and_goes_on(
    platform: Actors, own_pool: Pool, database: EmbeddedPostgres, undisturbed: OneProcess,
    away: Callable[[EmbeddedPostgres], AbstractContextManager[None]],
) -> None:  # fmt: skip
    """Nothing is decided in that minute, no service is restarted for it, and the journal is an undisturbed run's."""
    sessions = _import(OneProcess(undisturbed.home.parent / "home", database.url, own_pool))
    for session in sessions[:2]:
        platform.coordinator.run_session(session, None).get()
    before = _journal(own_pool)
    began = datetime.now(UTC)
    with away(database):
        asked = platform.coordinator.run_session(sessions[2], None)
        time.sleep(AWAY_S)
        if away is _dead:
            with pytest.raises(UnavailableError):
                asked.get(5)
        else:
            assert not ray.wait([asked.later], timeout=0)[0]
    if away is _stopped:
        asked.get()
    else:
        eventually(lambda: _connects(own_pool), what="the record answers again")
    assert _journal(own_pool)[: len(before)] == before
    for session in sessions[2:]:
        platform.coordinator.run_session(session, None).get()
    eventually(lambda: _well(own_pool) >= SERVICES, what="all are well", timeout_s=BACK_S)
    assert HealthStore(own_pool).restarts(began) == []

    _import(undisturbed)
    with undisturbed.services() as services:
        local = in_this_process(services)
        for session in sessions:
            run_session(local, session, DecisionRules(), LifecycleStore(undisturbed.pool).begin(session, NOON))
    assert _journal(own_pool) == _journal(undisturbed.pool)


def _connects(pool: Pool) -> bool:
    try:
        return bool(_journal(pool))
    except UnavailableError:
        return False

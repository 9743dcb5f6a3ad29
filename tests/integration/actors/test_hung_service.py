"""Real actors that are stopped, stuck or at work without end: found, killed, back and on record."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import ray
from pydantic import SecretStr

from actors.asking import Actor
from actors.bootstrap import spawn
from actors.health import Health
from actors.service import Service, SignOfLife
from actors.wiring import NAMESPACE, Wiring
from adapters.postgres.health import HealthEvent, HealthStore
from adapters.postgres.pool import Pool
from cli.run.health_watch import HealthWatch
from tests.fakes.eventually import eventually
from tests.fakes.hanging import Other, Replica, Sleeper

CROWDED = min(8.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
"""A process starts later by so much on a machine that others use; the bounds are of one of our own."""
FOUND_S, BACK_S = 15.0 * CROWDED, 30.0 * CROWDED


@pytest.fixture
def cluster() -> Iterator[None]:
    """A Ray of this test alone."""
    ray.init(
        address="local", namespace=NAMESPACE, num_cpus=1, include_dashboard=False, log_to_driver=False,
        logging_level="error",
    )  # fmt: skip
    yield
    ray.shutdown()


@pytest.fixture
def services(cluster: None, pool: Pool, empty_url: str, tmp_path: Path) -> dict[str, Actor[Service]]:  # noqa: ARG001 - it is up
    """Two services that can hang, and Health, which watches them."""
    wiring = Wiring(tmp_path, SecretStr(empty_url), 1)
    watched: dict[str, Actor[Service]] = {one.name: spawn(one, wiring) for one in (Sleeper, Other)}
    found = {**watched, "health": spawn(Health, wiring, watched)}
    eventually(lambda: len(_states(pool)) == 3, what="all were asked", timeout_s=60 * CROWDED)
    return found


def _states(pool: Pool) -> dict[str, str]:
    return {word.service: word.state for word in HealthStore(pool).load() if word.state == "ok"}


def _sign(actor: Actor[Service]) -> SignOfLife:
    return actor.aside(Service.sign_of_life).get(60)


def _mark(pool: Pool) -> int:
    """The number of the last event on record."""
    with pool.connection() as connection:
        return int(connection.execute("SELECT max(number) FROM health_events").fetchall()[0][0])


def _events(pool: Pool, service: str, mark: int) -> list[HealthEvent]:
    """Those of the service after the mark."""
    with pool.connection() as connection:
        rows = connection.execute(
            "SELECT at, service, state, detail FROM health_events WHERE service = %s AND number > %s ORDER BY number",
            [service, mark],
        ).fetchall()
    return [HealthEvent(*row) for row in rows]


def _comes_back(pool: Pool, service: str, mark: int, why: str) -> None:
    """It is found in time for this reason, and back in time, with its own words on record."""
    begun = time.monotonic()
    eventually(
        lambda: [e for e in _events(pool, service, mark) if e.state == "failed"], what="found", timeout_s=FOUND_S
    )
    eventually(lambda: _states(pool).get(service) == "ok", what="back", timeout_s=BACK_S - (time.monotonic() - begun))
    # On a crowded machine a look may find one of Ray's threads waiting for a core: busy first, and stuck a tick later.
    events = [event for event in _events(pool, service, mark) if event.state != "degraded"]
    assert [event.state for event in events] == ["failed", "starting", "ok"]
    assert why in events[0].detail
    # where another starts late, it is said first that this one is gone
    assert "took over from" in events[1].detail or (CROWDED > 1 and "Ray starts another" in events[1].detail)


def test_a_stopped_service_is_found_and_back_and_its_call_is_answered(
    services: dict[str, Actor[Service]], pool: Pool
) -> None:
    """SIGSTOP: the call that was under way is repeated by Ray; the other service is left alone."""
    sleeper, began = services["sleeper"], datetime.now(UTC) - timedelta(seconds=10)
    before, other = _sign(sleeper), _sign(services["other"])
    mark = _mark(pool)
    os.kill(before.process.pid, signal.SIGSTOP)
    call = sleeper.ask("add", 41)
    _comes_back(pool, "sleeper", mark, "a signal has stopped its process")
    assert call.get(BACK_S) == 42
    assert _sign(sleeper).process != before.process
    assert _sign(services["other"]).process == other.process
    store = HealthStore(pool)
    assert [event.service for event in store.restarts(began)] == ["sleeper"]
    up = store.uptimes(datetime.now(UTC), timedelta(hours=24))
    assert 0 < (up["sleeper"].share or 0) < 1
    assert up["other"].share == 1


def test_a_killed_service_is_back_and_on_record(services: dict[str, Actor[Service]], pool: Pool) -> None:
    """SIGKILL: Ray starts it anew by itself."""
    before, began = _sign(services["sleeper"]), datetime.now(UTC) - timedelta(seconds=10)
    os.kill(before.process.pid, signal.SIGKILL)
    eventually(lambda: HealthStore(pool).restarts(began), what="on record", timeout_s=BACK_S)
    assert _sign(services["sleeper"]).process != before.process


def test_a_stuck_service_is_told_from_a_busy_one(
    services: dict[str, Actor[Service]], pool: Pool, tmp_path: Path
) -> None:
    """Its health group deadlocks; work without end is named; seven seconds of work on the processor are nothing."""
    sleeper, other = services["sleeper"], services["other"]
    busy = _sign(other).process
    working = other.ask("work", 7.0)
    mark = _mark(pool)
    sleeper.ask("deadlock").get(30)
    _comes_back(pool, "sleeper", mark, "nothing in it works: it is stuck")
    assert working.get(60) == "done"
    assert _sign(other).process == busy

    mark = _mark(pool)
    call = sleeper.ask("never_end", str(tmp_path / "once"))
    # found within 15 s of the bound for its work, which is 8 s here; then the pause of a second restart, 20 s
    eventually(
        lambda: [e for e in _events(pool, "sleeper", mark) if "at never_end for" in e.detail],
        what="found", timeout_s=8 + FOUND_S,
    )  # fmt: skip
    assert call.get(60) == "ended"


def test_health_that_hangs_is_restarted_by_the_run(services: dict[str, Actor[Service]], pool: Pool) -> None:
    """SIGSTOP on Health itself; afterwards it watches the services as before."""
    health, before = services["health"], _sign(services["health"])
    with HealthWatch("health", health, pool):
        eventually(lambda: _sign(health).process == before.process, what="asked", timeout_s=10)
        mark = _mark(pool)
        time_before = time.monotonic()
        os.kill(before.process.pid, signal.SIGSTOP)
        eventually(
            lambda: [e for e in _events(pool, "health", mark) if e.state == "failed"], what="found", timeout_s=FOUND_S
        )
        eventually(lambda: _states(pool).get("health") == "ok", what="back", timeout_s=BACK_S)
        assert time.monotonic() - time_before < BACK_S
        assert _sign(health).process != before.process
        sleeper, mark = _sign(services["sleeper"]), _mark(pool)
        os.kill(sleeper.process.pid, signal.SIGSTOP)
        eventually(
            lambda: [e for e in _events(pool, "sleeper", mark) if e.state == "failed"],
            what="found by the new one", timeout_s=FOUND_S,
        )  # fmt: skip


def test_a_replica_that_is_stopped_is_killed_too(services: dict[str, Actor[Service]], pool: Pool) -> None:
    """Whatever a signal has stopped among Ray's workers; it is on record, and there is no last word of it."""
    replica = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Replica).remote()
    pid = ray.get(replica.pid.remote())
    began = datetime.now(UTC) - timedelta(seconds=10)
    os.kill(pid, signal.SIGSTOP)
    (told,) = eventually(lambda: HealthStore(pool).restarts(began), what="on record", timeout_s=FOUND_S)
    assert f"process {pid}" in told.detail
    assert ray.get(replica.pid.remote(), timeout=BACK_S) != pid
    assert set(_states(pool)) == set(services)

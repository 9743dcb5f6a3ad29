"""Services that share a process: none waits for another, one that hangs is named, and what outlived a run goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import ray
from pydantic import SecretStr

from actors.asking import Actor
from actors.bootstrap import bootstrap
from actors.health import Health
from actors.host import Made, spawn_host
from actors.hosts import by_host
from actors.local import OBJECT_STORE_BYTES, dismiss_actors
from actors.service import Service, SignOfLife
from actors.wiring import NAMESPACE, Wiring
from adapters.postgres.health import HealthEvent, HealthStore
from adapters.postgres.pool import Pool, transaction
from tests.fakes.eventually import eventually
from tests.fakes.hanging import Other, Sleeper

CROWDED = min(8.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
"""A process starts later by so much on a machine that others use; the bounds are of one of our own."""
FOUND_S, BACK_S = 15.0 * CROWDED, 30.0 * CROWDED


@pytest.fixture
def cluster() -> Iterator[None]:
    """A Ray of this test alone."""
    ray.init(
        address="local", namespace=NAMESPACE, num_cpus=1, include_dashboard=False, log_to_driver=False,
        logging_level="error", object_store_memory=OBJECT_STORE_BYTES,
    )  # fmt: skip
    yield
    dismiss_actors()
    ray.shutdown()


def _hosted(service: str) -> Actor[Service]:
    """Found in the host of these tests."""
    actor: Actor[Service] = Actor(service)
    actor.host = "both"
    return actor


@pytest.fixture
def both(cluster: None, pool: Pool, empty_url: str, tmp_path: Path) -> dict[str, Actor[Service]]:  # noqa: ARG001 - it is up
    """Two services in one process, and Health, which watches them."""
    wiring = Wiring(tmp_path, SecretStr(empty_url), 1)
    spawn_host("both", wiring, [Made(Sleeper), Made(Other)])
    found = {name: _hosted(name) for name in ("sleeper", "other")}
    spawn_host("health", wiring, [Made(Health, (found,))])
    eventually(
        lambda: {word.service for word in HealthStore(pool).load() if word.state == "ok"} >= set(found),
        what="both were asked", timeout_s=60 * CROWDED,
    )  # fmt: skip
    return found


def _sign(actor: Actor[Service]) -> SignOfLife:
    return actor.aside(Service.sign_of_life).get(60 * CROWDED)


def _events(pool: Pool, service: str) -> list[HealthEvent]:
    with transaction(pool) as cursor:
        cursor.execute(
            "SELECT at, service, state, detail FROM health_events WHERE service = %s ORDER BY number", [service]
        )
        return [HealthEvent(*row) for row in cursor.fetchall()]


def test_a_long_call_delays_no_neighbour(both: dict[str, Actor[Service]]) -> None:
    """Five seconds of work on the processor: the neighbour's calls are answered meanwhile, its own wait in order."""
    assert _sign(both["sleeper"]).process == _sign(both["other"]).process
    working, after = both["sleeper"].ask("work", 5.0), both["sleeper"].ask("add", 1)
    began_s = time.monotonic()
    for number in range(5):
        assert both["other"].ask("add", number).get(5 * CROWDED) == number + 1
    assert not ray.wait([working.reference], timeout=0)[0]
    assert not ray.wait([after.reference], timeout=0)[0]
    assert _sign(both["sleeper"]).work == "work"
    assert after.get(60) == 2
    assert time.monotonic() - began_s >= 5.0
    assert working.get(1) == "done"


def test_one_that_works_without_end_is_named_and_its_process_killed_once(
    both: dict[str, Actor[Service]], pool: Pool, tmp_path: Path
) -> None:
    """Its neighbour is restarted with it, which the record says by name; both answer again."""
    before = _sign(both["other"]).process
    call = both["sleeper"].ask("never_end", str(tmp_path / "once"))
    eventually(
        lambda: any("at never_end for" in event.detail for event in _events(pool, "sleeper")),
        what="found", timeout_s=8 + FOUND_S,
    )  # fmt: skip
    assert call.get(BACK_S) == "ended"
    eventually(
        lambda: all(_events(pool, name)[-1].state == "ok" for name in both), what="both are back", timeout_s=BACK_S
    )
    after = _sign(both["other"]).process
    assert after != before
    assert _sign(both["sleeper"]).process == after
    assert [one.state for one in _events(pool, "sleeper")][-3:] == ["failed", "starting", "ok"]
    told = [one for one in _events(pool, "other") if one.state != "ok"]
    assert [one.state for one in told] == ["starting"]
    assert told[0].detail.startswith("restarted with sleeper, whose process both it shares: at never_end for")


def test_one_that_is_stuck_beside_a_busy_neighbour_is_found(both: dict[str, Actor[Service]], pool: Pool) -> None:
    """The process uses its core all the while; that the neighbour answers tells it from a busy one."""
    before = _sign(both["other"]).process
    both["other"].ask("work", 60.0 * CROWDED)
    both["sleeper"].ask("deadlock").get(30 * CROWDED)
    (found,) = eventually(
        lambda: [event for event in _events(pool, "sleeper") if event.state == "failed"],
        what="found", timeout_s=FOUND_S,
    )  # fmt: skip
    assert "others in its process answer: it is stuck" in found.detail
    assert not [event for event in _events(pool, "other") if event.state == "failed"]
    assert _sign(both["other"]).process != before


def test_what_outlived_a_run_is_taken_as_it_is_and_made_anew_when_hosted_otherwise(
    cluster: None, empty_url: str, tmp_path: Path  # noqa: ARG001 - it is up
) -> None:  # fmt: skip
    """The second run finds the first one's processes; with one process for each service there are as many."""
    wiring = Wiring(tmp_path, SecretStr(empty_url), 10_000_000)
    first = bootstrap(wiring)
    hosts = by_host(first.everything)
    assert set(ray.util.list_named_actors()) == set(hosts)
    pids = {name: actor.aside(Service.pid).get() for name, actor in first.everything.items()}
    assert len(set(pids.values())) == len(hosts)
    again = bootstrap(wiring)
    assert {name: actor.aside(Service.pid).get() for name, actor in again.everything.items()} == pids

    other = bootstrap(replace(wiring, hosting="one-each"))
    assert set(ray.util.list_named_actors()) == set(other.everything)
    each = {actor.aside(Service.pid).get(120) for actor in other.everything.values()}
    assert len(each) == len(other.everything)
    assert not each & set(pids.values())

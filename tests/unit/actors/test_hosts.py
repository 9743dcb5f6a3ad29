"""Which services share a process, and what keeps them from each other's way inside it."""

from __future__ import annotations

import threading
from pathlib import Path

from pydantic import SecretStr

from actors.asking import Actor
from actors.bootstrap import SERVICES
from actors.coordinator import Coordinator
from actors.health import Health
from actors.host import Host, Made
from actors.hosts import TOGETHER, by_host, host_of, known_hosts
from actors.service import Service
from actors.training_scheduler import TrainingScheduler
from actors.wiring import Wiring
from tests.fakes.hanging import Other, Sleeper

CLASSES: tuple[type[Service], ...] = (*SERVICES, Coordinator, TrainingScheduler, Health)
NAMES = [one.name for one in CLASSES]
WIRING = Wiring(Path("/nowhere"), SecretStr("postgresql:///nowhere"), 1)
ON_NETWORKS_OR_HEAVY = {"ingestion", "news", "alerting", "storage", "training_scheduler", "reporting", "checks"}


def test_each_service_of_the_table_is_one_of_ours_and_stands_there_once() -> None:
    """A name that is spelt otherwise would leave its service alone without a word."""
    listed = [service for services in TOGETHER.values() for service in services]
    assert len(listed) == len(set(listed))
    assert set(listed) <= set(NAMES)
    assert not set(TOGETHER) & set(NAMES)


def test_health_lives_alone_and_so_does_the_account_at_a_broker() -> None:
    """Who watches doesn't end with what it restarts."""
    for mode in ("few", "one-each"):
        hosts = by_host(NAMES, mode)
        assert hosts["health"] == ["health"]
        assert hosts["execution"] == ["execution"]


def test_money_shares_no_process_with_what_is_heavy_or_follows_a_network() -> None:
    """Nor does who drives the cycle."""
    for service in ("paper_trading", "coordinator", "execution", "health"):
        assert not set(by_host(NAMES)[host_of(service)]) & ON_NETWORKS_OR_HEAVY


def test_one_each_is_a_process_for_every_service() -> None:
    """Each named as its service."""
    assert by_host(NAMES, "one-each") == {name: [name] for name in NAMES}
    assert known_hosts(NAMES) == {*NAMES, *TOGETHER}


def test_a_service_is_found_by_its_host() -> None:
    """Whoever asks it names only the service."""
    assert Actor[Service]("scanner").host == "analysis"
    assert Actor[Service]("scanner", "one-each").host == "scanner"


def test_a_host_calls_the_service_that_was_meant_and_knows_what_it_was_made_of() -> None:
    """Arguments of a service's own may be called as those of the host."""
    host = Host(WIRING, [Made(Sleeper), Made(Other)])
    assert host.call("sleeper", "add", 1) == 2
    assert host.call("other", "add", number=2) == 3
    assert host.is_made_of(WIRING, ["sleeper", "other"])
    assert not host.is_made_of(WIRING, ["sleeper"])
    assert not host.is_made_of(Wiring(Path("/nowhere"), SecretStr("postgresql:///nowhere"), 2), ["sleeper", "other"])


def test_a_sign_of_life_says_that_a_neighbour_works() -> None:
    """The answers of one at rest come late while another holds the interpreter; it is not to blame."""
    host = Host(WIRING, [Made(Sleeper), Made(Other)])
    sleeper = host._services["sleeper"]
    began, ended = threading.Event(), threading.Event()

    def at_work() -> None:
        with sleeper.at_work.at("add"):
            began.set()
            ended.wait(10)

    thread = threading.Thread(target=at_work)
    thread.start()
    began.wait(10)
    assert host.call("other", "sign_of_life").neighbour_works
    assert not host.call("sleeper", "sign_of_life").neighbour_works
    ended.set()
    thread.join()
    assert not host.call("other", "sign_of_life").neighbour_works

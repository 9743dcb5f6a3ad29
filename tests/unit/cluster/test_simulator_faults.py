"""Each fault strikes as written, and nothing else is touched by it."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from cluster.simulator.agenda import VirtualClock
from cluster.simulator.cloud import TOKEN, SimulatedCloud
from cluster.simulator.faults import Fault, FaultKind, Script, SeededFaults
from cluster.simulator.messages import NoAnswerError, Request, Response
from tests.fakes.specification import specification

HEAD = {"name": "head", "size": "s-2vcpu-4gb", "image": "ubuntu-24-04-x64", "region": "nyc1", "tags": ["ray:one"]}
GPU = {"name": "gpu", "size": "gpu-h100x1-80gb", "image": "gpu-h100x1-base", "region": "tor1"}
SPECIFICATION = specification()


class Struck:
    """A cloud in which `kind` strikes the first call that fits."""

    def __init__(self, kind: FaultKind, method: str, path: str = "") -> None:
        self.clock = VirtualClock()
        self.cloud = SimulatedCloud(
            now=self.clock,
            generator=random.Random(3),
            faults=Script([Fault(kind, method=method, path=path)]),
            specification=SPECIFICATION,
        )

    def call(self, method: str, path: str, body: Any = None) -> Response:
        return call(self.cloud, method, path, body)


def call(cloud: SimulatedCloud, method: str, path: str, body: Any = None) -> Response:
    """What the cloud answers."""
    sent = b"" if body is None else json.dumps(body).encode()
    return cloud.answer(Request.of(method, f"/v2/{path}", {"authorization": f"Bearer {TOKEN}"}, sent))


@pytest.mark.parametrize(
    ("kind", "status", "retry_after"),
    [
        (FaultKind.BURST_LIMIT, 429, True),
        (FaultKind.HOUR_LIMIT, 429, False),
        (FaultKind.CAPACITY, 422, False),
        (FaultKind.DROPLET_LIMIT, 422, False),
        (FaultKind.UNAUTHORIZED, 401, False),
        (FaultKind.FORBIDDEN, 403, False),
        (FaultKind.SERVER_ERROR, 500, False),
        (FaultKind.BAD_GATEWAY, 502, False),
    ],
)
def test_a_refused_create_makes_nothing_and_the_next_works(kind: FaultKind, status: int, retry_after: bool) -> None:  # noqa: FBT001
    """The fault strikes once, without an effect."""
    struck = Struck(kind, "POST")
    refused = struck.call("POST", "droplets", HEAD)
    assert (refused.status, "retry-after" in refused.headers) == (status, retry_after)
    assert struck.cloud.left()["droplets"] == []
    assert struck.call("POST", "droplets", HEAD).status == 202
    assert struck.cloud.spec_violations == []


def test_a_capacity_error_names_the_regions_that_have_the_size() -> None:
    """The H100 is sold in two regions of the catalogue; the other one is named."""
    struck = Struck(FaultKind.CAPACITY, "POST")
    refused = json.loads(struck.call("POST", "droplets", GPU).body)
    assert refused["error_attributes"]["available_regions"] == ["nyc2"]


@pytest.mark.parametrize(("kind", "made"), [(FaultKind.TIMEOUT_BEFORE, 0), (FaultKind.TIMEOUT_AFTER, 1)])
def test_a_time_out_hides_whether_the_droplet_was_made(kind: FaultKind, made: int) -> None:
    """The client sees the same; the cloud isn't the same."""
    struck = Struck(kind, "POST")
    with pytest.raises(NoAnswerError):
        struck.call("POST", "droplets", HEAD)
    assert len(struck.cloud.left()["droplets"]) == made
    assert struck.cloud.calls[-1].status is None


def test_a_stale_list_misses_the_new_and_shows_the_gone() -> None:
    """It is the list of 20 seconds ago."""
    struck = Struck(FaultKind.STALE_LIST, "GET", "droplets$")
    old = json.loads(struck.call("POST", "droplets", HEAD).body)["droplet"]["id"]
    struck.clock.sleep(100)
    struck.call("DELETE", f"droplets/{old}")
    struck.clock.sleep(10)
    struck.call("POST", "droplets", {**HEAD, "name": "new"})
    stale, fresh = (json.loads(struck.call("GET", "droplets").body)["droplets"] for _ in range(2))
    assert ([each["name"] for each in stale], [each["name"] for each in fresh]) == (["head"], ["new"])


def test_a_broken_page_is_no_json() -> None:
    """The status says 200 though the body ends too early."""
    struck = Struck(FaultKind.BROKEN_PAGE, "GET")
    answer = struck.call("GET", "sizes")
    assert answer.status == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(answer.body)


def test_late_tags_come_minutes_later() -> None:
    """The droplet is active and has no tag for longer than a create takes."""
    struck = Struck(FaultKind.LATE_TAGS, "POST")
    struck.call("POST", "droplets", HEAD)
    struck.clock.sleep(120)
    assert json.loads(struck.call("GET", "droplets").body)["droplets"][0]["tags"] == []
    struck.clock.sleep(400)
    assert json.loads(struck.call("GET", "droplets").body)["droplets"][0]["tags"] == ["ray:one"]


def test_a_droplet_that_never_becomes_active_costs_money() -> None:
    """After a day it is still new, and 24 hours are on the invoice."""
    struck = Struck(FaultKind.NEVER_ACTIVE, "POST")
    struck.call("POST", "droplets", HEAD)
    struck.clock.sleep(86_400)
    assert json.loads(struck.call("GET", "droplets").body)["droplets"][0]["status"] == "new"
    assert struck.cloud.cost_usd() == pytest.approx(24 * 24 / 672, rel=1e-3)


def test_an_action_that_errors_has_no_effect() -> None:
    """The droplet stays on, and the action says errored."""
    struck = Struck(FaultKind.ACTION_ERRORS, "POST", "actions$")
    droplet_id = json.loads(struck.call("POST", "droplets", HEAD).body)["droplet"]["id"]
    struck.clock.sleep(60)
    action = json.loads(struck.call("POST", f"droplets/{droplet_id}/actions", {"type": "power_off"}).body)["action"]
    struck.clock.sleep(60)
    assert json.loads(struck.call("GET", f"actions/{action['id']}").body)["action"]["status"] == "errored"
    assert json.loads(struck.call("GET", f"droplets/{droplet_id}").body)["droplet"]["status"] == "active"


def test_a_fault_can_wait_for_the_third_call() -> None:
    """Two are skipped, then it strikes twice, then no more."""
    faults = Script([Fault(FaultKind.SERVER_ERROR, method="GET", path="account$", skip=2, times=2)])
    cloud = SimulatedCloud(now=VirtualClock(), generator=random.Random(3), faults=faults, specification=SPECIFICATION)
    assert [call(cloud, "GET", "account").status for _ in range(6)] == [200, 200, 500, 500, 200, 200]


def test_the_log_knows_time_path_and_fault_and_no_token() -> None:
    """What a rehearsal prints of a call holds no secret."""
    struck = Struck(FaultKind.SERVER_ERROR, "GET")
    struck.call("GET", "account")
    logged = struck.cloud.calls[0]
    assert (logged.at, logged.path, logged.fault) == (
        datetime(2026, 11, 23, tzinfo=UTC),
        "/v2/account",
        FaultKind.SERVER_ERROR,
    )
    assert TOKEN not in repr(struck.cloud.calls)


def test_whatever_strikes_the_books_agree() -> None:
    """For 300 seeds of faults at every third call: what is alive is what is billed, and the specification is kept."""
    for seed in range(300):
        clock, generator = VirtualClock(), random.Random(seed)
        cloud = SimulatedCloud(
            now=clock,
            generator=generator,
            faults=SeededFaults(random.Random(-seed - 1), rate=1 / 3),
            specification=SPECIFICATION,
            judged=seed % 20 == 0,
        )
        for number in range(12):
            path, body = generator.choice([("droplets", {**HEAD, "name": f"n{number}"}), ("droplets", None)])
            method = "POST" if body else generator.choice(["GET", "DELETE"])
            alive = cloud.settle().alive()
            if method == "DELETE":
                path = f"droplets/{alive[0].id}" if alive else "droplets?tag_name=ray:one"
            try:
                call(cloud, method, path, body)
            except NoAnswerError:
                assert cloud.calls[-1].fault in (FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER), f"seed {seed}"
            clock.sleep(generator.uniform(0, 60))
        world = cloud.settle()
        billed = {line.resource for line in world.invoice.lines if line.until_at is None}
        assert billed == {f"droplet:{droplet.id}" for droplet in world.alive()}, f"seed {seed}"
        assert cloud.spec_violations == [], f"seed {seed}"

"""The simulated cloud without sockets: states, pages, limits, scopes, prices, the judge."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from cluster.simulator.agenda import VirtualClock
from cluster.simulator.cloud import TOKEN, SimulatedCloud
from cluster.simulator.messages import Request, Response
from cluster.simulator.operations import CALLS
from cluster.simulator.reduction import OPERATIONS
from cluster.simulator.routes import ROUTES
from tests.fakes.specification import ABSENT, specification

HEAD = {"name": "head", "size": "s-2vcpu-4gb", "image": "ubuntu-24-04-x64", "region": "nyc1", "tags": ["ray:one"]}
SPECIFICATION = specification()
judged = pytest.mark.skipif(not SPECIFICATION.judges, reason=ABSENT)


class Account:
    """A cloud, its clock, and calls in one line."""

    def __init__(self, **options: Any) -> None:
        self.clock = VirtualClock()
        generator = options.pop("generator", random.Random(7))
        self.cloud = SimulatedCloud(now=self.clock, generator=generator, specification=SPECIFICATION, **options)

    def call(self, method: str, path: str, body: Any = None, token: str = TOKEN) -> Response:
        sent = b"" if body is None else json.dumps(body).encode()
        return self.cloud.answer(Request.of(method, f"/v2/{path}", {"Authorization": f"Bearer {token}"}, sent))

    def read(self, method: str, path: str, body: Any = None) -> Any:
        return json.loads(self.call(method, path, body).body)


def test_a_droplet_is_new_then_active_then_gone() -> None:
    """202 is no success: the droplet is locked and without address until its time has come."""
    account = Account()
    made = account.read("POST", "droplets", HEAD)
    droplet_id, action = made["droplet"]["id"], made["links"]["actions"][0]["id"]
    assert (made["droplet"]["status"], made["droplet"]["locked"], made["droplet"]["networks"]["v4"]) == (
        "new",
        True,
        [],
    )
    assert account.read("GET", f"actions/{action}")["action"]["status"] == "in-progress"
    account.clock.sleep(45)  # one and a half times the usual 30 seconds
    assert account.read("GET", f"droplets/{droplet_id}")["droplet"]["status"] == "active"
    assert account.read("GET", f"actions/{action}")["action"]["status"] == "completed"
    assert account.call("DELETE", f"droplets/{droplet_id}").status == 204
    assert account.read("GET", f"droplets/{droplet_id}")["droplet"]["locked"]
    account.clock.sleep(5)
    assert account.call("DELETE", f"droplets/{droplet_id}").status == 404
    assert account.cloud.spec_violations == []


def test_tags_come_after_the_creation() -> None:
    """A fresh droplet isn't found by its tag yet, and so is missed by a deletion by tag."""
    account = Account()
    account.call("POST", "droplets", HEAD)
    assert account.read("GET", "droplets?tag_name=ray:one")["meta"]["total"] == 0
    assert account.call("DELETE", "droplets?tag_name=ray:one").status == 204
    account.clock.sleep(60)
    assert account.read("GET", "droplets?tag_name=ray:one")["meta"]["total"] == 1


def test_gpus_cannot_be_listed_by_tag() -> None:
    """The filters can't be combined; the API says so rather than listing nothing."""
    assert Account().call("GET", "droplets?type=gpus&tag_name=ray:one").status == 422


def test_a_powered_off_droplet_is_billed_on() -> None:
    """Two hours and one second, one of them off, are three started hours at the listed price."""
    account = Account()
    droplet_id = account.read("POST", "droplets", HEAD)["droplet"]["id"]
    account.clock.sleep(3_600)
    account.call("POST", f"droplets/{droplet_id}/actions", {"type": "power_off"})
    account.clock.sleep(3_601)
    assert account.read("GET", f"droplets/{droplet_id}")["droplet"]["status"] == "off"
    assert account.cloud.cost_usd() == pytest.approx(3 * 24 / 672, rel=1e-3)


def test_nothing_is_billed_after_destruction() -> None:
    """The cost of a destroyed droplet stays what it was."""
    account = Account()
    droplet_id = account.read("POST", "droplets", HEAD)["droplet"]["id"]
    account.call("DELETE", f"droplets/{droplet_id}")
    account.clock.sleep(60)
    before = account.cloud.cost_usd()
    account.clock.sleep(100_000)
    assert account.cloud.cost_usd() == before == pytest.approx(24 / 672, rel=1e-3)


def test_pages_hold_each_droplet_once() -> None:
    """Seven droplets in pages of three are three pages, whose links lead on and end."""
    account = Account()
    for start in (0, 4):
        names = [f"n{number}" for number in range(start, min(start + 4, 7))]
        body = {key: value for key, value in HEAD.items() if key != "name"}
        assert account.call("POST", "droplets", {**body, "names": names}).status == 202
    pages = [account.read("GET", f"droplets?per_page=3&page={page}") for page in (1, 2, 3)]
    assert [[each["name"] for each in page["droplets"]] for page in pages] == [
        ["n0", "n1", "n2"],
        ["n3", "n4", "n5"],
        ["n6"],
    ]
    assert ["next" in page["links"].get("pages", {}) for page in pages] == [True, True, False]
    assert {page["meta"]["total"] for page in pages} == {7}
    assert account.cloud.spec_violations == []


def test_the_251st_call_of_a_minute_waits() -> None:
    """It is refused with retry-after, and after that wait it is answered."""
    account = Account()
    statuses = [account.call("GET", "account").status for _ in range(251)]
    assert statuses == [200] * 250 + [429]
    wait_s = int(account.call("GET", "account").headers["retry-after"])
    account.clock.sleep(wait_s)
    assert account.call("GET", "account").status == 200
    assert account.cloud.max_calls_per_min() == 252


def test_the_5001st_call_of_an_hour_is_refused_without_retry_after() -> None:
    """The hourly limit names no time to wait."""
    account = Account(judged=False)
    for _ in range(20):
        for _ in range(250):
            account.call("GET", "account")
        account.clock.sleep(61)
    refused = account.call("GET", "account")
    assert (refused.status, "retry-after" in refused.headers) == (429, False)
    assert refused.headers["ratelimit-remaining"] == "0"


def test_keys_are_listed_ten_times_a_minute_at_most() -> None:
    """The eleventh listing is refused, while other calls go on."""
    account = Account()
    assert [account.call("GET", "account/keys").status for _ in range(11)] == [200] * 10 + [429]
    assert account.call("GET", "account").status == 200


def test_a_token_can_do_what_its_scopes_say() -> None:
    """A token for deletions can't create; an unknown token can't do anything."""
    account = Account(tokens={"narrow": frozenset({"droplet:delete", "droplet:read"}), TOKEN: frozenset({"*"})})
    droplet_id = account.read("POST", "droplets", HEAD)["droplet"]["id"]
    assert account.call("POST", "droplets", HEAD, token="narrow").status == 403
    assert account.call("DELETE", f"droplets/{droplet_id}", token="narrow").status == 204
    assert account.call("GET", "droplets", token="wrong").status == 401


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"size": "s-9vcpu"}, "invalid size"),
        ({"region": "mars1"}, "invalid region"),
        ({"image": "plan9"}, "invalid image"),
        ({"size": "gpu-l40sx1-48gb"}, "not available in this region"),
        ({"vpc_uuid": "5a4981aa-9653-4bd1-bef5-d6bff52042e4"}, "does not exist"),
        ({"ssh_keys": [4711]}, "SSH keys"),
    ],
)
def test_what_does_not_exist_cannot_be_bought(change: dict[str, Any], text: str) -> None:
    """The refusal says why, and nothing was made."""
    account = Account()
    refused = account.call("POST", "droplets", {**HEAD, **change})
    assert (refused.status, text in json.loads(refused.body)["message"]) == (422, True)
    assert account.cloud.left()["droplets"] == []


def test_the_droplet_limit_counts_the_whole_batch() -> None:
    """Two where one fits: none is made."""
    account = Account(droplet_limit=1)
    body = {key: value for key, value in HEAD.items() if key != "name"}
    refused = account.read("POST", "droplets", {**body, "names": ["a", "b"]})
    assert "will exceed your droplet limit" in refused["message"]
    assert account.cloud.left()["droplets"] == []


def test_a_vpc_with_members_stays() -> None:
    """Only once its droplet is gone can it be deleted."""
    account = Account()
    vpc = account.read("POST", "vpcs", {"name": "ray", "region": "nyc1"})["vpc"]
    droplet_id = account.read("POST", "droplets", {**HEAD, "vpc_uuid": vpc["id"]})["droplet"]["id"]
    assert account.call("DELETE", f"vpcs/{vpc['id']}").status == 403
    account.call("DELETE", f"droplets/{droplet_id}")
    account.clock.sleep(60)
    assert account.call("DELETE", f"vpcs/{vpc['id']}").status == 204


def test_a_snapshot_boots() -> None:
    """A snapshot of a droplet is an image that another droplet can be made of."""
    account = Account()
    droplet_id = account.read("POST", "droplets", HEAD)["droplet"]["id"]
    account.clock.sleep(60)
    account.call("POST", f"droplets/{droplet_id}/actions", {"type": "snapshot", "name": "baked"})
    account.clock.sleep(60)
    image = account.read("GET", "images?private=true")["images"][0]
    assert account.call("POST", "droplets", {**HEAD, "name": "second", "image": image["id"]}).status == 202
    assert account.cloud.spec_violations == []


@judged
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "droplets", {"name": "no size"}),
        ("POST", "tags", {"name": "a=b"}),
        ("GET", "droplets?per_page=201", None),
        ("GET", "droplets?type=cpus", None),
        ("DELETE", "droplets", None),
        ("POST", "firewalls", {"name": "f", "inbound_rules": [{"protocol": "tcp", "ports": "22"}]}),
        ("GET", "machines", None),
    ],
)
def test_a_request_against_the_specification_is_noticed(method: str, path: str, body: Any) -> None:
    """It is refused and listed."""
    account = Account()
    assert account.call(method, path, body).status in (404, 422)
    assert account.cloud.spec_violations


@judged
def test_an_answer_against_the_specification_is_noticed() -> None:
    """The judge isn't blind: a catalogue with a size without price makes a violation."""
    account = Account()
    del account.cloud.world.catalogue.sizes["s-2vcpu-4gb"]["price_hourly"]
    account.call("GET", "sizes?per_page=200")
    assert any("price_hourly" in each for each in account.cloud.spec_violations)


def test_every_operation_of_the_specification_is_answered() -> None:
    """What is kept of the specification, and what has an answer, are the same."""
    assert {each.operation_id for each in SPECIFICATION.operations.values()} == OPERATIONS == set(ROUTES)


@judged
def test_operations_and_scopes_are_the_specifications() -> None:
    """The table of calls says what DigitalOcean's document says."""
    found = {
        (method, path, each.operation_id, tuple(each.scopes))
        for (method, path), each in SPECIFICATION.operations.items()
    }
    assert found == set(CALLS)


def test_without_the_document_it_answers_and_judges_nothing() -> None:
    """A machine is made and listed; a body that can't be read is refused all the same."""
    account = Account()
    account.cloud = SimulatedCloud(now=account.clock, generator=random.Random(1))
    assert account.call("POST", "droplets", HEAD).status == 202
    assert account.call("POST", "firewalls", {"inbound_rules": 3}).status == 422
    assert account.cloud.spec_violations == []


def test_the_same_seed_gives_the_same_cloud() -> None:
    """Ids, latencies and answers are a function of the seed."""

    def story() -> list[bytes]:
        account = Account()
        answers = [account.call("POST", "droplets", HEAD).body]
        for _ in range(10):
            account.clock.sleep(7)
            answers.append(account.call("GET", "droplets").body)
        return answers

    assert story() == story()

"""The provider against a small cloud: exactly-once creation, teardown, strangers, lost answers, caps."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from ray.autoscaler.node_launch_exception import NodeLaunchException

from cluster.api import DigitalOcean
from cluster.errors import ApiError, ClusterError, LeftoverError
from cluster.names import name_of
from cluster.provider import DigitalOceanNodeProvider
from cluster.spend_ledger import SpendLedger, ledger_path
from tests.fakes.cloud import TOKEN, FakeClock, FakeCloud, Reply

END_POINT = "https://api.example/v2/"
HEAD = {"size": "s-2vcpu-4gb", "image": "ubuntu-24-04-x64"}
WORKER = {"size": "gpu-h100x1-80gb", "image": "gpu-h100x1-base", "max_hours": 4}
HEAD_TAGS = {"ray-node-type": "head", "ray-user-node-type": "ray.head", "ray-launch-config": "abc"}
WORKER_TAGS = {
    "ray-node-type": "worker",
    "ray-user-node-type": "ray.worker.GPU",
    "ray-launch-config": "def",
    "ray-launch-request": "11111111-2222",
    "ray-node-status": "uninitialized",
}
REFUSED = {"id": "unprocessable_entity", "message": "Size is currently unavailable in this region"}


def config(folder: Path, **more: Any) -> dict[str, Any]:
    """The `provider` section of a small cluster."""
    caps = {"usd_per_h": 20, "usd_per_session": 100, "usd_per_month": 200}
    provider = {"region": "tor1", "admin_cidrs": ["203.0.113.7/32"], "spend_caps": caps, "ledger_folder": str(folder)}
    return provider | {"ssh_public_key_text": "ssh-ed25519 AAAA test"} | more


def open_provider(cloud: FakeCloud, folder: Path, **more: Any) -> DigitalOceanNodeProvider:
    """A provider of its own process, with a budget of requests of its own."""
    api = DigitalOcean(TOKEN, clock=cloud.clock, open_session=cloud.session, end_point=END_POINT)
    return DigitalOceanNodeProvider(config(folder, **more), "demo", api=api, clock=cloud.clock, new_id=lambda: "fixed")


def client(cloud: FakeCloud) -> DigitalOcean:
    """A client of the small cloud."""
    return DigitalOcean(TOKEN, clock=cloud.clock, open_session=cloud.session, end_point=END_POINT)


@pytest.fixture
def cloud() -> FakeCloud:
    """An empty account."""
    return FakeCloud(FakeClock())


def on(wanted: str, times: int, effect: Callable[[], Exception]) -> Callable[[str, str, int], None]:
    """A fault on the first `times` requests `METHOD path`."""
    left = [times]

    def fault(method: str, path: str, _number: int) -> None:
        if f"{method} {path}" == wanted and left[0]:
            left[0] -= 1
            raise effect()

    return fault


def test_the_firewall_is_there_before_the_first_machine(cloud: FakeCloud, tmp_path: Path) -> None:
    """The firewall is there before the first machine."""
    open_provider(cloud, tmp_path).create_node(HEAD, HEAD_TAGS, 1)
    posts = [path for method, path, _ in cloud.requests if method == "POST"]
    assert posts == ["tags", "vpcs", "firewalls", "account/keys", "droplets"]
    (firewall,) = cloud.things["firewalls"].values()
    assert firewall["tags"] == ["inplay-cluster:demo"]
    from_outside = [rule for rule in firewall["inbound_rules"] if rule["sources"]["addresses"] != ["10.0.0.0/20"]]
    assert from_outside == [{"protocol": "tcp", "ports": "22", "sources": {"addresses": ["203.0.113.7/32"]}}]


def test_machines_with_and_without_gpus_are_listed_with_rays_tags(cloud: FakeCloud, tmp_path: Path) -> None:
    """Machines with and without GPUs are listed with Ray's tags."""
    provider = open_provider(cloud, tmp_path)
    provider.create_node(HEAD, HEAD_TAGS, 1)
    provider.create_node_with_resources_and_labels(WORKER, WORKER_TAGS, 1, {}, {})
    (worker,) = provider.non_terminated_nodes({"ray-node-type": "worker"})
    assert len(provider.non_terminated_nodes({})) == 2
    assert WORKER_TAGS.items() <= provider.node_tags(worker).items()
    # Another process, such as the monitor after a restart, knows them from the machine alone.
    again = open_provider(cloud, tmp_path)
    again.non_terminated_nodes({})
    assert again.node_tags(worker)["ray-user-node-type"] == "ray.worker.GPU"
    assert again.node_tags(worker)["ray-launch-request"] == "11111111-2222"


def test_a_machine_without_its_tags_is_listed_and_not_yet_running(cloud: FakeCloud, tmp_path: Path) -> None:
    """A machine without its tags is listed and not yet running."""
    cloud.tags_late = True
    provider = open_provider(cloud, tmp_path)
    (worker,) = provider.create_node(WORKER, WORKER_TAGS, 1)
    assert provider.non_terminated_nodes(WORKER_TAGS) == [worker]
    assert not provider.is_running(worker)
    assert provider.internal_ip(worker) is None
    cloud.droplets[int(worker)]["tags"] = ["inplay-cluster:demo"]
    provider.non_terminated_nodes({})
    assert provider.is_running(worker)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_makes_one_machine_and_no_second(cloud: FakeCloud, tmp_path: Path, when: str) -> None:
    """A lost answer makes one machine and no second."""
    setattr(cloud, when, on("POST droplets", 1, requests.ReadTimeout))
    made = open_provider(cloud, tmp_path).create_node(WORKER, WORKER_TAGS, 1)
    assert [str(number) for number in cloud.droplets] == list(made)


def test_the_parts_of_one_large_request_are_different_machines(cloud: FakeCloud, tmp_path: Path) -> None:
    """The parts of one large request are different machines."""
    provider = open_provider(cloud, tmp_path)
    first = provider.create_node(WORKER, WORKER_TAGS, 2)
    second = provider.create_node(WORKER, WORKER_TAGS, 2)
    assert len(first | second) == 4
    assert len(cloud.droplets) == 4


def test_two_operators_end_with_one_head(cloud: FakeCloud, tmp_path: Path) -> None:
    """Two operators end with one head."""
    one, two = open_provider(cloud, tmp_path / "a"), open_provider(cloud, tmp_path / "b")
    one.create_node(HEAD, HEAD_TAGS, 1)
    (number, droplet) = next(iter(cloud.droplets.items()))
    cloud.add(droplet["name"], tags=droplet["tags"])  # what a second `ray up` makes that looked at the same moment
    assert one.non_terminated_nodes({}) == [str(number)]
    assert two.non_terminated_nodes({}) == [str(number)]
    assert list(cloud.droplets) == [number]


def test_an_old_list_does_not_make_a_known_machine_gone(cloud: FakeCloud, tmp_path: Path) -> None:
    """An old list does not make a known machine gone."""
    provider = open_provider(cloud, tmp_path)
    made = provider.create_node(WORKER, WORKER_TAGS, 1)

    def empty_lists(method: str, path: str, _number: int) -> None:
        if (method, path) == ("GET", "droplets"):
            raise Reply(200, {"droplets": [], "meta": {"total": 0}})

    cloud.before = empty_lists
    assert provider.non_terminated_nodes({}) == list(made)


def test_a_failing_page_is_an_error_and_not_a_shorter_list(cloud: FakeCloud, tmp_path: Path) -> None:
    """A failing page is an error and not a shorter list."""
    provider = open_provider(cloud, tmp_path)
    cloud.per_page = 1
    for index in range(2):
        cloud.add(str(name_of("demo", "worker", "t", "r", index)))
    lists = []

    def second_page(method: str, path: str, _number: int) -> None:
        lists.append(path)
        if method == "GET" and len(lists) > 1:
            raise Reply(502, "<html>Bad Gateway</html>")

    cloud.before = second_page
    with pytest.raises(ApiError, match="502"):
        provider.non_terminated_nodes({})


def test_a_stranger_is_neither_listed_nor_destroyed(cloud: FakeCloud, tmp_path: Path) -> None:
    """A stranger is neither listed nor destroyed."""
    provider = open_provider(cloud, tmp_path)
    strangers = [
        cloud.add("web", tags=["inplay-cluster:demo"]),
        cloud.add("inplay-demo-w-0123456789ab-0-00000000"),
        cloud.add(str(name_of("other", "worker", "t", "r", 0))),
    ]
    provider.create_node(HEAD, HEAD_TAGS, 1)
    for stranger in strangers:
        with pytest.raises(ClusterError, match="left alone"):
            provider.terminate_node(str(stranger))
    provider.cleanup_cluster_resources()
    assert list(cloud.droplets) == strangers


def test_ray_down_leaves_nothing(cloud: FakeCloud, tmp_path: Path) -> None:
    """Ray down leaves nothing."""
    provider = open_provider(cloud, tmp_path)
    provider.create_node(HEAD, HEAD_TAGS, 1)
    provider.create_node(WORKER, WORKER_TAGS, 2)
    provider.cleanup_cluster_resources()
    assert cloud.droplets == {}
    assert all(things == {} for things in cloud.things.values())
    assert SpendLedger(ledger_path(str(tmp_path), "demo")).path.exists()


def keep(provider: DigitalOceanNodeProvider, least: int) -> None:
    """What `ray down --keep-min-workers` asks a provider, in Ray 2.60: the head and all but `least` workers go."""

    def remaining() -> list[str]:
        workers = provider.nodes_for_teardown({"ray-node-type": "worker"})
        gone = workers[: len(workers) - least] if len(workers) > least else []
        return provider.nodes_for_teardown({"ray-node-type": "head"}) + gone

    while left := remaining():
        provider.terminate_nodes(left)
    provider.cleanup_cluster_resources()


@pytest.mark.parametrize(("least", "stay"), [(0, 0), (1, 1), (2, 2), (5, 3)])
def test_ray_down_keeps_as_many_workers_as_it_means_to(
    cloud: FakeCloud, tmp_path: Path, caplog: pytest.LogCaptureFixture, least: int, stay: int
) -> None:
    """The kept ones stay behind their firewall, named with what they cost; a plain `ray down` takes them, too."""
    provider = open_provider(cloud, tmp_path)
    provider.create_node(HEAD, HEAD_TAGS, 1)
    provider.create_node(WORKER, WORKER_TAGS, 3)
    keep(provider, least)
    assert ["-w-" in name for name in cloud.names()] == [True] * stay
    assert [len(cloud.things[kind]) for kind in ("vpcs", "firewalls", "account/keys")] == [min(stay, 1)] * 3
    assert [name in caplog.text for name in cloud.names()] == [True] * stay
    assert (f"${stay * 3.39:.3f} an hour" in caplog.text) == bool(stay)
    keep(open_provider(cloud, tmp_path), 0)
    assert cloud.droplets == {}
    assert all(things == {} for things in cloud.things.values())


def test_a_worker_that_comes_after_the_last_look_is_not_kept(cloud: FakeCloud, tmp_path: Path) -> None:
    """What the head's autoscaler still made while `ray down` ran goes, kept ones or not."""
    provider = open_provider(cloud, tmp_path)
    provider.create_node(HEAD, HEAD_TAGS, 1)
    (kept,) = provider.create_node(WORKER, WORKER_TAGS, 1)
    provider.nodes_for_teardown({"ray-node-type": "worker"})
    provider.terminate_nodes(provider.nodes_for_teardown({"ray-node-type": "head"}))
    cloud.add(str(name_of("demo", "worker", "t", "late", 0)))
    provider.cleanup_cluster_resources()
    assert list(cloud.droplets) == [int(kept)]


def test_one_answer_that_a_machine_is_missing_makes_no_other(cloud: FakeCloud, tmp_path: Path) -> None:
    """An empty list and one 404 for its number don't make a running machine gone."""
    provider = open_provider(cloud, tmp_path)
    (made,) = provider.create_node(WORKER, WORKER_TAGS, 1)
    missing = [1]

    def momentarily(method: str, path: str, _number: int) -> None:
        if (method, path) == ("GET", "droplets"):
            raise Reply(200, {"droplets": [], "meta": {"total": 0}})
        if (method, path) == ("GET", f"droplets/{made}") and missing:
            missing.pop()
            raise Reply(404, {"id": "not_found", "message": "not found"})

    cloud.before = momentarily
    assert provider.non_terminated_nodes({}) == [made]
    assert not missing


def test_a_429_that_made_a_machine_all_the_same_makes_no_second(cloud: FakeCloud, tmp_path: Path) -> None:
    """Whatever a refusal says, the machine is looked for before it is asked for again."""
    cloud.after = on("POST droplets", 1, lambda: Reply(429, {"id": "too_many_requests", "message": "slow down"}))
    made = open_provider(cloud, tmp_path).create_node(WORKER, WORKER_TAGS, 1)
    assert [str(number) for number in cloud.droplets] == list(made)


def test_a_key_that_was_there_before_stays(cloud: FakeCloud, tmp_path: Path) -> None:
    """A key that was there before stays."""
    cloud.things["account/keys"]["5"] = {"id": 5, "name": "mine", "public_key": "ssh-ed25519 AAAA laptop"}
    provider = open_provider(cloud, tmp_path)
    provider.create_node(HEAD, HEAD_TAGS, 1)
    provider.cleanup_cluster_resources()
    assert list(cloud.things["account/keys"]) == ["5"]


def test_a_network_that_cannot_go_is_named(cloud: FakeCloud, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A network that cannot go is named."""
    provider = open_provider(cloud, tmp_path)
    provider.create_node(HEAD, HEAD_TAGS, 1)

    def default_network(method: str, path: str, _number: int) -> None:
        if method == "DELETE" and path.startswith("vpcs/"):
            raise Reply(403, {"id": "forbidden", "message": "Can not delete default VPC"})

    cloud.before = default_network
    with pytest.raises(LeftoverError, match="default VPC"):
        provider.cleanup_cluster_resources()
    assert "left something behind" in caplog.text


def test_a_machine_over_the_cap_is_refused_before_it_is_asked_for(cloud: FakeCloud, tmp_path: Path) -> None:
    """A machine over the cap is refused before it is asked for."""
    caps = {"usd_per_h": 4, "usd_per_session": 100, "usd_per_month": 200}
    provider = open_provider(cloud, tmp_path, spend_caps=caps)
    provider.create_node(WORKER, WORKER_TAGS, 1)
    # 2 x $3.39 an hour
    with pytest.raises(NodeLaunchException, match=r"\$6\.78 an hour; the cap is \$4\.00"):
        provider.create_node(WORKER, WORKER_TAGS | {"ray-launch-request": "again"}, 1)
    assert len(cloud.droplets) == 1


def test_a_fallback_is_taken_and_the_sold_out_size_left_alone(cloud: FakeCloud, tmp_path: Path) -> None:
    """A fallback is taken and the sold out size left alone."""
    sold_out: list[str] = []

    def no_h100(method: str, path: str, number: int) -> None:
        if (method, path) == ("POST", "droplets") and cloud.requests[number][2]["size"] == "gpu-h100x1-80gb":
            sold_out.append(path)
            raise Reply(422, REFUSED)

    cloud.before = no_h100
    provider = open_provider(cloud, tmp_path)
    node = WORKER | {"fallback_sizes": ["gpu-l40sx1-48gb"]}
    provider.create_node(node, WORKER_TAGS, 2)
    assert [each["size_slug"] for each in cloud.droplets.values()] == ["gpu-l40sx1-48gb"] * 2
    with pytest.raises(NodeLaunchException, match="isn't asked for for another"):
        provider.create_node(WORKER, WORKER_TAGS, 1)
    assert len(sold_out) == 1


def test_the_token_is_in_no_log_no_error_and_no_tag(
    cloud: FakeCloud, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The token is in no log no error and no tag."""
    caplog.set_level(logging.DEBUG)
    provider = open_provider(cloud, tmp_path)
    provider.create_node(WORKER, WORKER_TAGS, 1)
    cloud.before = on("GET droplets", 1, lambda: Reply(403, {"id": "forbidden", "message": f"{TOKEN} lacks a scope"}))
    with pytest.raises(ApiError) as caught:
        provider.non_terminated_nodes({})
    assert set(cloud.authorizations) == {f"Bearer {TOKEN}"}  # so it was there to be shown
    shown = [str(caught.value), repr(caught.value), caplog.text, repr(provider._api), str(cloud.requests)]
    assert not [text for text in shown if TOKEN in text]


def test_a_terminated_machine_is_gone_from_the_account_and_the_list(cloud: FakeCloud, tmp_path: Path) -> None:
    """A terminated machine is gone from the account and the list."""
    provider = open_provider(cloud, tmp_path)
    one, two = provider.create_node(WORKER, WORKER_TAGS, 2)
    provider.terminate_node(one)
    assert list(cloud.droplets) == [int(two)]
    assert provider.non_terminated_nodes({}) == [two]
    assert provider.is_terminated(one)
    with_stop = [(entry.event, str(entry.machine_id)) for entry in SpendLedger(tmp_path / "spend-demo.jsonl").entries()]
    assert with_stop == [("started", one), ("started", two), ("stopping", one), ("stopped", one)]

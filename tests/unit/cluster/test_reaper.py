"""The reaper looks twice: what is missing from a list, off, or being replaced for a moment costs nothing in use."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cluster.absences import LONGEST_GAP_S, Absences
from cluster.errors import ApiError
from cluster.machines import list_machines
from cluster.off import off_since_s, off_text, off_usd
from cluster.provider import DigitalOceanNodeProvider
from cluster.reaper import ORPHAN_AFTER_S, condemn, off_heads, sweep, sweep_noted
from tests.fakes.cloud import FakeClock, FakeCloud, Reply
from tests.unit.cluster.test_provider import HEAD, HEAD_TAGS, WORKER, WORKER_TAGS, client, open_provider

QUARTER_S = 900.0


def in_use(folder: Path) -> tuple[FakeCloud, DigitalOceanNodeProvider, int, int]:
    """A cluster whose head was set up and whose GPU has run for an hour; the numbers of both."""
    cloud = FakeCloud(FakeClock())
    provider = open_provider(cloud, folder)
    (head,) = provider.create_node(HEAD, HEAD_TAGS, 1)
    provider.set_node_tags(head, {"ray-node-status": "up-to-date"})
    droplet = cloud.droplets[int(head)]
    droplet["tags"] = [each for each in droplet["tags"] if "unfinished" not in each]
    (worker,) = provider.create_node(WORKER, WORKER_TAGS, 1)
    cloud.clock.sleep(3_600)
    return cloud, provider, int(head), int(worker)


def test_a_head_that_is_off_costs_no_gpu_and_is_named(tmp_path: Path) -> None:
    """In a power cycle, a snapshot or a resize the GPU goes on; what the head costs off is named each time."""
    cloud, _, head, worker = in_use(tmp_path)
    cloud.droplets[head]["status"] = "off"
    absences = Absences(tmp_path / "notes")
    for _ in range(8):
        swept = sweep_noted(client(cloud), cloud.clock, absences)
        assert (swept.reaped, swept.waiting) == ([], [])
        assert [each.id for each in swept.off] == [head]
        cloud.clock.sleep(QUARTER_S)
    assert worker in cloud.droplets
    api = client(cloud)
    (off,) = off_heads(list_machines(api))
    assert off_since_s(api, off) is None
    text = off_text(off, None, api.now_s())
    assert "since when DigitalOcean doesn't say" in text
    assert "$24.00 a month" in text
    assert "reap --cluster demo --all" in text


def test_a_head_that_is_off_for_months_is_named_and_its_worker_goes_at_its_deadline(tmp_path: Path) -> None:
    """The deadline of the worker holds whatever the head does, and the head stays, with its data."""
    cloud, _, head, worker = in_use(tmp_path)
    cloud.droplets[head]["status"] = "off"
    cloud.clock.sleep(60 * 86_400)
    swept = sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes"))
    assert [each.machine.id for each in swept.reaped] == [worker]
    assert [each.id for each in swept.off] == [head]
    assert list(cloud.droplets) == [head]


def test_a_worker_goes_once_its_head_was_missing_for_a_quarter_of_an_hour(tmp_path: Path) -> None:
    """The first run notes it, the next one a quarter of an hour later destroys; each run is a process of its own."""
    cloud, _, head, worker = in_use(tmp_path)
    assert sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes")).waiting == []
    del cloud.droplets[head]
    gone_at_s = cloud.clock.now_s()
    swept = sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes"))
    assert (swept.reaped, [each.machine.id for each in swept.waiting]) == ([], [worker])
    cloud.clock.time_s = gone_at_s + QUARTER_S
    swept = sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes"))
    assert [(each.machine.id, each.reason) for each in swept.reaped] == [(worker, "its cluster has no head")]
    assert cloud.droplets == {}


def test_the_quarter_of_an_hour_begins_with_the_head_and_not_with_a_young_worker(tmp_path: Path) -> None:
    """A head that goes a minute after its worker was made is noted at once, so the run after next isn't needed."""
    cloud = FakeCloud(FakeClock())
    provider = open_provider(cloud, tmp_path)
    (head,) = provider.create_node(HEAD, HEAD_TAGS, 1)
    (worker,) = provider.create_node(WORKER, WORKER_TAGS, 1)
    del cloud.droplets[int(head)]
    assert sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes")).reaped == []
    cloud.clock.sleep(QUARTER_S + 60)
    swept = sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes"))
    assert [each.machine.id for each in swept.reaped] == [int(worker)]


def test_a_head_that_is_replaced_between_two_runs_costs_no_gpu(tmp_path: Path) -> None:
    """The time that the head is missing counts, not the age of the worker: a head that came back starts it anew."""
    cloud, _, head, worker = in_use(tmp_path)
    for _ in range(6):
        kept = cloud.droplets.pop(head)
        sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes"))
        cloud.clock.sleep(QUARTER_S / 2)
        cloud.droplets[head] = kept
        sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes"))
        cloud.clock.sleep(QUARTER_S / 2)
        assert worker in cloud.droplets


def test_a_note_of_last_week_condemns_nobody(tmp_path: Path) -> None:
    """Between two looks far apart nobody knows what was there, so a head missing at both counts from the second on."""
    cloud, _, head, worker = in_use(tmp_path)
    cloud.droplets[worker]["tags"] = [each for each in cloud.droplets[worker]["tags"] if "until" not in each]
    del cloud.droplets[head]
    sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes"))
    cloud.clock.sleep(LONGEST_GAP_S + 60)
    assert sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes")).reaped == []
    cloud.clock.sleep(QUARTER_S)
    assert [e.machine.id for e in sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes")).reaped] == [
        worker
    ]


@pytest.mark.parametrize("empty", ["the list of heads", "both lists", "an error"])
def test_a_list_that_is_wrong_for_a_moment_destroys_nothing(tmp_path: Path, empty: str) -> None:
    """An empty list, of heads or of all, or an error, destroys neither machine nor network, firewall and key."""
    cloud, _, _, _ = in_use(tmp_path)
    for things in cloud.things["vpcs"].values():
        things["created_at"] = "2020-01-01T00:00:00Z"  # old enough to be taken for a left-over
    before = {each: set(things) for each, things in cloud.things.items()}, set(cloud.droplets)
    until_s = cloud.clock.now_s() + 20
    asked = [0]

    def momentarily(method: str, path: str, _number: int) -> None:
        if (method, path) == ("GET", "droplets") and cloud.clock.now_s() <= until_s:
            asked[0] += 1
            if empty == "an error":
                raise Reply(403, {"id": "forbidden", "message": "for a moment"})
            if empty == "both lists" or asked[0] % 2:  # of machines without GPUs, then of those with
                raise Reply(200, {"droplets": [], "meta": {"total": 0}})

    cloud.before = momentarily
    with pytest.raises(ApiError) if empty == "an error" else nullcontext():
        assert sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes")).reaped == []
    assert asked[0]
    assert ({each: set(things) for each, things in cloud.things.items()}, set(cloud.droplets)) == before


def test_a_machine_gets_its_tags_between_two_looks(tmp_path: Path) -> None:
    """Tags that come late, and a head that is finished while the reaper looks, save the machine."""
    cloud, provider, _, worker = in_use(tmp_path)
    tags, cloud.droplets[worker]["tags"] = cloud.droplets[worker]["tags"], []
    assert condemn(list_machines(client(cloud)), cloud.clock.now_s())

    class Tagging(FakeClock):
        def sleep(self, duration_s: float) -> None:
            cloud.droplets[worker]["tags"] = tags
            cloud.clock.sleep(duration_s)

        def now_s(self) -> float:
            return cloud.clock.now_s()

    assert sweep(client(cloud), Tagging()) == []
    assert len(provider.non_terminated_nodes({})) == 2


@pytest.mark.parametrize("content", [b"", b"\0\0", b"[1, 2]", b'{"demo": 5}', b'{"demo": ["x", 1]}', b"\xff"])
def test_notes_that_cannot_be_read_only_start_anew(tmp_path: Path, content: bytes) -> None:
    """Whatever the file holds, the next look is the first one."""
    (tmp_path / "notes").write_bytes(content)
    absences = Absences(tmp_path / "notes")
    assert absences.note({"demo"}, 1_000.0) == {"demo": 0.0}
    assert json.loads((tmp_path / "notes").read_text(encoding="utf-8")) == {"demo": [1_000.0, 1_000.0]}


def test_where_notes_cannot_be_kept_the_second_look_follows_in_the_same_run(tmp_path: Path) -> None:
    """On a full disk an orphan goes all the same, after a quarter of an hour in which its head stayed away."""
    cloud, _, head, worker = in_use(tmp_path)
    cloud.droplets[worker]["tags"] = [each for each in cloud.droplets[worker]["tags"] if "until" not in each]
    del cloud.droplets[head]
    (tmp_path / "file").write_text("", encoding="utf-8")
    began_s = cloud.clock.now_s()
    swept = sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "file" / "notes"))
    assert [each.machine.id for each in swept.reaped] == [worker]
    assert cloud.clock.now_s() - began_s >= ORPHAN_AFTER_S


def test_looking_at_one_cluster_keeps_what_is_known_of_others(tmp_path: Path) -> None:
    """A run for one cluster doesn't start the quarter of an hour of another anew."""
    cloud, _, head, worker = in_use(tmp_path)
    del cloud.droplets[head]
    sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes"))
    cloud.clock.sleep(QUARTER_S)
    sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes"), "other")
    assert worker in cloud.droplets
    swept = sweep_noted(client(cloud), cloud.clock, Absences(tmp_path / "notes"))
    assert [each.machine.id for each in swept.reaped] == [worker]


def test_since_when_a_head_is_off_and_what_that_cost(tmp_path: Path) -> None:
    """The latest action that switched it off counts; ten hours at $0.03571, and no month above $24."""
    cloud, _, head, _ = in_use(tmp_path)
    cloud.droplets[head]["status"] = "off"
    api = client(cloud)
    (machine,) = off_heads(list_machines(api))
    now_s = api.now_s()
    times = [("power_off", now_s - 99_000), ("power_on", now_s - 50_000), ("shutdown", now_s - 36_000)]
    cloud.actions = [
        {"type": kind, "completed_at": datetime.fromtimestamp(at_s, UTC).isoformat()} for kind, at_s in times
    ] + [{"type": "power_off", "completed_at": None}]
    since_s = off_since_s(api, machine)
    assert since_s == pytest.approx(now_s - 36_000)
    cost_usd = 10 * machine.price_usd_per_h
    assert off_usd(machine, since_s, now_s) == pytest.approx(cost_usd)
    assert f"which has cost ${cost_usd:.2f}" in off_text(machine, since_s, now_s)
    march, may = (datetime(2026, month, 1, tzinfo=UTC).timestamp() for month in (3, 5))
    assert off_usd(machine, march, may) == pytest.approx(2 * 24, abs=0.5)

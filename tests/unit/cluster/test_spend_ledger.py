"""The record of costs with full disks, torn lines and two writers: what can be read counts, control never waits."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from ray.autoscaler.node_launch_exception import NodeLaunchException

from cluster.errors import BookingError
from cluster.spend_ledger import Entry, Event, SpendLedger, ledger_path
from tests.fakes.cloud import FakeClock, FakeCloud, Reply
from tests.unit.cluster.test_provider import HEAD, HEAD_TAGS, WORKER, WORKER_TAGS, open_provider

ROOT = Path(__file__).parents[3]
AGAIN = WORKER_TAGS | {"ray-launch-request": "2222"}
AT_S = 1_790_000_000.0


def entry(number: int, event: Event = "started", at_s: float = AT_S) -> Entry:
    """A GPU's entry."""
    return Entry(event, at_s, number, f"inplay-demo-w-{number}", "worker", "gpu-h100x1-80gb", 3.39, 2_522.16)


def line(number: int, event: Event = "started", **more: Any) -> bytes:
    """The same as it stands in the file."""
    return json.dumps(asdict(entry(number, event)) | more).encode() + b"\n"


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets how many bytes the disk still takes beyond what a file has, and with which error it ends; None: all."""
    write, room = os.pwrite, [None, errno.ENOSPC]

    def limited(handle: int, content: bytes, offset: int) -> int:
        beyond = offset + len(content) - os.fstat(handle).st_size
        if room[0] is None or beyond <= 0:
            return write(handle, content, offset)
        if room[0] == 0:
            raise OSError(room[1], os.strerror(room[1]))
        done = write(handle, content[: room[0]], offset)
        room[0] -= done
        return done

    def set_room(left: int | None, number: int = errno.ENOSPC) -> None:
        room[:] = [left, number]

    monkeypatch.setattr(os, "pwrite", limited)
    return set_room


@pytest.mark.parametrize("left", [0, 100])
def test_with_a_full_disk_nothing_is_created_and_everything_can_be_destroyed(
    tmp_path: Path, full: Callable[..., None], left: int
) -> None:
    """No GPU is asked for, the idle one goes, lists answer, and what waited is on record once the disk has room."""
    cloud = FakeCloud(FakeClock())
    provider = open_provider(cloud, tmp_path)
    provider.create_node(HEAD, HEAD_TAGS, 1)
    (gpu,) = provider.create_node(WORKER, WORKER_TAGS, 1)
    full(left)
    cloud.clock.sleep(7_200)
    provider.terminate_node(gpu)
    assert len(provider.non_terminated_nodes({})) == 1
    posts = len([1 for method, path, _ in cloud.requests if (method, path) == ("POST", "droplets")])
    with pytest.raises(NodeLaunchException, match="No machine was created"):
        provider.create_node(WORKER, AGAIN, 1)
    assert len([1 for method, path, _ in cloud.requests if (method, path) == ("POST", "droplets")]) == posts
    full(None)
    stopped_at_s = cloud.clock.now_s()
    cloud.clock.sleep(3_600)
    provider.non_terminated_nodes({})
    books = SpendLedger(ledger_path(str(tmp_path), "demo"))
    stops = [each for each in books.entries() if each.event == "stopped"]
    assert [each.machine_id for each in stops] == [int(gpu)]
    assert 0 <= stopped_at_s - stops[0].at_s < 60  # when it was destroyed, not when it could be written
    assert books.gone_usd(AT_S, cloud.clock.now_s()) == pytest.approx(2 * 3.39, rel=0.01)
    provider.create_node(WORKER, AGAIN, 1)
    provider.cleanup_cluster_resources()
    assert cloud.droplets == {}


def broken(*_: object) -> int:
    """A disk that fails."""
    raise OSError(errno.EIO, "Input/output error")


def test_a_disk_that_fills_while_the_machine_is_made_loses_no_start(tmp_path: Path, full: Callable[..., None]) -> None:
    """Its room in the record was taken before it was asked for."""
    cloud = FakeCloud(FakeClock())
    provider = open_provider(cloud, tmp_path)

    def fill(method: str, path: str, _number: int) -> None:
        if (method, path) == ("POST", "droplets"):
            full(0)

    cloud.before = fill
    (gpu,) = provider.create_node(WORKER, WORKER_TAGS, 1)
    other = SpendLedger(ledger_path(str(tmp_path), "demo"))
    assert [each.key() for each in other.entries()] == [(int(gpu), "started")]


def test_a_machine_whose_start_cannot_be_booked_is_destroyed_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what was made, that it is destroyed, and never that nothing was created."""
    cloud = FakeCloud(FakeClock())
    provider = open_provider(cloud, tmp_path)

    cloud.after = lambda method, path, _: monkeypatch.setattr(os, "pwrite", broken) if path == "droplets" and method == "POST" else None  # fmt: skip  # noqa: E501
    with pytest.raises(NodeLaunchException, match="was created, and its start could not be booked") as told:
        provider.create_node(WORKER, WORKER_TAGS, 1)
    assert "is destroyed again" in str(told.value)
    assert "othing was created" not in str(told.value)
    assert "o machine was created" not in str(told.value)
    assert cloud.droplets == {}
    assert provider.non_terminated_nodes({}) == []


def test_a_machine_that_cannot_be_booked_nor_destroyed_is_named_as_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When DigitalOcean refuses to destroy it, the error says that it is billed and what destroys it."""
    cloud = FakeCloud(FakeClock())
    provider = open_provider(cloud, tmp_path)

    def after(method: str, path: str, _number: int) -> None:
        if (method, path) == ("POST", "droplets"):
            monkeypatch.setattr(os, "pwrite", broken)

    cloud.after = after
    cloud.before = _refuse_deletion
    with pytest.raises(NodeLaunchException, match="It runs and is billed; `inplay cluster reap"):
        provider.create_node(WORKER, WORKER_TAGS, 1)
    assert len(cloud.droplets) == 1


def _refuse_deletion(method: str, path: str, _number: int) -> None:
    if method == "DELETE" and path.startswith("droplets/"):
        raise Reply(403, {"id": "forbidden", "message": "no"})


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "torn by a power cut": lambda whole: whole[:-40],
    "NULs behind the last line": lambda whole: whole + b"\0" * 200,
    "NULs and a line behind them": lambda whole: whole + b"\0" * 200 + line(7),
    "garbage in the middle": lambda whole: b"\xff\xfe{]\n" + whole,
    "a line of another version": lambda whole: whole + b'{"version": 2, "what": "start", "id": 5}\n',
    "an entry whose price is no number": lambda whole: whole + line(5, price_usd_per_h=float("nan")),
    "an entry whose number is a text": lambda whole: whole + line(5, machine_id="5"),
    "nothing but NULs": lambda whole: b"\0" * len(whole),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_cannot_be_read_is_set_aside_and_only_creation_waits(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Lists and teardown work; creation is refused before anything is asked for, until the file aside is gone."""
    cloud = FakeCloud(FakeClock())
    first = open_provider(cloud, tmp_path)
    first.create_node(HEAD, HEAD_TAGS, 1)
    first.create_node(WORKER, WORKER_TAGS, 1)
    path = ledger_path(str(tmp_path), "demo")
    damaged = DAMAGE[kind](path.read_bytes())
    path.write_bytes(damaged)
    provider = open_provider(cloud, tmp_path)
    for _ in range(3):
        assert len(provider.non_terminated_nodes({})) == 2
    (aside,) = tmp_path.glob("spend-demo.jsonl.unreadable-*")
    assert caplog.text.count(str(aside)) == 1
    assert aside.read_bytes()[:-1] in damaged
    asked = len(cloud.requests)
    with pytest.raises(NodeLaunchException, match=r"can't be known.*unreadable") as told:
        provider.create_node(WORKER, AGAIN, 1)
    assert "delete the file if" in str(told.value)
    assert "POST" not in {method for method, _, _ in cloud.requests[asked:]}
    # What runs is on record again, and other readers can read the file.
    text = path.read_text(encoding="utf-8")
    read = [json.loads(each) for each in text.splitlines() if each.strip()]
    assert {each["machine_id"] for each in read} >= set(cloud.droplets)
    aside.unlink()
    provider.create_node(WORKER, AGAIN, 1)
    provider.cleanup_cluster_resources()
    assert cloud.droplets == {}


def test_teardown_needs_no_record_at_all(tmp_path: Path) -> None:
    """A folder, a pipe or nothing readable in its place: `ray down` and the autoscaler work, creating doesn't."""
    for name, make in {"folder": Path.mkdir, "pipe": os.mkfifo}.items():
        cloud = FakeCloud(FakeClock())
        open_provider(cloud, tmp_path / "before" / name).create_node(HEAD, HEAD_TAGS, 1)
        (tmp_path / name).mkdir()
        make(ledger_path(str(tmp_path / name), "demo"))
        provider = open_provider(cloud, tmp_path / name)
        assert len(provider.non_terminated_nodes({})) == 1
        with pytest.raises(NodeLaunchException, match="No machine was created"):
            provider.create_node(WORKER, WORKER_TAGS, 1)
        provider.cleanup_cluster_resources()
        assert cloud.droplets == {}


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_entries_wait_in_order_and_are_booked_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the disk says, entries wait in memory, it is said once, and later they stand there in their order."""
    ledger = SpendLedger(tmp_path / "books" / "spend-demo.jsonl")
    open_ = os.open

    def refused(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if str(path).endswith(".jsonl"):
            raise OSError(number, os.strerror(number))
        return open_(path, flags, *more, **named)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refused)
        booked = [ledger.record(entry(1)), ledger.record(entry(2)), ledger.record(entry(1, "stopped", AT_S + 3_600))]
        assert booked == [False, False, False]
        assert ledger.gone_usd(AT_S, AT_S + 7_200) == pytest.approx(3.39)
        with pytest.raises(BookingError, match=os.strerror(number)):
            ledger.reserve()
    assert caplog.text.count("can't be written") == 1
    assert ledger.record(entry(3))
    again = SpendLedger(ledger.path)
    assert [each.key() for each in again.entries()] == [
        (1, "started"), (2, "started"), (1, "stopped"), (3, "started"),
    ]  # fmt: skip


def test_a_failed_append_leaves_whole_lines(tmp_path: Path, full: Callable[..., None]) -> None:
    """What was written of a line before the disk was full is taken back to the last newline."""
    ledger = SpendLedger(tmp_path / "spend-demo.jsonl")
    ledger.record(entry(1))
    before = ledger.path.read_bytes()
    for left in (1, 100, 150):
        full(left)
        assert not ledger.record(entry(2))
        assert ledger.path.read_bytes() == before
    full(None)
    assert ledger.record(entry(2))
    assert ledger.path.read_bytes() == before + line(2)


def test_an_empty_file_and_blank_lines_mean_nothing(tmp_path: Path) -> None:
    """An empty file, blank lines and a last line without its end are read, and nothing is set aside."""
    path = tmp_path / "spend-demo.jsonl"
    for content, wanted in {b"": [], b"\n  \n": [], line(1) + b"\n" + line(2)[:-1]: [1, 2]}.items():
        path.write_bytes(content)
        ledger = SpendLedger(path)
        ledger.reserve()
        ledger.release()
        assert [each.machine_id for each in ledger.entries()] == wanted
        assert path.read_bytes().rstrip() == content.rstrip()
    ledger.record(entry(3))
    assert [json.loads(each)["machine_id"] for each in _lines(path)] == [1, 2, 3]


def _lines(path: Path) -> list[bytes]:
    return [each for each in path.read_bytes().splitlines() if each.strip()]


@pytest.mark.skipif(os.geteuid() != 0, reason="a full file system of its own takes root")
@pytest.mark.parametrize("gap", [0, 100])
def test_on_a_file_system_that_is_really_full(tmp_path: Path, gap: int) -> None:
    """On a full tmpfs: the idle GPU goes, none is made, lists and cleanup work, and its stop is booked later."""
    script = tmp_path / "full.py"
    script.write_text(FULL_DISK, encoding="utf-8")
    (tmp_path / "small").mkdir()
    done = subprocess.run(
        ["unshare", "--mount", sys.executable, str(script), str(tmp_path / "small"), str(gap)],
        capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3_000:]
    assert json.loads(done.stdout) == {
        "refused": True, "said nothing was created": True, "machines then": 1, "listed": 1, "stopped later": 1,
        "cleaned while full": 0,
    }  # fmt: skip


FULL_DISK = """
import json, os, sys
from pathlib import Path
from tests.unit.cluster.test_spend_ledger import *

small, gap = Path(sys.argv[1]), int(sys.argv[2])
assert os.system(f"mount -t tmpfs -o size=64k tmpfs {small}") == 0
cloud = FakeCloud(FakeClock())
provider = open_provider(cloud, small)
provider.create_node(HEAD, HEAD_TAGS, 1)
(gpu,) = provider.create_node(WORKER, WORKER_TAGS, 1)
path = small / "spend-demo.jsonl"
size = path.stat().st_size
path.write_bytes(path.read_bytes() + b" " * (4096 - gap - size - 1) + b"\\n")  # blank up to the block's end
hog = os.open(small / "ray.log", os.O_WRONLY | os.O_CREAT)
try:
    while True:
        os.write(hog, b"x" * 4096)
except OSError:
    pass
provider.terminate_node(gpu)
told = {"refused": False}
try:
    provider.create_node(WORKER, AGAIN, 1)
except NodeLaunchException as error:
    told = {"refused": True, "said nothing was created": "No machine was created" in str(error)}
told["machines then"] = len(cloud.droplets)
told["listed"] = len(provider.non_terminated_nodes({}))
os.unlink(small / "ray.log"); os.close(hog)
provider.non_terminated_nodes({})
stops = [each for each in SpendLedger(path).entries() if each.event == "stopped"]
told["stopped later"] = len(stops)
hog = os.open(small / "ray.log", os.O_WRONLY | os.O_CREAT)
try:
    while True:
        os.write(hog, b"x" * 4096)
except OSError:
    pass
open_provider(cloud, small).cleanup_cluster_resources()
told["cleaned while full"] = len(cloud.droplets)
print(json.dumps(told))
"""

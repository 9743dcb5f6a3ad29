"""The record of costs with several processes at once, and with one that is killed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.spend_ledger import SpendLedger, ledger_path
from tests.fakes.cloud import FakeClock, FakeCloud
from tests.unit.cluster.test_provider import WORKER, WORKER_TAGS, open_provider
from tests.unit.cluster.test_spend_ledger import AT_S, ROOT, entry, line


def test_two_processes_book_a_machine_once(tmp_path: Path) -> None:
    """Two that look at the same machines, in turn, leave one start and one stop; its cost counts once."""
    one, two = (SpendLedger(tmp_path / "spend-demo.jsonl") for _ in range(2))
    for number in range(3):
        one.record(entry(number))
        two.record(entry(number))
    two.record(entry(1, "stopped", AT_S + 4 * 3_600))
    one.record(entry(1, "stopped", AT_S + 5 * 3_600))
    assert len(one.path.read_bytes().splitlines()) == 4
    assert one.gone_usd(AT_S, AT_S + 86_400) == two.gone_usd(AT_S, AT_S + 86_400) == pytest.approx(4 * 3.39)


def test_a_record_that_counts_a_machine_twice_is_added_up_once(tmp_path: Path) -> None:
    """Files of an earlier version may have a start twice."""
    (tmp_path / "spend-demo.jsonl").write_bytes(line(1) + line(1) + line(1, "stopped", at_s=AT_S + 3_600))
    assert SpendLedger(tmp_path / "spend-demo.jsonl").gone_usd(AT_S, AT_S + 86_400) == pytest.approx(3.39)


def test_many_processes_at_once_tear_no_line(tmp_path: Path) -> None:
    """Four processes write 100 entries each; every one stands there once, on a line of its own.

    Who finds the file busy for two seconds, which a busy machine does to it, asks again, as the error says.
    """
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.unit.cluster.test_spend_ledger import BookingError, SpendLedger, entry\n"
        "books = SpendLedger(Path(sys.argv[1])); first = int(sys.argv[2])\n"
        "def reserved():\n"
        "    try: books.reserve()\n"
        "    except BookingError: return False\n"
        "    return True\n"
        "for number in range(first, first + 100):\n"
        "    while not reserved(): pass\n"
        "    books.record(entry(number))\n"
        "while books._waiting or books._room_at is not None:\n"
        "    books.record(entry(first)); books.release()\n"
    )
    path = tmp_path / "spend-demo.jsonl"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path), str(number * 1_000)], cwd=ROOT) for number in range(4)
    ]
    assert [each.wait(120) for each in running] == [0, 0, 0, 0]
    lines = [json.loads(each) for each in path.read_bytes().splitlines() if each.strip()]
    assert sorted(each["machine_id"] for each in lines) == [
        each for first in range(4) for each in range(first * 1_000, first * 1_000 + 100)
    ]


def test_killed_between_the_machine_and_its_entry_the_next_look_books_it(tmp_path: Path) -> None:
    """What a killed process made is booked by whoever lists it next, from its creation on."""
    cloud = FakeCloud(FakeClock())

    class Killed(BaseException):
        pass

    def kill(method: str, path: str, _number: int) -> None:
        if (method, path) == ("POST", "droplets"):
            raise Killed

    cloud.after = kill
    with pytest.raises(Killed):
        open_provider(cloud, tmp_path).create_node(WORKER, WORKER_TAGS, 1)
    made_at_s = cloud.clock.now_s()
    cloud.after = lambda _method, _path, _number: None
    cloud.clock.sleep(600)
    open_provider(cloud, tmp_path).non_terminated_nodes({})
    (started,) = SpendLedger(ledger_path(str(tmp_path), "demo")).entries()
    assert started.machine_id in cloud.droplets
    assert abs(started.at_s - made_at_s) < 60

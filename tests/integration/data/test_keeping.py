"""The duties of the storage service over a real record: each when it is due, failures on record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from actors.storage import Storage
from actors.wiring import Wiring
from adapters.bars.places import S3Access
from adapters.bars.store import BarStore
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.pool import Pool
from adapters.postgres.storage_events import StorageEvent, StorageEvents
from adapters.postgres.tier_record import Measurement, TierRecord
from data.backup.vault import Vault
from data.keeping import Keeping, outlook
from data.storage_rules import BackupRules, StorageRules
from data.tiers.forecast import Purchase
from serve.resources.storage import storage_answer
from tests.integration.data.tier_bars import write_small_files
from trading.errors import UnavailableError

MONDAY_NOON = datetime(2020, 6, 1, 16, 0, tzinfo=UTC)
"""Of New York; the exchange closes at 20:00 UTC."""


@dataclass
class Clock:
    """A clock that is set."""

    at: datetime = MONDAY_NOON

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Folder:
    """A data folder, its record and its clock."""

    home: Path
    pool: Pool
    url: str
    clock: Clock = field(default_factory=Clock)

    def keeping(self, **backup: object) -> Keeping:
        """The duties, with a backup target if one is named."""
        rules = StorageRules(backup=BackupRules(**backup))  # type: ignore[arg-type]
        return Keeping(self.home, self.pool, self.url, rules, version="test", clock=self.clock)


@pytest.fixture
def folder(home: Path, pool: Pool, empty_url: str) -> Folder:
    """A folder with bars of three ages."""
    write_small_files(home, pool)
    return Folder(home, pool, empty_url)


def test_it_archives_once_after_each_close(folder: Folder) -> None:
    """At the start, then not before half an hour past the close, then not again until the next one."""
    keeping = folder.keeping()
    expected = BarStore(folder.home, BarRecord(folder.pool)).read_all()
    done = []
    for at in ("2020-06-01T16:00", "2020-06-01T20:20", "2020-06-01T20:31", "2020-06-02T14:00", "2020-06-02T20:31"):
        folder.clock.at = datetime.fromisoformat(at).replace(tzinfo=UTC)
        done.append([(event.kind, event.ok) for event in keeping.tick()])
    assert done == [[("archive", True)], [], [("archive", True)], [], [("archive", True)]]
    assert {file.tier for file in BarRecord(folder.pool).files()} == {"hot", "warm", "cold"}
    assert BarStore(folder.home, BarRecord(folder.pool)).read_all().equals(expected)


def test_it_backs_up_when_one_is_due(folder: Folder, tmp_path: Path) -> None:
    """Every six hours as set, and the later one, which is kept, is there by the clock's time."""
    keeping = folder.keeping(target=str(tmp_path / "target"), every_h=6)
    kinds = []
    for hours in (0, 5, 6):
        folder.clock.at = MONDAY_NOON + timedelta(hours=hours)
        kinds.append([event.kind for event in keeping.tick()])
    assert [("backup" in names) for names in kinds] == [True, False, True]
    assert Vault(str(tmp_path / "target"), S3Access()).names() == ["20200601T220000Z"]  # the day's last


def test_a_failed_backup_is_on_record_and_tried_again_after_an_hour(folder: Folder) -> None:
    """/dev/full takes nothing: the reason is on record, and the archive is not held up by it."""
    keeping = folder.keeping(target="/dev/full/backups")
    first = keeping.tick()
    assert [(event.kind, event.ok) for event in first] == [("archive", True), ("backup", False)]
    folder.clock.at += timedelta(minutes=59)
    assert keeping.tick() == []
    folder.clock.at += timedelta(minutes=2)
    assert [(event.kind, event.ok) for event in keeping.tick()] == [("backup", False)]
    last = StorageEvents(folder.pool).last("backup")
    assert last is not None
    assert "/dev/full" in last.detail


def test_a_clock_that_was_ahead_keeps_nothing_from_being_done(folder: Folder) -> None:
    """A year ahead by mistake, then right again: the archive is due at once, and not in a year."""
    keeping = folder.keeping()
    folder.clock.at += timedelta(days=365)
    assert [event.kind for event in keeping.tick()] == ["archive"]
    folder.clock.at -= timedelta(days=365)
    assert [event.kind for event in keeping.tick()] == ["archive"]
    assert keeping.tick() == []


def away(_: Keeping) -> list[StorageEvent]:
    """The record does not answer."""
    raise UnavailableError("PostgreSQL does not answer")


def test_the_service_says_what_failed_and_watches_on(folder: Folder) -> None:
    """A backup that can't be made, and a defect, make it degraded; neither ends its watch."""
    rules = StorageRules(backup=BackupRules(target="/dev/full/backups"))
    service = Storage(Wiring(folder.home, SecretStr(folder.url), 10_000_000, storage=rules))
    assert service.condition()[0] == "ok"
    service._keeping = folder.keeping(target="/dev/full/backups")
    service.look()
    assert service.condition()[0] == "degraded"
    assert "the last backup failed: /dev/full/backups" in service.condition()[1]
    service._keeping = None  # type: ignore[assignment]
    service.look()
    assert service.condition() == ("degraded", "a defect: AttributeError; the log has the trace")
    service._keeping = folder.keeping()
    folder.clock.at += timedelta(days=1)
    StorageEvents(folder.pool).record(StorageEvent("backup", folder.clock.at, True, "made by hand"))
    assert service.look()
    assert service.condition()[0] == "ok"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Keeping, "tick", away)
        assert not service.look(), "it looks again soon, and not a minute later"
    assert service.condition() == ("degraded", "the disk is not watched: PostgreSQL does not answer")


def test_what_is_measured_is_what_the_interface_answers(folder: Folder) -> None:
    """Used and capacity of the disk, one word a day; growth and purchase once there is a week of them."""
    rules = StorageRules()
    assert storage_answer(folder.pool, rules, date(2020, 6, 1)).used_bytes is None
    measured = folder.keeping().measure()
    assert 0 < measured.used <= measured.capacity
    assert measured.bars > 0
    assert measured.database > 1_000_000  # an empty database of PostgreSQL takes some 8 MB
    record = TierRecord(folder.pool)
    for day in range(9):
        at = date(2020, 6, 2) + timedelta(days=day)
        record.record_measurement(Measurement(at, (52 + day) * 10**9, 80 * 10**9, 0, 0))
    found = outlook(record, rules, date(2020, 6, 10))
    assert found is not None
    assert found.purchase is not None
    answer = storage_answer(folder.pool, rules, date(2020, 6, 10))
    assert (answer.used_bytes, answer.growth_bytes_per_day) == (60 * 10**9, 10**9)
    assert answer.fills_on == date(2020, 6, 10) + timedelta(days=20)
    assert answer.purchase is not None
    assert [(held.tier, held.timeframe) for held in answer.tiers] == [("hot", "1d")]


def test_a_volume_is_bought_once_when_the_disk_asks_for_it(folder: Folder) -> None:
    """Above the plan the service buys what it would have asked for; only a failure is tried again, an hour later."""
    bought: list[int] = []

    def buy(purchase: Purchase) -> str:
        bought.append(purchase.size_gb)
        if len(bought) == 1:
            raise UnavailableError("sold out")
        return "inplay-demo-bars, mounted"

    full = Keeping(
        folder.home, folder.pool, folder.url, StorageRules(plan_bytes=1), version="t", clock=folder.clock, buy=buy
    )
    assert [(e.kind, e.ok) for e in full.tick() if e.kind == "volume"] == [("volume", False)]
    assert full.tick() == []
    folder.clock.at += timedelta(hours=1, minutes=1)
    assert [(e.kind, e.ok, e.detail) for e in full.tick()] == [("volume", True, "inplay-demo-bars, mounted")]
    folder.clock.at += timedelta(hours=2)
    assert full.tick() == []
    assert bought == [100, 100]


def test_nothing_is_bought_below_the_plan_or_unasked(folder: Folder) -> None:
    """With room on the disk, or without a buyer, no volume event is written."""
    rules = StorageRules(plan_bytes=10**15)
    roomy = Keeping(folder.home, folder.pool, folder.url, rules, version="t", clock=folder.clock, buy=_never)
    full = Keeping(folder.home, folder.pool, folder.url, StorageRules(plan_bytes=1), version="t", clock=folder.clock)
    assert [e.kind for e in (*roomy.tick(), *full.tick())] == ["archive"]


def _never(purchase: Purchase) -> str:
    raise AssertionError(f"{purchase} was bought")

"""Backups of a real record: made while it lives, verified, encrypted, thinned out, restored onto an empty folder."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pyrage
import pytest
from pydantic import SecretStr

from adapters.bars.locations import TierLocations
from adapters.bars.places import S3Access
from adapters.bars.store import BarStore
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.server import EmbeddedPostgres
from adapters.postgres.tier_record import TierRecord
from data.backup.database import facts
from data.backup.making import Backup, Made, superfluous
from data.backup.restoring import Restore, require_empty
from data.storage_rules import BackupRules, StorageRules
from data.tiers.archive import Archive
from tests.integration.data.s3_server import S3Server
from tests.integration.data.tier_bars import TODAY, bars_of, strays, write_small_files
from trading.errors import BadDataError, ConfigurationError, UnavailableError

KEY = SecretStr(str(pyrage.x25519.Identity.generate()))
START = datetime(2026, 11, 2, 22, tzinfo=UTC)


@dataclass
class Machine:
    """A data folder with bars in three tiers, a model and a journal."""

    home: Path
    url: str
    pool: Pool
    at: datetime = START

    def backup(self, target: str, **rules: object) -> Made:
        """A backup, an hour after the one before."""
        self.at += timedelta(hours=1)
        given = BackupRules(target=target, **rules)  # type: ignore[arg-type]
        return Backup(self.home, self.url, StorageRules(backup=given), version="test", clock=lambda: self.at).make()

    def add_entry(self) -> None:
        """The journal has one more entry."""
        with self.pool.connection() as connection:
            connection.execute(
                "INSERT INTO journal SELECT n + 1, '2020-06-01', 'made', 'made:' || n, 'rule', '{}', last, "
                "encode(sha256(convert_to(last || '{}', 'UTF8')), 'hex') FROM (SELECT count(*) AS n, coalesce("
                "(array_agg(hash ORDER BY seq DESC))[1], repeat('0', 64)) AS last FROM journal) AS j"
            )


@pytest.fixture
def machine(home: Path, pool: Pool, empty_url: str) -> Machine:
    """The machine that is backed up."""
    write_small_files(home, pool)
    Archive(home, TierRecord(pool)).run(TODAY)
    (home / "models" / "one").mkdir(parents=True)
    (home / "models" / "one" / "card.json").write_text('{"made": true}')
    (home / "api_token").write_text("a secret of this machine")
    found = Machine(home, empty_url, pool)
    for _ in range(3):
        found.add_entry()
    return found


def _restored(tmp_path: Path, source: str, key: SecretStr | None = None, at: str = "") -> tuple[Path, EmbeddedPostgres]:
    home = tmp_path / "restored"
    home.mkdir(exist_ok=True)
    rules = StorageRules(backup=BackupRules(key=key))
    Restore(home, source, rules, None).run(at, lambda _what, _bytes: None)
    return home, EmbeddedPostgres(home)


def _same(machine: Machine, home: Path, url: str) -> None:
    """Record and bars of the folder are those of the machine."""
    with psycopg.connect(url) as there, psycopg.connect(machine.url) as here:
        assert facts(there) == facts(here)
    pool = open_pool(url)
    try:
        bars = BarStore(home, BarRecord(pool)).read_all()
        assert bars.equals(BarStore(machine.home, BarRecord(machine.pool)).read_all())
        assert strays(home, pool) == set()
    finally:
        pool.close()


def test_a_restore_brings_back_the_same_record_bars_and_models(machine: Machine, tmp_path: Path) -> None:
    """Encrypted, onto an empty folder with settings in it: same counts, same journal hash, same bars; no secret."""
    made = machine.backup(str(tmp_path / "target"), key=KEY)
    assert made.encrypted
    (tmp_path / "restored").mkdir()
    (tmp_path / "restored" / "inplay.toml").write_text("seed = 7\n")
    home, server = _restored(tmp_path, str(tmp_path / "target"), KEY)
    try:
        _same(machine, home, server.start())
    finally:
        server.stop()
    assert (home / "models" / "one" / "card.json").read_text() == '{"made": true}'
    assert not (home / "api_token").exists()
    assert sorted(path.name for path in home.iterdir()) == ["bars", "inplay.toml", "models", "postgres"]


def test_the_second_backup_copies_only_what_is_new(machine: Machine, tmp_path: Path) -> None:
    """One more file of bars and the dump; the first backup stays restorable by its name."""
    target = str(tmp_path / "target")
    first = machine.backup(target)
    record, store = BarRecord(machine.pool), BarStore(machine.home, BarRecord(machine.pool))
    record.record_files(store.write(bars_of([TODAY], symbols=["NEW"])), written_at=START)
    machine.add_entry()
    second = machine.backup(target)
    assert (first.files_new, second.files_new) == (first.files, 2)
    assert second.journal_hash != first.journal_hash
    home, server = _restored(tmp_path, target, at=first.name)
    try:
        with psycopg.connect(server.start()) as connection:
            assert facts(connection).journal_hash == first.journal_hash
    finally:
        server.stop()
    assert (home / "bars").is_dir()


def test_nothing_is_overwritten(machine: Machine, tmp_path: Path) -> None:
    """A folder that holds anything is refused, by name, and so is a wrong key, before anything is brought."""
    target = str(tmp_path / "target")
    machine.backup(target, key=KEY)
    with pytest.raises(ConfigurationError, match=r"is not empty \(api_token, bars, models"):
        require_empty(machine.home)
    other = SecretStr(str(pyrage.x25519.Identity.generate()))
    with pytest.raises(BadDataError, match="must be the key that the backup was made with"):
        _restored(tmp_path, target, other)
    with pytest.raises(BadDataError, match="has no backup under this key"):
        _restored(tmp_path, target)
    assert list((tmp_path / "restored").iterdir()) == []


def test_a_damaged_backup_is_not_taken_for_a_good_one(machine: Machine, tmp_path: Path) -> None:
    """A changed file at the target fails the verification of the next backup, and a restore leaves no record behind."""
    target = tmp_path / "target"
    machine.backup(str(target))
    kept = TierRecord(machine.pool).files()[0].sha256
    victim = target / "objects" / kept[:2] / kept
    victim.chmod(stat.S_IRUSR | stat.S_IWUSR)
    victim.write_bytes(victim.read_bytes()[:-1] + b"!")
    with pytest.raises(BadDataError, match=victim.name):
        machine.backup(str(target))
    with pytest.raises(BadDataError, match="not what was put there"):
        _restored(tmp_path, str(target))
    assert not (tmp_path / "restored" / "postgres").exists()
    victim.unlink()
    machine.backup(str(target))
    assert victim.exists(), "the deleted file is copied anew"


def test_a_target_that_refuses_leaves_earlier_backups(machine: Machine) -> None:
    """/dev/full takes no byte, like a full disk: the error names the target."""
    with pytest.raises(UnavailableError, match="/dev/full"):
        machine.backup("/dev/full/backups")


def test_a_clock_that_was_set_back_costs_no_backup(machine: Machine, tmp_path: Path) -> None:
    """A month back, a new backup would be older than those that are kept, dropped at once, and never restored."""
    target = tmp_path / "target"
    first = machine.backup(str(target), keep_daily=1, keep_weekly=1)
    before = sorted(path for path in target.rglob("*") if path.is_file())
    machine.at -= timedelta(days=30)
    with pytest.raises(
        UnavailableError, match=f"holds the backup {first.name}, and this machine's clock says 20261004"
    ):
        machine.backup(str(target), keep_daily=1, keep_weekly=1)
    assert sorted(path for path in target.rglob("*") if path.is_file()) == before


def test_old_backups_are_thinned_out(machine: Machine, tmp_path: Path) -> None:
    """Of three backups in one day the last is kept; files that only dropped ones had are gone."""
    target = str(tmp_path / "target")
    first = machine.backup(target, keep_daily=1, keep_weekly=1)
    machine.add_entry()
    second = machine.backup(target, keep_daily=1, keep_weekly=1)
    assert second.dropped == (first.name,)
    dumps = len([path for path in (tmp_path / "target" / "objects").rglob("*") if path.is_file()])
    assert dumps == second.files - _twins(machine)


def _twins(machine: Machine) -> int:
    """Files of the backup that have the content of another one."""
    shas = [file.sha256 for file in BarRecord(machine.pool).files(timeframe=None)]
    return len(shas) - len(set(shas))


def test_the_last_of_each_day_and_week_is_kept() -> None:
    """Two a day for 20 days, Monday 2026-11-02 on: 3 days and 2 weeks keep the 19th to 21st and Sunday the 15th."""
    names = [
        (START + timedelta(days=day, hours=hour)).strftime("%Y%m%dT%H%M%SZ") for day in range(20) for hour in (-12, 0)
    ]
    gone = superfluous(names, 3, 2)
    assert [name[:11] for name in names if name not in gone] == [
        "20261115T22",
        "20261119T22",
        "20261120T22",
        "20261121T22",
    ]


@pytest.fixture
def far_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """A folder that rsync reaches by its own protocol through a shell that runs the other side on this machine."""
    if shutil.which("rsync") is None:
        pytest.skip("rsync is not installed")
    shell = tmp_path / "shell"
    shell.write_text('#!/bin/sh\nshift 3  # -l USER HOST\nexec "$@"\n')
    shell.chmod(0o755)
    monkeypatch.setenv("RSYNC_RSH", str(shell))
    folder = tmp_path / "far"
    folder.mkdir()
    return lambda: folder


def test_a_backup_over_rsync_restores(machine: Machine, tmp_path: Path, far_away: Callable[[], Path]) -> None:
    """Two backups through the rsync program, the first one dropped, the second one restored."""
    target = f"me@far:{far_away()}/inplay"
    machine.backup(target, keep_daily=1, keep_weekly=0)
    machine.add_entry()
    second = machine.backup(target, keep_daily=1, keep_weekly=0)
    assert len(second.dropped) == 1
    assert os.listdir(far_away() / "inplay" / "backups") == [f"{second.name}.json"]  # noqa: PTH208 - names alone
    home, server = _restored(tmp_path, target)
    try:
        _same(machine, home, server.start())
    finally:
        server.stop()


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[S3Server]:
    """An S3 server."""
    running = S3Server(tmp_path / "server.log")
    yield running
    running.stop()


def test_a_backup_in_an_object_store_restores(machine: Machine, tmp_path: Path, s3: S3Server) -> None:
    """Encrypted, into a bucket and back."""
    target = s3.make_bucket()
    rules = StorageRules(locations=TierLocations(s3=s3.access), backup=BackupRules(target=target, key=KEY))
    Backup(machine.home, machine.url, rules, version="test", clock=lambda: START).make()
    home = tmp_path / "restored"
    home.mkdir()
    Restore(home, target, replace(rules, backup=BackupRules(key=KEY)), None).run("", lambda _what, _bytes: None)
    server = EmbeddedPostgres(home)
    try:
        _same(machine, home, server.start())
    finally:
        server.stop()


def test_a_store_that_is_away_is_named(machine: Machine) -> None:
    """Nothing listens there: the error says which target."""
    access = S3Access("http://127.0.0.1:9", access_key=SecretStr("key"), secret_key=SecretStr("secret"))
    rules = StorageRules(locations=TierLocations(s3=access), backup=BackupRules(target="s3://away"))
    with pytest.raises(UnavailableError, match="s3://away"):
        Backup(machine.home, machine.url, rules, version="test", clock=lambda: START).make()

"""Feature rows in the tiers: bit by bit what was recorded, through kills, moves, merges, backups and full disks."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from adapters.bars.locations import TierLocations
from adapters.bars.places import FolderPlace
from adapters.bars.store import BarStore
from adapters.feature_rows import PREFIX, FeatureRowStore
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.server import EmbeddedPostgres
from adapters.postgres.tier_record import TierRecord
from adapters.record import Record
from data.backup.making import Backup
from data.backup.restoring import Restore
from data.storage_rules import BackupRules, StorageRules
from data.tiers.archive import Archive
from data.tiers.holdings import holdings
from data.verification.report import Report, Selection, verify_data
from tests.fakes.feature_rows import made_rows
from tests.integration.data.tier_bars import NOON, SESSIONS, TODAY, bars_of, strays
from trading.errors import BadDataError, UnavailableError
from trading.views.feature_rows import SCHEMA, VERSION, FeatureRows, FeatureSchema

DAY = SESSIONS[-1]
OLDER = FeatureSchema(VERSION + 1, SCHEMA.names[1:])


def _store(home: Path, pool: Pool, locations: TierLocations | None = None) -> FeatureRowStore:
    return FeatureRowStore(pool, BarStore(home, BarRecord(pool), locations))


def _verified(home: Path, pool: Pool) -> Report:
    return verify_data(Record(pool, home), Selection(), alive=False, clock=lambda: NOON)


def _paths(pool: Pool) -> list[str]:
    return [file.path for file in BarRecord(pool).files(timeframe="features")]


def _all_read(store: FeatureRowStore, expected: Sequence[FeatureRows]) -> None:
    found = list(store.stream(date.min, date.max))
    assert [rows.session for rows in found] == [rows.session for rows in expected]
    assert all(one.same(other) for one, other in zip(found, expected, strict=True))


def test_the_same_rows_are_the_same_bytes_and_a_repeat_changes_nothing(home: Path, pool: Pool, tmp_path: Path) -> None:
    """Zeros of both signs and unknown values come back; the file says its schema; a feature may be named as a key."""
    store, rows = _store(home, pool), made_rows(DAY)
    assert store.of(DAY) is None
    assert store.record(rows, at=NOON) == len(rows)
    (path,) = _paths(pool)
    written = (home / path).read_bytes()
    assert store.record(rows, at=NOON) == 0
    assert _paths(pool) == [path]
    assert sorted(one.name for one in (home / path).parent.iterdir()) == [Path(path).name]
    found = store.of(DAY)
    assert found is not None
    assert np.array_equal(found.matrix.view(np.uint32), rows.matrix.view(np.uint32))
    assert found.same(rows)
    assert pq.read_metadata(home / path).metadata[b"feature_schema"] == SCHEMA.sha256.encode()
    assert {"direction", f"{PREFIX}direction"} <= set(pq.read_schema(home / path).names)
    (elsewhere,) = BarStore(tmp_path / "other", BarRecord(pool)).write(_table_of(home / path), "features")
    assert (tmp_path / "other" / elsewhere.path).read_bytes() == written
    chosen = store.of(DAY, ["B"])
    assert chosen is not None
    assert chosen.same(rows.take(np.array([2, 3])))
    assert store.record(made_rows(DAY, ()), at=NOON) == 0, "a session without a setup writes nothing"


def _table_of(path: Path) -> object:
    return pq.ParquetFile(path).read()


def test_a_session_that_is_run_again_with_other_rows_has_the_later_ones(home: Path, pool: Pool) -> None:
    """Also with fewer setups: none of the earlier run is left over, and the file of it stays for the record."""
    store = _store(home, pool)
    store.record(made_rows(DAY), at=NOON)
    fewer = made_rows(DAY, ("B",), seed=1)
    assert store.record(fewer, at=NOON) == 2
    _all_read(store, [fewer])
    assert store.record(made_rows(DAY), at=NOON) == 6, "values that come back are a later version"
    _all_read(store, [made_rows(DAY)])
    assert len(_paths(pool)) == 3
    assert _verified(home, pool).troubles == ()


def test_what_was_not_yet_on_record_when_a_writer_was_killed_is_swept(home: Path, pool: Pool) -> None:
    """A whole file and half of one; bars that nobody named are left to their own writer, and the other way round."""
    bars = BarStore(home, BarRecord(pool))
    store = _store(home, pool)
    store.record(made_rows(SESSIONS[0]), at=NOON)
    (path,) = _paths(pool)
    killed = home / Path(path).with_name("2020-06-01_2020-06-01-0123456789ab.parquet")
    killed.write_bytes((home / path).read_bytes())
    killed.with_name(f"{killed.name}.part").write_bytes(b"half")
    (stray_bars,) = bars.write(bars_of([DAY]))
    assert bars.strays() == sorted([home / stray_bars.path, killed, killed.with_name(f"{killed.name}.part")])
    assert store.sweep() == 2
    assert (home / stray_bars.path).exists()
    killed.write_bytes(b"half")
    assert bars.sweep() == 1
    assert killed.exists()
    assert store.sweep() == 1
    _all_read(store, [made_rows(SESSIONS[0])])
    assert store.record(made_rows(DAY), at=NOON) == 6


def test_a_full_disk_records_nothing_and_the_repeat_does(
    home: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors say what is not lost; no half file and no row of the manifest is left."""
    store, rows = _store(home, pool), made_rows(DAY)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(FolderPlace, "put", full)
        with pytest.raises(UnavailableError, match=r"Feature rows cannot be written .* No space left .* run again"):
            store.record(rows, at=NOON)
    assert _paths(pool) == []
    assert store.of(DAY) is None
    assert store.record(rows, at=NOON) == len(rows)


def test_lost_and_damaged_files_are_named_and_never_answered_short(home: Path, pool: Pool) -> None:
    """Half a file, none, and one of another schema than the manifest says."""
    store = _store(home, pool)
    store.record(made_rows(DAY), at=NOON)
    (path,) = _paths(pool)
    whole = (home / path).read_bytes()
    (home / path).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadDataError, match="does not match the manifest"):
        store.of(DAY)
    assert [one.check for one in _verified(home, pool).troubles] == ["file"]
    (home / path).unlink()
    with pytest.raises(BadDataError, match=r"6 feature rows\) is in the manifest and cannot be read: it isn't there"):
        list(store.stream(date.min, date.max))
    with pytest.raises(BadDataError, match="it isn't there"):
        store.record(made_rows(DAY), at=NOON)
    (home / path).write_bytes(whole)
    store.record(replace(made_rows(SESSIONS[0], schema=OLDER)), at=NOON)
    with pool.connection() as connection:
        connection.execute("UPDATE bar_files SET feature_schema = %s WHERE path = %s", [OLDER.sha256, path])
    with pytest.raises(BadDataError, match="is of another schema than the manifest says"):
        store.of(DAY)
    with pool.connection() as connection:
        connection.execute("UPDATE bar_files SET feature_schema = %s WHERE path = %s", [SCHEMA.sha256, path])
        connection.execute("UPDATE feature_schemas SET version = 7 WHERE schema_hash = %s", [SCHEMA.sha256])
    with pytest.raises(BadDataError, match="which the record doesn't know"):
        _store(home, pool).of(DAY)


def test_files_move_and_merge_by_month_and_schemas_stay_apart(home: Path, pool: Pool, tmp_path: Path) -> None:
    """April of the year before is one cold file a schema; every row reads as it was recorded; verify finds all well."""
    for name in ("volume", "archive"):
        (tmp_path / name).mkdir()
    locations = TierLocations(warm=tmp_path / "volume", cold=str(tmp_path / "archive"))
    store = _store(home, pool, locations)
    expected = [made_rows(day) for day in SESSIONS]
    for rows in expected:
        store.record(made_rows(rows.session, ("Z",), seed=9), at=NOON)
        store.record(rows, at=NOON)
    expected[2] = made_rows(SESSIONS[2], ("A", "B"), schema=OLDER)
    store.record(expected[2], at=NOON)
    done = Archive(home, TierRecord(pool), locations).run(TODAY)
    _all_read(store, expected)
    files = BarRecord(pool).files(timeframe="features")
    assert {file.tier for file in files} == {"hot", "warm", "cold"}
    assert len(files) < len(SESSIONS) / 2
    assert all(len(file.sessions) == 1 for file in files if file.schema == OLDER.sha256)
    assert done.rows_superseded > 0
    assert strays(home, pool, locations) == set()
    record = Record(pool, home, lambda: locations)
    assert verify_data(record, Selection(), alive=False, clock=lambda: NOON).troubles == ()
    held = holdings(files, home, locations)
    assert {one.timeframe for one in held} == {"features"}
    assert not any(one.missing for one in held)
    assert Archive(home, TierRecord(pool), locations).run(TODAY).moved == 0
    _all_read(_store(home, pool, locations), expected)

    store.record(made_rows(SESSIONS[0], ("Q",), seed=3), at=NOON)
    expected[0] = made_rows(SESSIONS[0], ("Q",), seed=3)
    Archive(home, TierRecord(pool), locations).run(TODAY)
    _all_read(store, expected)
    Archive(home, TierRecord(pool), locations).erase()
    there = {
        path.name for root in (home, tmp_path / "volume", tmp_path / "archive") for path in root.rglob("*.parquet")
    }
    assert there == set()


def test_a_backup_holds_them_and_a_restore_brings_them_back(
    home: Path, pool: Pool, empty_url: str, tmp_path: Path
) -> None:
    """Rows of both schemas, bit by bit."""
    store = _store(home, pool)
    expected = [made_rows(SESSIONS[0], schema=OLDER), made_rows(DAY)]
    for rows in expected:
        store.record(rows, at=NOON)
    target = str(tmp_path / "target")
    at = datetime(2026, 11, 2, tzinfo=UTC)
    rules = StorageRules(backup=BackupRules(target=target))
    made = Backup(home, empty_url, rules, version="test", clock=lambda: at).make()
    assert made.bars_verified == sum(map(len, expected))
    (tmp_path / "restored").mkdir()
    Restore(tmp_path / "restored", target, StorageRules(), None).run("", lambda _what, _bytes: None)
    server = EmbeddedPostgres(tmp_path / "restored")
    restored = open_pool(server.start())
    try:
        _all_read(_store(tmp_path / "restored", restored), expected)
    finally:
        restored.close()
        server.stop()

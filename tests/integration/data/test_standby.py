"""A standby holds the latest backup, is renewed by a newer one, and is never replaced once it was run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.machine.run_state import RunState, write_state
from adapters.postgres.server import EmbeddedPostgres
from data.backup.standby import MARKER, Standby, stand_by
from data.storage_rules import StorageRules
from tests.integration.data.test_backup import Machine, _same, machine  # noqa: F401 - a fixture
from trading.errors import BadDataError, ConfigurationError


def _renewed(machine: Machine, home: Path, target: Path) -> Standby:  # noqa: F811
    return stand_by(home, str(target), StorageRules(), lambda: machine.at + timedelta(hours=3), lambda _w, _b: None)


def test_a_standby_holds_the_latest_backup_and_says_its_age(machine: Machine, tmp_path: Path) -> None:  # noqa: F811
    """Three hours after it was made it is 3 h old; the same one isn't brought twice, and a newer one replaces it."""
    target, home = tmp_path / "target", tmp_path / "standby"
    first = machine.backup(str(target))
    found = _renewed(machine, home, target)
    assert (found.name, found.age_h, found.renewed, found.journal_hash) == (first.name, 3.0, True, first.journal_hash)
    assert not _renewed(machine, home, target).renewed
    machine.add_entry()
    second = machine.backup(str(target))
    found = _renewed(machine, home, target)
    assert (found.name, found.renewed) == (second.name, True)
    assert not home.with_name("standby.next").exists()
    server = EmbeddedPostgres(home)
    try:
        _same(machine, home, server.start())
    finally:
        server.stop()


def test_a_damaged_backup_leaves_the_standby_as_it_was(machine: Machine, tmp_path: Path) -> None:  # noqa: F811
    """It is refused with the command that helps, and the earlier one is still there."""
    target, home = tmp_path / "target", tmp_path / "standby"
    first = machine.backup(str(target))
    _renewed(machine, home, target)
    marked = (home / MARKER).read_text()
    before = {path for path in target.rglob("*") if path.is_file()}
    machine.add_entry()
    machine.backup(str(target))
    (largest,) = sorted({p for p in target.rglob("*") if p.is_file()} - before, key=lambda p: p.stat().st_size)[-1:]
    largest.write_bytes(b"x" + largest.read_bytes()[1:])
    with pytest.raises(BadDataError, match=r"is as it was.*inplay data restore"):
        _renewed(machine, home, target)
    assert (home / MARKER).read_text() == marked
    assert first.name in marked


def test_what_is_no_standby_is_left_alone(machine: Machine, tmp_path: Path) -> None:  # noqa: F811
    """A folder with something in it, one that was run, and a source without a backup."""
    target, home = tmp_path / "target", tmp_path / "standby"
    target.mkdir()
    with pytest.raises(BadDataError, match="has no backup"):
        _renewed(machine, home, target)
    machine.backup(str(target))
    with pytest.raises(ConfigurationError, match="not empty"):
        _renewed(machine, machine.home, target)
    _renewed(machine, home, target)
    write_state(home, RunState(pid=1, phase="stopped"))
    with pytest.raises(ConfigurationError, match="was run since"):
        _renewed(machine, home, target)

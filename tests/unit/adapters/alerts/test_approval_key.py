"""The key of the links: made once, for its owner alone."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.alerts.approval_key import FILE, approval_key, known_key
from trading.approval.links import KEY_BYTES


def test_the_key_is_made_once_and_nobody_else_reads_it(tmp_path: Path) -> None:
    """Asking whether there is one makes none; the file has mode 0600 and stays the same."""
    assert known_key(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    key = approval_key(tmp_path)
    assert len(key) == KEY_BYTES
    assert key == approval_key(tmp_path) == known_key(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("held", ["", "abc", "zz" * KEY_BYTES, "00" * (KEY_BYTES - 1), "\x00\x00"])
def test_a_damaged_file_is_no_key_and_is_replaced(tmp_path: Path, held: str) -> None:
    """Empty, cut short, no hexadecimal: no link is taken with it, and the next message has a new key."""
    (tmp_path / FILE).write_text(held)
    assert known_key(tmp_path) is None
    key = approval_key(tmp_path)
    assert known_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_a_lost_file_is_another_key(tmp_path: Path) -> None:
    """Whoever deletes it takes back what was sent."""
    first = approval_key(tmp_path)
    (tmp_path / FILE).unlink()
    assert approval_key(tmp_path) != first


def test_those_that_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    """Sixteen at once, twenty times over: one key each time, and no other file is left."""
    for turn in range(20):
        home = tmp_path / str(turn)
        home.mkdir()
        with ThreadPoolExecutor(16) as pool:
            keys = set(pool.map(approval_key, [home] * 16))
        assert keys == {known_key(home)}
        assert [path.name for path in home.iterdir()] == [FILE]

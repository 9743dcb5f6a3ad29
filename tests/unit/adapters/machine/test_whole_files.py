"""Files written whole: a failure leaves the one before and no half; what is no file is written to as it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.machine.whole_files import write_whole


def test_a_failure_leaves_the_earlier_file_and_no_half(tmp_path: Path) -> None:
    """In the middle of the writing, as on a full disk."""
    path = tmp_path / "report.html"
    write_whole(path, lambda at: at.write_text("first"))

    def full(at: Path) -> None:
        at.write_text("sec")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_whole(path, full)
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link_and_a_device_is_written_to(tmp_path: Path) -> None:
    """What a link leads to is replaced; /dev/null swallows."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, lambda at: at.write_text("new"))
    assert link.is_symlink()
    assert target.read_text() == "new"
    write_whole(Path(os.devnull), lambda at: at.write_text("gone"))
    assert not Path(os.devnull).is_file()

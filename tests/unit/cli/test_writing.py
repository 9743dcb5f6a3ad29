"""Files that a command writes: whole or as before, and a refusal in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.writing import write_whole
from trading.errors import ConfigurationError


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    """Also through a link, which stays one."""
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write_whole(tmp_path / "link.csv", lambda path: path.write_text("new"))
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("name", [".", "none/x.csv"])
def test_a_folder_or_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    """In a sentence."""
    with pytest.raises(ConfigurationError, match="can't be written"):
        write_whole(tmp_path / name, lambda path: path.write_text("x"))


def test_a_full_disk_leaves_the_earlier_file(tmp_path: Path) -> None:
    """And no half of the new one."""
    file = tmp_path / "x.csv"
    file.write_text("old")

    def full(path: Path) -> None:
        path.write_text("ne")
        raise OSError(28, "No space left on device")

    with pytest.raises(ConfigurationError, match="No space left"):
        write_whole(file, full)
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
    assert file.read_text() == "old"


def test_a_device_is_written_to() -> None:
    """`--out /dev/null` doesn't put a file in its place."""
    write_whole(Path("/dev/null"), lambda path: path.write_text("x"))
    assert not Path("/dev/null").is_file()

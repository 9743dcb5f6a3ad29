"""`inplay evaluate models` as it is typed, where it can't judge: each time one sentence, and the record as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from adapters.record import alone
from adapters.settings import read_settings
from tests.fakes.ensembles import NOON, registered

pytestmark = pytest.mark.platform
A, B = "ensemble-aa11", "ensemble-bb22"


def refused(home: Path, *words: str) -> str:
    """What the command says on its way out."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "from cli.main import main; main()", "evaluate", "models", *words],
        env={**os.environ, "INPLAY_HOME": str(home)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def without_bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record with a challenger and a shadow, no champion and no bars."""
    home = tmp_path_factory.mktemp("evaluate") / "home"
    with alone(read_settings(home=home), now=NOON) as record:
        registered(record.pool, home, A, "challenger", known_before=date(2010, 4, 1))
        registered(record.pool, home, B, "shadow", known_before=date(2010, 4, 1))
    return home


def test_without_a_record_it_says_how_to_make_one(tmp_path: Path) -> None:
    """And makes no folder."""
    assert "inplay run --sample" in refused(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_without_a_champion_an_id_is_asked_for(without_bars: Path) -> None:
    """And an id that isn't on record is refused too."""
    assert "There is no champion on record. Give an ID" in refused(without_bars)
    assert "ensemble-zz" in refused(without_bars, "ensemble-zz")


def test_without_bars_nothing_is_judged(without_bars: Path) -> None:
    """The files are whole and there is no setup."""
    assert "There are no bars on record" in refused(without_bars, "aa11")


def test_a_foreign_and_a_missing_file_are_named(without_bars: Path) -> None:
    """Before anything is fitted."""
    folder = without_bars / "models" / B
    file = folder / "catalyst.ubj"
    file.write_bytes(file.read_bytes() + b" ")
    assert "catalyst.ubj isn't the one that was registered" in refused(without_bars, "bb22")
    file.unlink()
    assert "catalyst.ubj is gone" in refused(without_bars, "bb22")


def test_a_folder_that_cannot_be_made_is_refused_at_once(without_bars: Path, tmp_path: Path) -> None:
    """Not after minutes of work."""
    (tmp_path / "file").write_text("")
    assert "can't be a folder" in refused(without_bars, "aa11", "--out", str(tmp_path / "file"))

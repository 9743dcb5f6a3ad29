"""The reaper's timer, with programs of our own in place of `crontab` and `systemctl`."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.errors import ClusterConfigError
from cluster.timer import cron_line, install, installed, reap_command, remove, unit_texts

COMMAND = ["/opt/inplay/bin/inplay", "cluster", "reap"]
CRONTAB = """#!/bin/sh
if [ "$1" = -l ]; then cat "{kept}"; else cat > "{kept}.new" && mv "{kept}.new" "{kept}"; fi
"""
SYSTEMCTL = """#!/bin/sh
echo "$@" >> "{kept}"
"""


def program(folder: Path, name: str, text: str) -> Path:
    """A program on the path, and the file that it keeps."""
    folder.mkdir(exist_ok=True)
    kept = folder / f"{name}.kept"
    path = folder / name
    path.write_text(text.format(kept=kept), encoding="utf-8")
    path.chmod(0o755)
    return kept


@pytest.fixture
def token_file(tmp_path: Path) -> str:
    """A token that only its owner can read."""
    path = tmp_path / "token"
    path.write_text("secret-token", encoding="utf-8")
    path.chmod(0o600)
    return str(path)


@pytest.fixture
def bin_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the programs are; the system's own `cat` and `mv` are behind it."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    return tmp_path / "bin"


def test_the_crontab_gets_one_line_and_keeps_the_others(bin_: Path, tmp_path: Path, token_file: str) -> None:
    """Installed twice there is one line of ours, removed there is none, and the user's own lines stay."""
    kept = program(bin_, "crontab", CRONTAB)
    kept.write_text("0 4 * * * backup\n", encoding="utf-8")
    assert not installed(systemd=tmp_path / "absent")
    for _ in range(2):
        assert install(COMMAND, systemd=tmp_path / "absent", token_file=token_file) == "crontab"
    assert installed(systemd=tmp_path / "absent")
    assert kept.read_text(encoding="utf-8").splitlines() == ["0 4 * * * backup", cron_line(COMMAND)]
    assert remove(systemd=tmp_path / "absent") == "crontab"
    assert not installed(systemd=tmp_path / "absent")
    assert kept.read_text(encoding="utf-8") == "0 4 * * * backup\n"


def test_systemd_gets_a_timer_without_the_token(bin_: Path, tmp_path: Path, token_file: str) -> None:
    """The timer is enabled, the units don't hold the token, and removing takes them away."""
    asked = program(bin_, "systemctl", SYSTEMCTL)
    units = tmp_path / "units"
    assert install(COMMAND, systemd=tmp_path, units=units, token_file=token_file) == "systemd"
    texts = {path.name: path.read_text(encoding="utf-8") for path in units.iterdir()}
    assert texts == unit_texts(COMMAND)
    assert "ExecStart=/opt/inplay/bin/inplay cluster reap" in texts["inplay-reap.service"]
    assert not [text for text in texts.values() if "secret-token" in text]
    assert asked.read_text(encoding="utf-8").splitlines()[-1].endswith("enable --now inplay-reap.timer")
    remove(systemd=tmp_path, units=units)
    assert list(units.iterdir()) == []


def test_without_a_token_or_a_timer_it_is_said(bin_: Path, tmp_path: Path, token_file: str) -> None:  # noqa: ARG001
    """Without the token's file, and without systemd and cron, nothing is installed and the error says what to do."""
    with pytest.raises(ClusterConfigError, match="no DigitalOcean token"):
        install(COMMAND, systemd=tmp_path, token_file=str(tmp_path / "none"))
    with pytest.raises(ClusterConfigError, match="neither systemd nor cron"):
        install(COMMAND, systemd=tmp_path / "absent", token_file=token_file)


def test_the_command_is_this_installations_own() -> None:
    """The timer runs `inplay` by its full path, since it has no environment of a shell."""
    program_, *words = reap_command("/x/inplay")
    assert (program_, words) == ("/x/inplay", ["cluster", "reap"])
    assert Path(reap_command()[0]).is_absolute()

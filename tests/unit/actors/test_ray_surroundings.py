"""Where Ray's sockets and token go, whatever the shell says."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors import ray_surroundings
from actors.ray_surroundings import SHORT, keep_token, temporary_folder, use_short_folder
from trading.errors import UnavailableError


@pytest.mark.parametrize("name", ["TMPDIR", "RAY_TMPDIR"])
@pytest.mark.parametrize("said", ["/nowhere/at/all", "", "relative", f"{SHORT}/{'x' * 80}", "/proc"])
def test_a_folder_that_wont_do_is_left(name: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Absent, empty, relative, too long, or closed to us: Ray's processes get a short one."""
    monkeypatch.setattr(ray_surroundings, "_writable", lambda folder: folder.is_dir() and folder != Path("/proc"))
    environ = {name: said}
    use_short_folder(environ)
    assert environ == {"TMPDIR": environ["TMPDIR"]}
    assert len(environ["TMPDIR"]) < 40


def test_one_that_will_do_stays(tmp_path: Path) -> None:
    """Nothing is changed; the shortest path that is too long has one byte more than the longest that will do."""
    most = 107 - len("/ray") - len(ray_surroundings.LONGEST_SOCKET)
    fits = SHORT / ("x" * (most - len(f"{SHORT}/")))
    try:
        fits.mkdir(exist_ok=True)
        assert temporary_folder({"TMPDIR": str(fits)}) is None
        assert temporary_folder({"TMPDIR": f"{fits}y"}) is not None
    finally:
        fits.rmdir()
    assert temporary_folder({}) is None
    assert tmp_path


def test_without_any_folder_the_text_says_how_long_a_path_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what to set."""
    monkeypatch.setattr(ray_surroundings, "_writable", lambda _: False)
    with pytest.raises(UnavailableError, match=r"Set TMPDIR to a folder.*at most \d\d bytes"):
        temporary_folder({"TMPDIR": f"{SHORT}/{'x' * 80}"})


@pytest.mark.parametrize("home", ["absent", "file", "closed"])
def test_without_a_home_to_write_the_token_is_in_the_data_folder(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Private, kept from run to run, and told to Ray's processes."""
    place = tmp_path / "home"
    if home == "file":
        place.write_text("")
    if home == "closed":
        place.mkdir()
        monkeypatch.setattr(ray_surroundings, "_writable", lambda folder: folder != place)
    monkeypatch.setenv("HOME", str(place))
    first: dict[str, str] = {}
    keep_token(first, tmp_path / "data")
    path = Path(first["RAY_AUTH_TOKEN_PATH"])
    assert (path.stat().st_mode & 0o777, len(path.read_text())) == (0o600, 64)
    token = path.read_text()
    again: dict[str, str] = {}
    keep_token(again, tmp_path / "data")
    assert (again, path.read_text()) == (first, token)


def test_a_home_that_can_be_written_keeps_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Ray has it, and likewise where a token is given."""
    monkeypatch.setenv("HOME", str(tmp_path))
    environ: dict[str, str] = {}
    keep_token(environ, tmp_path / "data")
    assert environ == {}
    given = {"RAY_AUTH_TOKEN": "x"}
    monkeypatch.setenv("HOME", "/nowhere")
    keep_token(given, tmp_path / "data")
    assert given == {"RAY_AUTH_TOKEN": "x"}


def test_too_few_open_files_are_told_before_ray_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A low hard limit ends the start in words; a low soft one is raised to what the machine allows."""
    set_to: list[tuple[int, int]] = []
    monkeypatch.setattr("resource.setrlimit", lambda _, limits: set_to.append(limits))
    monkeypatch.setattr("resource.getrlimit", lambda _: (256, 4_096))
    ray_surroundings.allow_open_files()
    assert set_to == [(4_096, 4_096)]
    monkeypatch.setattr("resource.getrlimit", lambda _: (256, 256))
    with pytest.raises(UnavailableError, match=r"A process may open 256 files.*ulimit -Hn"):
        ray_surroundings.allow_open_files()

"""Tokens with characters that no token has: said by place and name, never shown, however the token comes in."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from cluster import bootstrap_config as bootstrap
from cluster.api import DigitalOcean
from cluster.errors import ClusterConfigError, ClusterError
from cluster.preflight import read_file
from cluster.timer import install
from cluster.token import check_token, read_token, refuse_secrets
from tests.fakes.cloud import FakeClock, FakeCloud

ROOT = Path(__file__).parents[3]
GOOD = "dop_v1_" + "0123456789abcdef" * 4
WRONG = {
    "a zero-width space at the end": (GOOD + "\u200b", "character 72 of 72 is U+200B ZERO WIDTH SPACE"),
    "typographic quotes": (f"\u201c{GOOD}\u201d", "character 1 of 73 is U+201C LEFT DOUBLE QUOTATION MARK"),
    "straight quotes": (f'"{GOOD}"', "character 1 of 73 is U+0022 QUOTATION MARK"),
    "a word before it": (f"Bearer {GOOD}", "character 7 of 78 is a space"),
    "a line break inside": (GOOD[:5] + "\n" + GOOD[5:], "character 6 of 72 is a line break"),
    "a byte-order mark": ("\ufeff" + GOOD, "character 1 of 72 is U+FEFF ZERO WIDTH NO-BREAK SPACE"),
    "a no-break space": (GOOD + "\u00a0", "character 72 of 72 is U+00A0 NO-BREAK SPACE"),
    "a NUL": (GOOD[:3] + "\0" + GOOD[3:], "character 4 of 72 is a NUL"),
    "a Cyrillic letter": (GOOD[:-1] + "\u0430", "character 71 of 71 is U+0430 CYRILLIC SMALL LETTER A"),
    "an escape": (GOOD + "\x1b[0m", "character 72 of 75 is U+001B"),
}


def shown(error: BaseException) -> str:
    """All that an error may show: its text, its form, and its traceback as Python prints it."""
    return f"{error} {error!r} {''.join(traceback.format_exception(error))}"


def write(folder: Path, content: bytes) -> str:
    """A token's file that only its owner can read."""
    path = folder / "token"
    path.write_bytes(content)
    path.chmod(0o600)
    return str(path)


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_character_is_named_and_the_token_is_not(tmp_path: Path, kind: str) -> None:
    """From the environment, from the file, for the client and for the timer the answer is the same."""
    token, told = WRONG[kind]
    file = write(tmp_path, token.encode())
    ways: dict[str, Callable[[], object]] = {
        "environment": lambda: read_token({"DIGITALOCEAN_TOKEN": token}),
        "other variable": lambda: read_token({"DIGITALOCEAN_ACCESS_TOKEN": token}),
        "file": lambda: read_token({}, file),
        "client": lambda: DigitalOcean(token, end_point="https://api.example/v2/"),
        "timer": lambda: install(["inplay"], token_file=file),
        "saved": lambda: bootstrap.save_token({"DIGITALOCEAN_TOKEN": token}, str(tmp_path / "other")),
    }
    for way, use in ways.items():
        with pytest.raises(ClusterConfigError) as caught:
            use()
        assert told in str(caught.value), way
        for part in (token, GOOD[10:40]):
            assert part not in shown(caught.value), way
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("around", ["\n", "\r\n", "  \n\n", "\t"])
def test_what_an_editor_puts_around_a_token_is_trimmed(tmp_path: Path, around: str) -> None:
    """A newline behind the token, or blanks around it, aren't part of it."""
    assert read_token({"DIGITALOCEAN_TOKEN": around + GOOD + around}) == GOOD
    assert read_token({}, write(tmp_path, (GOOD + around).encode())) == GOOD


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (GOOD.encode("utf-16"), "the byte 0xFF, which isn't UTF-8"),
        (b"\xff" + GOOD.encode(), "character 1 of 72 is the byte 0xFF"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (GOOD.encode() + b"\n" + GOOD.encode(), "character 72 of 143 is a line break"),
        (b"x" * 10_000, "holds no token"),
    ],
)
def test_a_file_that_holds_something_else_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    """Another encoding, two lines, nothing, or far too much."""
    with pytest.raises(ClusterConfigError) as caught:
        read_token({}, write(tmp_path, content))
    assert told in str(caught.value)
    assert GOOD not in shown(caught.value)


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    """A folder and a pipe in the place of the file are named; nobody waits for the pipe."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("folder", "pipe"):
        with pytest.raises(ClusterConfigError, match="is no file"):
            read_token({}, str(tmp_path / name))


def test_an_error_of_the_layers_below_shows_no_header() -> None:
    """A ValueError that quotes a header, as http.client raises it, is told by its kind only."""

    class Quoting(requests.Session):
        def request(self, *_: Any, **__: Any) -> requests.Response:
            raise ValueError(f"Invalid header value b'Bearer {GOOD}'")

    class Encoding(requests.Session):
        def request(self, *_: Any, **__: Any) -> requests.Response:
            raise UnicodeEncodeError("latin-1", f"Bearer {GOOD}\u200b", 78, 79, "ordinal not in range(256)")

    for session in (Quoting, Encoding):
        api = DigitalOcean(GOOD, clock=FakeClock(), open_session=session, end_point="https://api.example/v2/")
        for method in ("GET", "POST", "DELETE"):
            with pytest.raises(ClusterError, match="could not be sent") as caught:
                api.request(method, "droplets")
            assert GOOD not in shown(caught.value)
            assert "Nothing was asked" in str(caught.value)


def test_a_good_token_still_works() -> None:
    """A token as DigitalOcean makes them is taken, and goes into the header as it is."""
    cloud = FakeCloud(FakeClock())
    api = DigitalOcean(
        check_token(GOOD, "test"), clock=cloud.clock, open_session=cloud.session, end_point="https://api.example/v2/"
    )
    api.get("account")
    assert cloud.authorizations == [f"Bearer {GOOD}"]


@pytest.mark.parametrize(
    "line",
    [
        f"head_setup_commands: ['export DIGITALOCEAN_TOKEN={GOOD}']",
        f"provider: {{type: external, token: {GOOD}}}",
        f"'{GOOD}': x",
        f"cluster_name: [{GOOD}",
        f"\t{GOOD}",
        f"max_workers: {GOOD}",
    ],
)
def test_a_token_in_the_clusters_file_is_refused_and_not_shown(tmp_path: Path, line: str) -> None:
    """Wherever it stands, also in a file that is no YAML, and whatever else is wrong with the file."""
    file = tmp_path / "cluster.yaml"
    file.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(ClusterConfigError) as caught:
        read_file(file)
    assert GOOD not in shown(caught.value)
    assert "Nothing was created" in str(caught.value)


def test_the_place_of_a_token_in_the_file_is_named() -> None:
    """The shipped file holds none; one in a command is told by its key."""
    shipped = yaml.safe_load((ROOT / "ray-cluster.yaml").read_text(encoding="utf-8"))
    refuse_secrets(shipped)
    shipped["head_setup_commands"].append(f"echo {GOOD} > ~/token")
    with pytest.raises(ClusterConfigError, match=r"`head_setup_commands\[\d\]`.*revoke that token"):
        refuse_secrets(shipped)


def test_a_full_disk_leaves_the_token_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new token is written beside the old one first."""
    file = write(tmp_path, b"old-token\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ClusterConfigError, match="No space left"):
        bootstrap.save_token({"DIGITALOCEAN_TOKEN": GOOD}, file)
    assert Path(file).read_bytes() == b"old-token\n"
    assert [path.name for path in tmp_path.iterdir()] == ["token"]

"""SSH keys as the head will use them: each that can't open a machine is told before anything is rented."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster import bootstrap_config as bootstrap
from cluster.api import DigitalOcean
from cluster.errors import ClusterConfigError
from cluster.keys import fingerprint_of, public_key_of
from cluster.preflight import check_offline
from tests.fakes.cloud import FakeClock, FakeCloud
from tests.unit.cluster.test_provider import HEAD, HEAD_TAGS, config, open_provider

ROOT = Path(__file__).parents[3]


def make(path: Path, passphrase: str = "", *more: str) -> Path:
    """A key."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "mine", "-f", str(path), *more]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def foreign(path: Path) -> None:
    """Beside it lies the public half of another."""
    make(path)
    other = make(path.with_name("other"))
    shutil.copy(other.with_name("other.pub"), path.with_name(f"{path.name}.pub"))


def public_as_private(path: Path) -> None:
    """It is the public half, with its own name and beside itself."""
    make(path)
    shutil.copy(path.with_name(f"{path.name}.pub"), path)
    path.chmod(0o600)


def text(content: bytes, mode: int = 0o600) -> Callable[[Path], None]:
    """A file of that content, with the public half of some key beside it."""

    def write(path: Path) -> None:
        make(path)
        path.write_bytes(content)
        path.chmod(mode)

    return write


def cut(path: Path) -> None:
    """Its end is missing, as after a full disk."""
    make(path)
    path.write_bytes(path.read_bytes()[:-120])


def old_format_with_passphrase(path: Path) -> None:
    """RSA in PEM, with a passphrase."""
    command = ["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "secret", "-f", str(path)]
    subprocess.run(command, check=True)


def pub_of_garbage(path: Path) -> None:
    """The public half beside it is no key."""
    make(path)
    path.with_name(f"{path.name}.pub").write_bytes(b"\xef\xbb\xbf\xff garbage\n")


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "passphrase": (lambda path: make(path, "secret-pass"), "has a passphrase"),
    "passphrase, PEM": (old_format_with_passphrase, "has a passphrase"),
    "foreign public half": (foreign, "isn't the public half"),
    "garbage as public half": (pub_of_garbage, "isn't the public half"),
    "others can read it": (lambda path: make(path).chmod(0o644), "mode 0644"),
    "the group can read it": (lambda path: make(path).chmod(0o640), "mode 0640"),
    "garbage": (text(b"garbage\n"), "no private SSH key"),
    "empty": (text(b""), "no private SSH key"),
    "the public half": (public_as_private, "no private SSH key"),
    "cut off": (cut, "no private SSH key"),
    "a folder": (lambda path: path.mkdir(mode=0o700), "is a folder"),
    "a pipe": (lambda path: os.mkfifo(path, 0o600), "no file that holds a key"),
    "missing": (lambda _: None, "isn't there"),
    "a link to nothing": (lambda path: path.symlink_to("nowhere"), "isn't there"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_key_that_opens_nothing_is_told_by_preflight_and_before_renting(tmp_path: Path, kind: str) -> None:
    """Preflight calls it wrong, `ray up` ends with an error that says what to do, and nobody waits for a pipe."""
    spoil, told = WRONG[kind]
    key = tmp_path / "key"
    spoil(key)
    file = yaml.safe_load((ROOT / "ray-cluster.yaml").read_text(encoding="utf-8"))
    file["auth"]["ssh_private_key"] = str(key)
    (check,) = [each for each in check_offline(file) if each.check == "ssh key"]
    assert (check.result, told in check.detail) == ("wrong", True), check.detail
    with pytest.raises(ClusterConfigError, match="Nothing was created") as caught:
        bootstrap.with_key(file)
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("beside", [True, False])
def test_a_good_key_is_taken_with_and_without_its_public_half(tmp_path: Path, beside: bool) -> None:  # noqa: FBT001
    """What counts is the private half; the text is the one that ssh-keygen wrote."""
    key = make(tmp_path / "a key")
    public = key.with_name("a key.pub")
    wanted = public.read_text(encoding="utf-8").split()
    if not beside:
        public.unlink()
    assert public_key_of(key).split() == wanted


def test_the_key_that_nobody_named_is_tried_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key at the place where one is made otherwise is used, so it is judged."""
    monkeypatch.setenv("HOME", str(tmp_path))
    file = yaml.safe_load((ROOT / "ray-cluster.yaml").read_text(encoding="utf-8"))
    (tmp_path / ".ssh").mkdir(mode=0o700)
    make(tmp_path / ".ssh/inplay-inplay", "secret")
    (check,) = [each for each in check_offline(file) if each.check == "ssh key"]
    assert check.result == "wrong"
    with pytest.raises(ClusterConfigError, match="passphrase"):
        bootstrap.with_key(file)


def test_a_key_that_changed_since_ray_remembered_it_rents_nothing(tmp_path: Path) -> None:
    """Ray may take the answer of an earlier check from its cache; the key is tried again before a machine is made."""
    key = make(tmp_path / "key")
    remembered = {"ssh_public_key_text": public_key_of(key), bootstrap.KEY_PATH: str(key)}
    cloud = FakeCloud(FakeClock())
    provider = open_provider(cloud, tmp_path, **remembered)
    key.chmod(0o644)
    with pytest.raises(Exception, match="ssh won't use it"):
        provider.create_node(HEAD, HEAD_TAGS, 1)
    key.unlink()
    make(key)
    with pytest.raises(Exception, match="no-config-cache"):
        provider.create_node(HEAD, HEAD_TAGS, 1)
    assert cloud.droplets == {}
    again = open_provider(cloud, tmp_path, **remembered | {"ssh_public_key_text": public_key_of(key)})
    assert len(again.create_node(HEAD, HEAD_TAGS, 1)) == 1


def test_the_place_of_the_key_stays_on_this_machine(tmp_path: Path) -> None:
    """The head's copy of the file doesn't say where the key lies here."""
    made = bootstrap.for_head({"provider": config(tmp_path) | {bootstrap.KEY_PATH: "/here"}, "file_mounts": {}})
    assert bootstrap.KEY_PATH not in made["provider"]


def test_the_fingerprint_is_the_one_that_ssh_keygen_says(tmp_path: Path) -> None:
    """DigitalOcean lists keys under the MD5 of their bytes, as `ssh-keygen -E md5 -l` prints it."""
    key = make(tmp_path / "key")
    said = subprocess.run(
        ["ssh-keygen", "-E", "md5", "-l", "-f", f"{key}.pub"], capture_output=True, text=True, check=True
    )
    assert said.stdout.split()[1] == f"MD5:{fingerprint_of(public_key_of(key))}"
    with pytest.raises(ClusterConfigError):
        fingerprint_of("ssh-ed25519")


def test_the_account_is_asked_for_the_key(tmp_path: Path) -> None:
    """A fingerprint that isn't the key's own is wrong; a key that the account doesn't have is uploaded later."""
    from cluster.preflight import _key_there  # noqa: PLC0415

    key = make(tmp_path / "key")
    public = public_key_of(key)
    cloud = FakeCloud(FakeClock())
    api = DigitalOcean("token", clock=cloud.clock, open_session=cloud.session, end_point="https://api.example/v2/")
    file = {"cluster_name": "demo", "auth": {"ssh_private_key": str(key)}}
    assert "uploaded" in _key_there(api, file)
    listed = {"id": 5, "name": "mine", "public_key": public, "fingerprint": fingerprint_of(public)}
    cloud.things["account/keys"]["5"] = listed
    assert "mine" in _key_there(api, file)
    listed["fingerprint"] = ":".join(["00"] * 16)
    with pytest.raises(ClusterConfigError, match="00:00"):
        _key_there(api, file)

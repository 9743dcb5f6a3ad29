"""The SSH key of a cluster: read as the head will use it, without anybody to type a passphrase.

Source: OpenSSH, ssh-keygen(1) `-y`, and `sshkey_perm_ok`, which refuses a key of one's own that others can read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Any

from cluster.errors import ClusterConfigError

TRY_S = 30.0
LARGEST = 1_000_000
INSTEAD = "Correct `auth.ssh_private_key`, or remove the line and one is made."
PRIVATE = 0o077


def key_path(named: Any) -> Path:
    """Where the key is that the file names. Raises: ClusterConfigError when that is no path."""
    if not isinstance(named, str) or not named or "\0" in named:
        raise ClusterConfigError(f"`auth.ssh_private_key` is {named!r}, which is no path. Nothing was created.")
    return Path(os.path.expanduser(named))  # noqa: PTH111 - Path's raises where there is no home


def public_key_of(private: Path) -> str:
    """The public half, made from the private one, which opens without a passphrase.

    Raises:
        ClusterConfigError: when the key isn't there, can't be used, or has the public half of another key beside it.
    """
    _check_file(private)
    said = _ssh_keygen(private)
    public = said.stdout.strip()
    if said.returncode != 0 or len(public.split()) < 2:  # noqa: PLR2004 - kind and key
        raise ClusterConfigError(f"{_why_not(private, said.stderr)} Nothing was created. {INSTEAD}")
    if public.startswith("sk-"):
        raise ClusterConfigError(
            f"The SSH key {private} needs its hardware at every login, which the head hasn't: it couldn't reach its "
            f"workers. Nothing was created. {INSTEAD}"
        )
    beside = private.with_name(private.name + ".pub")
    if beside.is_file() and _half_beside(beside) != public.split()[:2]:
        raise ClusterConfigError(
            f"{beside} isn't the public half of {private}, so ssh would offer a key that no machine knows. Nothing was "
            f"created. Make it anew: `ssh-keygen -y -f {shlex.quote(str(private))} > {shlex.quote(str(beside))}`."
        )
    return public


def fingerprint_of(public: str) -> str:
    """The fingerprint that DigitalOcean lists a public key under: MD5 of its bytes, in pairs of digits.

    Raises:
        ClusterConfigError: when that is no public key.
    """
    try:
        blob = base64.b64decode(public.split()[1], validate=True)
    except (IndexError, ValueError, binascii.Error):
        raise ClusterConfigError("That is no public SSH key. Nothing was created.") from None
    digits = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def make_key(path: Path, cluster: str) -> None:
    """A key is there; one that was there stays. Raises: ClusterConfigError."""
    if os.path.lexists(path):
        return
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"inplay-{cluster}", "-f", str(path)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=TRY_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClusterConfigError(f"No SSH key could be made at {path}: {error}. Nothing was created.") from None
    if made.returncode != 0:
        raise ClusterConfigError(f"No SSH key could be made at {path}: {made.stderr.strip()}. Nothing was created.")


def _check_file(private: Path) -> None:
    """It is a file that ssh would use. Opening anything else, such as a pipe, could wait for ever."""
    try:
        found = private.stat()
    except FileNotFoundError:
        raise ClusterConfigError(f"The SSH key {private} isn't there. Nothing was created. {INSTEAD}") from None
    except OSError as error:
        raise ClusterConfigError(
            f"The SSH key {private} can't be read: {error.strerror}. Nothing was created. {INSTEAD}"
        ) from None
    if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "no file that holds a key"
        raise ClusterConfigError(f"The SSH key {private} is {what}. Nothing was created. {INSTEAD}")
    if found.st_mode & PRIVATE:
        raise ClusterConfigError(
            f"Others can read the SSH key {private} (mode {stat.S_IMODE(found.st_mode):04o}), so ssh won't use it. "
            f"Nothing was created. `chmod 600 {shlex.quote(str(private))}`."
        )


def _ssh_keygen(private: Path) -> subprocess.CompletedProcess[str]:
    # -P "" rather than a prompt: nobody can type a passphrase on the head either, and no agent goes there.
    command = ["ssh-keygen", "-y", "-P", "", "-f", str(private)]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=TRY_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        raise ClusterConfigError(
            "ssh-keygen isn't installed here, so no SSH key can be tried. Nothing was created. Install OpenSSH."
        ) from None
    except subprocess.TimeoutExpired:
        raise ClusterConfigError(
            f"ssh-keygen didn't read the SSH key {private} within {TRY_S:.0f} s. Nothing was created. {INSTEAD}"
        ) from None


def _why_not(private: Path, said: str) -> str:
    if "passphrase" in said:
        return (
            f"The SSH key {private} has a passphrase. An agent may open it here, but the head, which reaches its "
            "workers with it, has none."
        )
    last = said.strip().splitlines()[-1:] or ["ssh-keygen says nothing"]
    return f"{private} is no private SSH key that can be used: {last[0]}."


def _half_beside(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").split()[:2]
    except OSError:
        return []

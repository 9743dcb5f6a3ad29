"""DigitalOcean's token: where it comes from, and which characters it may have. Nothing here ever shows it."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cluster.errors import ClusterConfigError

TOKEN_VARIABLES = ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN")
TOKEN_FILE = "~/.inplay/digitalocean_token"  # noqa: S105 - where it is, not what it is
AROUND = " \t\r\n"
"""What a terminal or an editor puts around a token; the rest of it isn't ours to guess."""
ALLOWED = re.compile(r"[A-Za-z0-9_.-]\Z")
LOOKS_LIKE_ONE = re.compile(r"\bdo[opr]_v1_[A-Za-z0-9]{16,}")
"""Source: DigitalOcean, token prefixes: personal dop_v1_, OAuth doo_v1_, refresh dor_v1_, and 64 hexadecimal digits."""
LARGEST = 4_096
PRIVATE = 0o077


def read_token(environment: Mapping[str, str], token_file: str = TOKEN_FILE) -> str:
    """The token from `DIGITALOCEAN_TOKEN`, or from a file that only its owner can read.

    Raises:
        ClusterConfigError: when there is none, it can't be one, or others could read the file.
    """
    return given_token(environment) or _from_file(token_file)


def given_token(environment: Mapping[str, str]) -> str:
    """The environment's token, or nothing. Raises: ClusterConfigError when it can't be one."""
    for name in TOKEN_VARIABLES:
        token = environment.get(name, "").strip(AROUND)
        if token:
            return check_token(token, name)
    return ""


def check_token(token: str, where: str) -> str:
    """The token, which can stand in a header. Raises: ClusterConfigError, saying what is wrong at which place."""
    for place, character in enumerate(token, 1):
        if not ALLOWED.match(character):
            raise ClusterConfigError(
                f"The token in {where} can't be right: character {place} of {len(token)} is {_named(character)}, and "
                "tokens have letters, digits, `_`, `.` and `-` only. Nothing was asked and nothing was created. Copy "
                "it again, without what stands around it."
            )
    return token


def refuse_secrets(config: Any) -> None:
    """No text of the cluster's file holds a token. Raises: ClusterConfigError, naming its key and not the token."""
    for place, text in _texts(config, ""):
        if LOOKS_LIKE_ONE.search(text):
            raise ClusterConfigError(
                f"A token of DigitalOcean stands in the cluster's file, at `{place}`, from where it would reach logs "
                "and other machines. Nothing was created. Remove it, revoke that token, and set DIGITALOCEAN_TOKEN."
            )


def without_tokens(text: str) -> str:
    """The text, with whatever looks like a token left out."""
    return LOOKS_LIKE_ONE.sub("[token]", text)


def _from_file(token_file: str) -> str:
    path = Path(os.path.expanduser(token_file))  # noqa: PTH111 - Path's raises where there is no home
    try:
        content = _content(path, token_file)
    except FileNotFoundError:
        raise ClusterConfigError(
            "There is no DigitalOcean token. Nothing was asked and nothing was created. Set DIGITALOCEAN_TOKEN, or "
            f"write the token into {token_file} and `chmod 600` it. docs/cluster.md lists the scopes it needs."
        ) from None
    except OSError as error:
        raise ClusterConfigError(
            f"{token_file} can't be read: {error.strerror}. Nothing was asked. Set DIGITALOCEAN_TOKEN, or correct it."
        ) from None
    token = content.decode("utf-8", "surrogateescape").strip(AROUND)
    if not token:
        raise ClusterConfigError(f"{token_file} is empty. Nothing was asked. Write the token into it.")
    return check_token(token, token_file)


def _content(path: Path, shown: str) -> bytes:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ClusterConfigError(f"{shown} is no file. Nothing was asked. Write the token into a file of that name.")
    if found.st_mode & PRIVATE:
        raise ClusterConfigError(f"Others can read {shown}. It was not used. `chmod 600 {shown}`.")
    if found.st_size > LARGEST:
        raise ClusterConfigError(f"{shown} has {found.st_size:,} bytes, so it holds no token. Nothing was asked.")
    return path.read_bytes()


def _named(character: str) -> str:
    """What a character is, for somebody who may not see it."""
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # noqa: PLR2004 - Python's stand-in for a byte that isn't UTF-8
        return f"the byte 0x{code - 0xDC00:02X}, which isn't UTF-8"
    known = {"\n": "a line break", "\r": "a carriage return", "\t": "a tab", " ": "a space", "\0": "a NUL"}
    if character in known:
        return known[character]
    return f"U+{code:04X} {unicodedata.name(character, 'without a name')}"


def _texts(part: Any, place: str) -> Iterator[tuple[str, str]]:
    """Every text of nested mappings and lists, with its place."""
    if isinstance(part, str):
        yield place, part
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield place or "a key", str(key)
            yield from _texts(value, f"{place}.{key}" if place else str(key))
    elif isinstance(part, list | tuple):
        for number, value in enumerate(part):
            yield from _texts(value, f"{place}[{number}]")

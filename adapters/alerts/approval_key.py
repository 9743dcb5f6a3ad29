"""The key that links of approvals are signed with: made by the platform, kept in the data folder for its owner alone.

It is in no record, log or backup. Who deletes it takes back every link that was sent.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path
from typing import Final

from adapters.machine.whole_files import write_whole
from trading.approval.links import KEY_BYTES
from trading.errors import UnavailableError

FILE: Final = "approval_key"


def known_key(home: Path) -> bytes | None:
    """The key; None where there is none or the file is damaged. Nothing is made by asking."""
    try:
        key = bytes.fromhex((home / FILE).read_text(encoding="ascii").strip())
    except (FileNotFoundError, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def approval_key(home: Path) -> bytes:
    """The key, made where there is none; of two processes that make one at once both have the same afterwards.

    A damaged file is replaced: links that were signed before are refused from then on.

    Raises:
        UnavailableError: when it isn't there after it was written.
    """
    folder = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if known_key(home) is None:
            write_whole(home / FILE, _write_new)
    finally:
        os.close(folder)  # which gives the lock back
    made = known_key(home)
    if made is None:
        raise UnavailableError(f"{home / FILE} can't be read back, so no link was made. Nothing was sent.")
    return made


def _write_new(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES))

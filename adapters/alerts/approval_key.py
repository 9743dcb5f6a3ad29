"""The key that links of approvals are signed with: made by the platform, kept in the data folder for its owner alone.

It is in no record, log or backup. Who deletes it takes back every link that was sent.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from trading.approval.links import KEY_BYTES

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
    """
    known = known_key(home)
    if known is not None:
        return known
    path, part = home / FILE, home / f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}.part"
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        if path.exists():  # damaged, or made by another process meanwhile
            made = known_key(home)
            if made is not None:
                return made
            part.replace(path)
        else:
            os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)
    made = known_key(home)
    return made if made is not None else approval_key(home)

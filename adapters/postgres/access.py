"""Who the embedded PostgreSQL runs as, and how that user reaches its files.

PostgreSQL refuses to run as root. When we are root, it runs as the system user `pgserver`, and that user has to pass
through the folders above the program and above the data, which fails below a private folder such as `/root` (mode
0700). Opening such a folder to everybody would be wrong. Each one gets an access-control entry instead that lets this
one user pass through it, and neither list nor read anything (`getfacl /root` shows it, `setfacl -x u:pgserver /root`
takes it away).
"""

from __future__ import annotations

import errno
import os
import pwd
import stat
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from trading.errors import UnavailableError

SYSTEM_USER = "pgserver"
ACL = "system.posix_acl_access"
HEADER, ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
NOBODY = 0xFFFFFFFF
"""The layout of the attribute: Linux, include/uapi/linux/posix_acl_xattr.h."""


@dataclass(frozen=True)
class Owner:
    """The user and group that the server runs as."""

    uid: int
    gid: int


def server_owner() -> Owner:
    """The user of the server: ourselves, or `pgserver` (made if absent) when we are root.

    Raises:
        UnavailableError: when the user cannot be made.
    """
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid())
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        entry = _make_user()
    return Owner(entry.pw_uid, entry.pw_gid)


def _make_user() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        made = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        return pwd.getpwnam(SYSTEM_USER)  # whatever useradd says: another run may have made it meanwhile
    except FileNotFoundError:
        reason = "useradd is not installed"
    except subprocess.TimeoutExpired:
        reason = "useradd did not answer within 30 s"
    except KeyError:
        reason = made.stderr.strip()
    raise UnavailableError(
        f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} could not be made: {reason}. "
        "Nothing was changed. Run as an ordinary user, make that user yourself, or set DATABASE_URL."
    )


def let_pass(owner: Owner, path: Path) -> None:
    """The owner can reach `path` through every folder above it.

    Raises:
        UnavailableError: when a private folder stands above it and its file system takes no access-control entries.
    """
    if os.geteuid() != 0 or owner.uid == 0:
        return
    for folder in reversed(path.resolve().parents):
        status = folder.stat()
        if status.st_mode & stat.S_IXOTH or (status.st_uid == owner.uid and status.st_mode & stat.S_IXUSR):
            continue
        try:
            _grant_pass(folder, owner.uid)
        except OSError as error:
            raise UnavailableError(_refused(folder, path, error)) from None


def let_read(owner: Owner, folder: Path) -> None:
    """The owner can read everything in `folder`: the program files of PostgreSQL, which hold no secret.

    They are unreadable only where packages were installed with a private umask.
    """
    if os.geteuid() != 0 or owner.uid == 0 or (folder / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    root = folder.resolve().parent
    for path in (root, *root.rglob("*")):
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _refused(folder: Path, path: Path, error: OSError) -> str:
    why = "its file system has no access-control lists" if error.errno == errno.ENOTSUP else str(error.strerror)
    return (
        f"PostgreSQL runs as the user {SYSTEM_USER}, who cannot pass through {folder} to {path}: {why}. "
        "Nothing was changed. Set INPLAY_HOME to a folder outside it, run as an ordinary user, or set DATABASE_URL."
    )


def _grant_pass(folder: Path, uid: int) -> None:
    os.setxattr(folder, ACL, with_pass(_entries(folder), uid))


def _entries(folder: Path) -> list[tuple[int, int, int]]:
    try:
        raw = os.getxattr(folder, ACL)
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        mode = folder.stat().st_mode
        return [(USER_OBJ, mode >> 6 & 7, NOBODY), (GROUP_OBJ, mode >> 3 & 7, NOBODY), (OTHER, mode & 7, NOBODY)]
    return list(ENTRY.iter_unpack(raw[HEADER.size :]))


def with_pass(entries: list[tuple[int, int, int]], uid: int) -> bytes:
    """The attribute that says `entries`, and that `uid` may pass; nobody else gains a right.

    The mask caps all but owner and others. Widening it for our entry would widen the capped ones too, so they are cut
    down to the old mask first.
    """
    cap = next((permission for tag, permission, _ in entries if tag == MASK), 7)
    kept, already = [], 0
    for tag, permission, holder in entries:
        capped = permission & cap if tag in {USER, GROUP_OBJ, GROUP} else permission
        if tag == USER and holder == uid:
            already = capped
        elif tag != MASK:
            kept.append((tag, capped, holder))
    kept.append((USER, already | 1, uid))
    mask = 0
    for tag, permission, _ in kept:
        mask |= permission if tag in {USER, GROUP_OBJ, GROUP} else 0
    kept.append((MASK, mask, NOBODY))
    kept.sort(key=lambda entry: (entry[0], entry[2]))
    return HEADER.pack(2) + b"".join(ENTRY.pack(*entry) for entry in kept)

"""Runs a program that does not outlive its parent: `python launch.py PARENT_PID UID GID PROGRAM ARGUMENTS…`.

A file of its own, started as a fresh interpreter, because code between fork and exec may deadlock in a process with
threads. It imports nothing of ours: after the change of user our files may be out of reach.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""`man 2 prctl`: the signal this process gets when its parent dies. A change of user clears it, so it comes last."""


def _die_with_parent(parent_pid: int) -> None:
    if sys.platform != "linux":
        return  # no such call elsewhere: there, a killed run leaves a server that has to be stopped by hand
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent_pid:
        sys.exit("the parent died before the program started")


def main() -> None:
    """The program has replaced this process."""
    parent_pid, uid, gid = (int(text) for text in sys.argv[1:4])
    if os.geteuid() == 0 and uid != 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.umask(0o077)
    _die_with_parent(parent_pid)
    os.execv(sys.argv[4], sys.argv[4:])  # noqa: S606 - replacing this process is the point


if __name__ == "__main__":
    main()

"""Programs of the system, run to their end."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from cluster.errors import ClusterError

TIMEOUT_S = 30.0


class RehearsalError(ClusterError):
    """The rehearsal can't begin or go on. No real machine was involved, so nothing is left and nothing is billed."""


def run(*command: str, stdin: str | None = None, timeout_s: float = TIMEOUT_S) -> str:
    """What the program wrote to its output.

    Raises:
        RehearsalError: it failed or took too long.
    """
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        raise RehearsalError(
            f"`{' '.join(command)}` took longer than {timeout_s:.0f} s. No real machine ran."
        ) from None
    if done.returncode != 0:
        raise RehearsalError(
            f"`{' '.join(command)}` failed with {done.returncode}: {done.stderr.strip()[-500:]}. No real machine ran."
        )
    return done.stdout


def entering(netns: str, command: Sequence[str]) -> list[str]:
    """The command as it is run inside a network namespace."""
    return ["ip", "netns", "exec", netns, *command]

"""Asks Ray's control store for its nodes: `python -m cluster.rehearsal.ask_control_store HOST:PORT`.

Prints "answered", or "refused: ..." when it wants a token; any other failure ends with an error.
"""

from __future__ import annotations

import sys

from ray._raylet import GcsClient  # type: ignore[attr-defined]  # it has no other public name
from ray.exceptions import AuthenticationError, RpcError

TIMEOUT_S = 10.0


def ask(address: str) -> str:
    """What the control store at `address` says to this process's token, or to none."""
    try:
        GcsClient(address=address).internal_kv_keys(b"", b"", timeout=TIMEOUT_S)
    except (AuthenticationError, RpcError) as error:
        text = str(error).splitlines()[0]
        if isinstance(error, AuthenticationError) or "unauthenticated" in text.lower():
            return f"refused: {text[:200]}"
        raise
    return "answered"


if __name__ == "__main__":
    sys.stdout.write(ask(sys.argv[1]) + "\n")

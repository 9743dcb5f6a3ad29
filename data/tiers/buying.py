"""Buying what the forecast asks for, by the command that a person would use."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from data.tiers.forecast import Purchase
from trading.errors import UnavailableError

Buy = Callable[[Purchase], str]
"""Buys, and says in words what was done."""
TIMEOUT_S = 300


def buy_by_command(purchase: Purchase) -> str:
    """The volume is bought, attached and mounted: `inplay cluster volume --yes`.

    Raises:
        UnavailableError: with what the command said; it may be repeated, and never buys twice.
    """
    command = [sys.executable, "-P", "-m", "cli.main", "cluster", "volume", "--size", str(purchase.size_gb), "--yes"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"Buying a volume took more than {TIMEOUT_S} s; it is tried again later.") from None
    if done.returncode:
        raise UnavailableError(f"No volume was bought: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()

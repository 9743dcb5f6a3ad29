"""What a training costs: the machines of the cluster, as its own record of starts and stops has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from adapters.spend.costs import lives
from adapters.spend.files import read_spend_files
from trading.errors import ConfigurationError


def spent_since(spend_folder: Path, since: datetime, clock: Callable[[], datetime]) -> Callable[[], float]:
    """What all machines on the record of costs have cost since then, in dollars: their hourly prices by their time.

    Args:
        spend_folder: where the node provider keeps starts and stops.
        since: the beginning of the training.
        clock: the wall clock.

    Raises:
        ConfigurationError: when no machine runs whose price is known.
    """

    def spent() -> float:
        at = clock()
        return sum(one.cost_usd(since, at) for one in lives(read_spend_files(spend_folder)))

    if not any(one.stopped_at is None for one in lives(read_spend_files(spend_folder))):
        raise ConfigurationError(
            f"--budget-usd needs machines whose price is known, and none that runs is on record in {spend_folder}. "
            "Nothing was trained. Bound the training by --time or --trials."
        )
    return spent

"""What a training costs: the machines of the cluster, as its own record of starts and stops has them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.spend.costs import E6, lives
from adapters.spend.files import read_spend_files
from trading.errors import ConfigurationError


@dataclass(frozen=True)
class AtPrice:
    """What is spent at a price an hour since a moment; plain values, so that another machine can count it too.

    Attributes:
        since_s: of the wall clock, Unix time.
    """

    usd_per_h: float
    since_s: float

    def __call__(self) -> float:
        """In dollars, by this machine's clock."""
        return max(0.0, time.time() - self.since_s) / 3_600 * self.usd_per_h


def with_gpu_since(spend_folder: Path, since: datetime, gpu_usd_per_h: float) -> AtPrice:
    """What the machines that run now and a GPU of that price cost since then.

    The GPU counts from the moment that it was asked for, which is a little more than is billed.
    """
    running = [one for one in lives(read_spend_files(spend_folder)) if one.stopped_at is None and not one.has_gpu]
    others = sum(one.start.price_usd_e6_per_h for one in running) / E6
    return AtPrice(others + gpu_usd_per_h, since.timestamp())


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

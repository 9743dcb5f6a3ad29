"""Which account at which broker the cycle orders for: plain values, so that they travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trading.decisions.arms import Arm


@dataclass(frozen=True)
class BrokerAccount:
    """An account at a broker.

    Attributes:
        broker: its row of `execution.opening.BROKERS`.
        credentials: what lets its adapter in, as its row makes it of the settings; no text of it shows a secret.
        url: of the trading API.
        decides_by: the system that the book follows.
        reconcile_every_s: beside each session.
    """

    broker: str
    credentials: Any
    url: str
    decides_by: Arm
    reconcile_every_s: float
    requests_per_min: int

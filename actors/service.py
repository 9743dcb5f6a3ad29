"""What all services share: a pool of their own, and an answer to "are you well"."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Literal

from actors.heaps import hand_back
from actors.wiring import Wiring
from adapters.postgres.pool import Pool, open_pool
from adapters.record import Record

HEALTH_GROUP = "health"
"""Calls in this concurrency group are answered while the service is at work."""

Condition = tuple[Literal["ok", "degraded"], str]
"""A state and what to say of it."""


class Service:
    """A service of the platform. Its constructor is its recovery: what it must know, it reads from the record."""

    name = "service"

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring

    @cached_property
    def pool(self) -> Pool:
        """Connections of this service, opened when first needed."""
        return open_pool(self.wiring.database_url.get_secret_value(), name=f"inplay {self.name}", size=2)

    @cached_property
    def on_record(self) -> Record:
        """The record over these connections."""
        return self.wiring.record(self.pool)

    def is_wired_as(self, wiring: Wiring) -> bool:
        """Whether it was made of these settings; one that outlived its run may have others."""
        return self.wiring == wiring

    def condition(self) -> Condition:
        """How the service does, for the record of health; answered while it is at work."""
        return "ok", f"process {os.getpid()}"

    def hand_back(self) -> None:
        """What the service has freed is the machine's again."""
        hand_back()

    def pid(self) -> int:
        """The process this service runs in; answering at all is its sign of life."""
        return os.getpid()

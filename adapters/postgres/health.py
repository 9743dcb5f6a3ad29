"""`service_health`: the last word of each service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from adapters.postgres.pool import Pool, transaction

State = Literal["starting", "ok", "degraded", "failed", "stopped"]


@dataclass(frozen=True)
class ServiceState:
    """How a service is."""

    service: str
    state: State
    detail: str
    at: datetime


class HealthStore:
    """Writer and reader of `service_health`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, said: ServiceState) -> None:
        """This is the last word of the service, unless a later one is on record."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO service_health AS h (service, state, detail, at) VALUES (%s, %s, %s, %s) "
                "ON CONFLICT (service) DO UPDATE SET state = excluded.state, detail = excluded.detail, "
                "at = excluded.at WHERE h.at <= excluded.at",
                [said.service, said.state, said.detail, said.at],
            )

    def load(self) -> list[ServiceState]:
        """The last word of each service, by name."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT service, state, detail, at FROM service_health ORDER BY service")
            return [ServiceState(*row) for row in cursor.fetchall()]

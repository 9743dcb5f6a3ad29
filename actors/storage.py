"""Storage: keeps bars in their tiers, watches the disk, makes backups."""

from __future__ import annotations

import threading
from functools import cached_property
from importlib.metadata import version

import structlog

from actors.service import Service
from actors.wiring import Wiring, now
from adapters.postgres.storage_events import StorageEvent
from adapters.tiers.buying import buy_by_command
from adapters.tiers.keeping import Keeping
from trading.errors import InplayError

PERIOD_S = 60.0


class Storage(Service):
    """Writer of the tiers' side of the manifest, of measurements and of storage events."""

    name = "storage"

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(wiring)
        self._stop = threading.Event()
        threading.Thread(target=self._watch, name="storage", daemon=True).start()

    @cached_property
    def _keeping(self) -> Keeping:
        url = self.wiring.database_url.get_secret_value()
        rules = self.wiring.storage
        buy = buy_by_command if rules.buy_volume else None
        return Keeping(self.wiring.home, self.pool, url, rules, version=version("inplay"), clock=now, buy=buy)

    def _watch(self) -> None:
        log = structlog.get_logger()
        while not self._stop.wait(PERIOD_S):
            try:
                for event in self.tick():
                    log.info("storage", kind=event.kind, ok=event.ok, detail=event.detail)
            except (InplayError, OSError) as error:
                log.warning("storage_not_watched", reason=str(error))

    def tick(self) -> list[StorageEvent]:
        """What is due now is done; see `Keeping.tick`."""
        return self._keeping.tick()

"""Storage: keeps bars in their tiers, watches the disk, makes backups."""

from __future__ import annotations

import threading
from functools import cached_property
from importlib.metadata import version

import structlog

from actors.service import Condition, Service
from actors.wiring import Wiring, now
from adapters.postgres.storage_events import StorageEvent
from data.keeping import Keeping
from data.tiers.buying import buy_by_command
from trading.errors import InplayError

PERIOD_S, RETRY_S = 60.0, 5.0
"""Between two looks, and until the next one where a look could not be done."""


class Storage(Service):
    """Writer of the tiers' side of the manifest, of measurements and of storage events."""

    name = "storage"
    longest_work_s = 24 * 3600.0
    """A first backup or archive over a slow line."""

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(wiring)
        self._stop = threading.Event()
        self._trouble = ""
        threading.Thread(target=self._watch, name="storage", daemon=True).start()

    @cached_property
    def _keeping(self) -> Keeping:
        url = self.wiring.database_url.get_secret_value()
        rules = self.wiring.storage
        buy = buy_by_command if rules.buy_volume else None
        return Keeping(self.wiring.home, self.pool, url, rules, version=version("inplay"), clock=now, buy=buy)

    def _watch(self) -> None:
        pause_s = PERIOD_S
        while not self._stop.wait(pause_s):
            pause_s = PERIOD_S if self.look() else RETRY_S

    def look(self) -> bool:
        """What is due is done, and what goes wrong is known to `condition`; nothing ends the watch.

        Returns:
            Whether it could look: not while the record or the disk can't be read.
        """
        log = structlog.get_logger()
        try:
            for event in self.tick():
                log.info("storage", kind=event.kind, ok=event.ok, detail=event.detail)
            self._trouble = "; ".join(
                f"the last {event.kind} failed: {event.detail}" for event in self._keeping.failing()
            )
        except (InplayError, OSError) as error:
            self._trouble = f"the disk is not watched: {error}"
            log.warning("storage_not_watched", reason=str(error))
            return False
        except Exception as error:  # a defect in one duty must not end archiving and backups for good
            self._trouble = f"a defect: {type(error).__name__}; the log has the trace"
            log.exception("storage_defect")
        return True

    def condition(self) -> Condition:
        """Well, or what failed when it was last tried: an archive or a backup that isn't made is no small thing."""
        return ("degraded", self._trouble) if self._trouble else super().condition()

    def tick(self) -> list[StorageEvent]:
        """What is due now is done; see `Keeping.tick`."""
        return self._keeping.tick()

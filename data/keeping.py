"""What the storage service does in the course of a day: measure, archive, back up, each when it is due."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from adapters.calendar import closes, sessions_between
from adapters.machine.disk_use import bytes_on_disk
from adapters.postgres.pool import Pool
from adapters.postgres.storage_events import KINDS, StorageEvent, StorageEventKind, StorageEvents
from adapters.postgres.tier_record import Measurement, TierRecord
from data.backup.making import Backup
from data.storage_rules import StorageRules
from data.tiers.archive import Archive
from data.tiers.buying import Buy
from data.tiers.forecast import Forecast, Purchase, forecast
from trading.errors import InplayError, UnavailableError

AFTER_CLOSE = timedelta(minutes=30)
"""Late bars of the session are in by then."""
LONGEST_CLOSURE_DAYS = 10
RETRY_AFTER = timedelta(hours=1)
"""What failed is tried again after so long."""
MEMORY_DAYS = 90
"""Measurements that the forecast looks at."""


class Keeping:
    """The duties over one data folder.

    Args:
        home: the data folder.
        pool: of the record.
        url: of the record, for the programs of PostgreSQL.
        rules: what to go by.
        version: of the program.
        clock: tells the time.
        buy: buys what the forecast asks for; without it nothing is bought, it is only said.
    """

    def __init__(
        self,
        home: Path,
        pool: Pool,
        url: str,
        rules: StorageRules,
        *,
        version: str,
        clock: Callable[[], datetime],
        buy: Buy | None = None,
    ) -> None:
        self._home = home
        self._url = url
        self._rules = rules
        self._version = version
        self._clock = clock
        self._buy = buy
        self._record = TierRecord(pool)
        self._events = StorageEvents(pool)

    def tick(self) -> list[StorageEvent]:
        """What is due is done and on record, failures with their reason; returns what was done."""
        self.measure()
        done = []
        if self._archive_is_due():
            done.append(self._attempt("archive", self._archive))
        if self._backup_is_due():
            done.append(self._attempt("backup", self._backup))
        wanted = self._purchase_due()
        if wanted is not None and self._buy is not None:
            done.append(self._attempt("volume", partial(self._buy, wanted)))
        return done

    def _purchase_due(self) -> Purchase | None:
        """What is to be bought now: once, since a second volume would be no help without a person's decision."""
        if self._buy is None or self._events.last("volume", ok=True) is not None or self._failed_lately("volume"):
            return None
        seen = outlook(self._record, self._rules, self._clock().date())
        return None if seen is None or self._rules.locations.warm is not None else seen.purchase

    def measure(self) -> Measurement:
        """How full the disk is now is on record as the word of this day."""
        disk = shutil.disk_usage(self._home)
        bars = bytes_on_disk(self._home / "bars")
        if bars is None:
            raise UnavailableError(f"A part of {self._home / 'bars'} may not be read; correct its permissions.")
        measured = Measurement(
            self._clock().date(),
            disk.used,
            disk.used + disk.free,  # without what the file system keeps for its own, as df counts
            bars,
            self._record.database_bytes(),
        )
        self._record.record_measurement(measured)
        return measured

    def _archive_is_due(self) -> bool:
        last = self._events.last("archive", ok=True)
        due = last is None or last.at < self._last_close() or last.at > self._clock()  # it was set back: don't wait
        return due and not self._failed_lately("archive")

    def _backup_is_due(self) -> bool:
        rules = self._rules.backup
        if rules.target is None:
            return False
        last = self._events.last("backup", ok=True)
        now = self._clock()
        late = last is None or last.at + timedelta(hours=rules.every_h) <= now or last.at > now
        return late and not self._failed_lately("backup")

    def _failed_lately(self, kind: StorageEventKind) -> bool:
        failed = self._events.last(kind, ok=False)
        return failed is not None and self._clock() - RETRY_AFTER < failed.at <= self._clock()

    def failing(self) -> list[StorageEvent]:
        """The latest of each duty that failed when it was last tried."""
        latest = [self._events.last(kind) for kind in KINDS]
        return [event for event in latest if event is not None and not event.ok]

    def _last_close(self) -> datetime:
        """When the last session was over, its late bars included."""
        now = self._clock()
        sessions = sessions_between(now.date() - timedelta(days=LONGEST_CLOSURE_DAYS), now.date())
        return max(close for close in (at + AFTER_CLOSE for at in closes(sessions)) if close <= now)

    def _attempt(self, kind: StorageEventKind, work: Callable[[], str]) -> StorageEvent:
        try:
            event = StorageEvent(kind, self._clock(), True, work())
        except InplayError as error:
            event = StorageEvent(kind, self._clock(), False, str(error))
        self._events.record(event)
        return event

    def _archive(self) -> str:
        archive = Archive(self._home, self._record, self._rules.locations, self._rules.ages)
        done = archive.run(self._clock().date())
        return f"{done.moved} files moved, {done.merged} merged"

    def _backup(self) -> str:
        made = Backup(self._home, self._url, self._rules, version=self._version, clock=self._clock).make()
        return f"{made.name} in {made.target}: {made.files_new} new files, verified, journal {made.journal_hash[:12]}"


def outlook(record: TierRecord, rules: StorageRules, today: date) -> Forecast | None:
    """What the measurements on record foretell; None before the first one."""
    measured = record.measurements(today - timedelta(days=MEMORY_DAYS))
    has_volume = rules.locations.warm is not None
    return forecast(measured, rules.plan_bytes, has_volume=has_volume)

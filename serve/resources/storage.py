"""Disk, tiers and backups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from fastapi import APIRouter

from adapters.bars.files import KINDS, BarFile
from adapters.bars.locations import TIERS
from adapters.postgres.pool import Pool
from adapters.postgres.storage_events import StorageEventKind as EventKind
from adapters.postgres.storage_events import StorageEvents
from adapters.postgres.tier_record import TierRecord
from data.keeping import outlook
from data.storage_rules import StorageRules
from serve.answers.storage import Storage, StorageEvent, TierHolding
from serve.desk import Desk
from serve.sources import Sources

router = APIRouter()


def read(sources: Sources) -> Storage:
    """Disk, tiers and backups, by the record."""
    return storage_answer(sources.pool, sources.storage, datetime.now(UTC).date())


def storage_answer(pool: Pool, rules: StorageRules, today: date) -> Storage:
    """The answer, from the record alone."""
    record, events = TierRecord(pool), StorageEvents(pool)
    found = outlook(record, rules, today)
    latest = found.latest if found else None
    return Storage(
        measured_on=latest.day if latest else None,
        used_bytes=latest.used if latest else None,
        capacity_bytes=latest.capacity if latest else None,
        bars_bytes=latest.bars if latest else None,
        database_bytes=latest.database if latest else None,
        growth_bytes_per_day=found.growth_bytes_per_day if found else None,
        fills_on=found.fills_on if found else None,
        purchase=found.purchase.words if found and found.purchase else None,
        tiers=_tiers(record.files()),
        last_archive=_event(events, "archive"),
        last_backup=_event(events, "backup"),
    )


def _tiers(files: Sequence[BarFile]) -> list[TierHolding]:
    found = []
    for tier in TIERS:
        for timeframe in KINDS:
            group = [file for file in files if (file.tier, file.timeframe) == (tier, timeframe)]
            if group:
                found.append(
                    TierHolding(
                        tier=tier,
                        timeframe=group[0].timeframe,
                        files=len(group),
                        rows=sum(file.rows for file in group),
                        first_session=min(file.first_session for file in group),
                        last_session=max(file.last_session for file in group),
                    )
                )
    return found


def _event(events: StorageEvents, kind: EventKind) -> StorageEvent | None:
    last = events.last(kind)
    return None if last is None else StorageEvent(at=last.at, ok=last.ok, detail=last.detail)


@router.get("/storage", tags=["platform"], summary="Disk, tiers, backups")
async def get_storage(desk: Desk) -> Storage:
    """How full the disk is and when it will be, what to buy, what lies in which tier, the last backup."""
    return await desk.ask(read)

"""A process to be killed: a pass over the tiers and a backup. `python tier_worker.py HOME URL TARGET`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.postgres.pool import open_pool
from adapters.postgres.tier_record import TierRecord
from data.backup.making import Backup
from data.storage_rules import BackupRules, StorageRules
from data.tiers.archive import Archive
from tests.integration.data.tier_bars import TODAY


def main() -> None:
    """The tiers are in order and backed up; says so before it begins and when it is done."""
    home, url, target = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    pool = open_pool(url)
    print("begin", flush=True)
    Archive(home, TierRecord(pool)).run(TODAY)
    rules = StorageRules(backup=BackupRules(target=target, keep_daily=1, keep_weekly=0))
    at = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(seconds=len(list(Path(target).rglob("*.json"))))
    Backup(home, url, rules, version="test", clock=lambda: at).make()
    print("done", flush=True)
    pool.close()


if __name__ == "__main__":
    main()

"""Where bars and backups go and when, as plain values that travel to an actor."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import SecretStr

from adapters.bars.locations import TierLocations
from adapters.bars.tier_settings import tier_locations
from adapters.settings import Settings
from data.tiers.planning import Ages

GB = 10**9


@dataclass(frozen=True)
class BackupRules:
    """Where backups go and which are kept.

    Attributes:
        target: a folder, `USER@HOST:PATH` or `s3://BUCKET/PREFIX`; no backup is made by itself if None.
        key: age identity; backups are not encrypted if None.
        every_h: hours from one to the next.
        keep_daily: the last one of each of the latest so many days that have any.
        keep_weekly: likewise of weeks.
    """

    target: str | None = None
    key: SecretStr | None = None
    every_h: int = 24
    keep_daily: int = 7
    keep_weekly: int = 4


@dataclass(frozen=True)
class StorageRules:
    """What the storage service goes by.

    Attributes:
        plan_bytes: from this use of the disk on it says what to buy; three quarters of the disk if None.
        buy_volume: it buys that volume itself, once.
    """

    locations: TierLocations = field(default_factory=TierLocations)
    ages: Ages = field(default_factory=Ages)
    backup: BackupRules = field(default_factory=BackupRules)
    plan_bytes: int | None = None
    buy_volume: bool = False


def storage_rules(settings: Settings) -> StorageRules:
    """The rules that the settings say.

    Raises:
        ConfigurationError: when they contradict each other.
    """
    return StorageRules(
        locations=tier_locations(settings),
        ages=Ages(settings.hot_days, settings.warm_days),
        backup=BackupRules(
            settings.backup_target,
            settings.backup_key,
            settings.backup_every_h,
            settings.backup_keep_daily,
            settings.backup_keep_weekly,
        ),
        plan_bytes=None if settings.disk_plan_gb is None else settings.disk_plan_gb * GB,
        buy_volume=settings.buy_volume,
    )

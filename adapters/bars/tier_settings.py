"""Where the settings put each tier of bars."""

from __future__ import annotations

from adapters.bars.locations import TierLocations
from adapters.bars.places import S3Access
from adapters.settings import Settings
from trading.errors import ConfigurationError


def tier_locations(settings: Settings) -> TierLocations:
    """The places that the settings name.

    Raises:
        ConfigurationError: when what they say of tiers contradicts itself.
    """
    if settings.warm_days <= settings.hot_days:
        raise ConfigurationError(
            f"INPLAY_WARM_DAYS ({settings.warm_days}) must be more than INPLAY_HOT_DAYS ({settings.hot_days})."
        )
    if (settings.s3_access_key is None) != (settings.s3_secret_key is None):
        raise ConfigurationError("INPLAY_S3_ACCESS_KEY and INPLAY_S3_SECRET_KEY go together; set both or neither.")
    access = S3Access(settings.s3_endpoint, settings.s3_region, settings.s3_access_key, settings.s3_secret_key)
    return TierLocations(settings.warm_folder, settings.cold_url, access)

"""Alpaca's market data as the settings ask for it, opened."""

from __future__ import annotations

from adapters.alpaca.http import AlpacaHttp, AlpacaKeys
from adapters.pace import TokenBucket
from adapters.settings import Settings
from trading.errors import ConfigurationError


def alpaca_keys(
    settings: Settings,
    *,
    without: str = "Alpaca's bars need keys. Nothing was fetched. Set APCA_API_KEY_ID and APCA_API_SECRET_KEY; they "
    "come with a free account.",
) -> AlpacaKeys:
    """Alpaca's keys.

    Args:
        settings: that may have them.
        without: what to say when they haven't.

    Raises:
        ConfigurationError: without them.
    """
    if settings.apca_api_key_id is None or settings.apca_api_secret_key is None:
        raise ConfigurationError(without)
    return AlpacaKeys(settings.apca_api_key_id, settings.apca_api_secret_key)


def alpaca_http(settings: Settings) -> AlpacaHttp:
    """Alpaca's market data over HTTP, paced as the plan allows.

    Raises:
        ConfigurationError: without keys.
    """
    return AlpacaHttp(
        alpaca_keys(settings), settings.alpaca_url, bucket=TokenBucket(settings.alpaca_requests_per_min)
    )  # fmt: skip

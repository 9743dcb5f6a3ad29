"""The account at a broker that the settings ask for. Brokers are made here."""

from __future__ import annotations

from adapters.alpaca.account import BrokerAccount
from adapters.alpaca.http import AlpacaKeys
from adapters.alpaca.opening import alpaca_keys
from adapters.settings import Settings
from trading.errors import ConfigurationError

TRADING_URLS = {"alpaca-paper": "https://paper-api.alpaca.markets", "alpaca-live": "https://api.alpaca.markets"}
"""https://docs.alpaca.markets/docs/paper-trading"""


def trading_url(settings: Settings) -> str:
    """Where Alpaca's orders go.

    Raises:
        ConfigurationError: when no account at Alpaca is set.
    """
    if settings.broker == "simulated":
        raise ConfigurationError(
            "INPLAY_BROKER is simulated: there is no account at a broker. Nothing was asked. Set it to "
            "alpaca-paper or alpaca-live."
        )
    return settings.alpaca_trading_url or TRADING_URLS[settings.broker]


def trading_keys(settings: Settings) -> AlpacaKeys:
    """Alpaca's keys, for orders.

    Raises:
        ConfigurationError: without them.
    """
    return alpaca_keys(
        settings,
        without=f"INPLAY_BROKER is {settings.broker} without keys. Nothing was started and nothing was sent. Set "
        "APCA_API_KEY_ID and APCA_API_SECRET_KEY to those of that account, or unset INPLAY_BROKER.",
    )


def broker_account(settings: Settings) -> BrokerAccount | None:
    """The account that the run's cycle orders for, if any.

    Raises:
        ConfigurationError: when one is wanted without keys.
    """
    if settings.broker == "simulated":
        return None
    return BrokerAccount(
        settings.broker, trading_keys(settings), trading_url(settings), settings.broker_follows,
        settings.broker_reconcile_min * 60, settings.alpaca_requests_per_min,
    )  # fmt: skip

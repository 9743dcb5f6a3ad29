"""The account at a broker that the settings ask for. Brokers are made here and nowhere else.

To add one: write its adapter (`trading.broker.port` says what it must answer) and give it a row of `BROKERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Any, Protocol

from adapters.alpaca.http import AlpacaKeys
from adapters.alpaca.opening import alpaca_keys
from adapters.pace import TokenBucket
from adapters.settings import Settings
from execution.account import BrokerAccount
from trading.broker.events import EventRecord
from trading.broker.port import Account
from trading.errors import ConfigurationError

Clock = Callable[[], datetime]
Heard = Callable[[Mapping[str, Any]], int]
NotTaken = Callable[[str], None]


class Updates(Protocol):
    """The broker's stream of what happens to orders, heard from entering to leaving."""

    def __enter__(self) -> Any:
        """The stream is being heard, or connected to."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing more is heard."""
        ...

    @property
    def listening(self) -> bool:
        """Whether it is heard now."""
        ...


@dataclass(frozen=True)
class BrokerRow:
    """A broker, and how its clients are made from the values of an account.

    Attributes:
        live: with money.
        url: of its trading, unless the settings name another one.
        credentials: of the settings; ConfigurationError when some are missing.
        connect: the account behind the port; its events go to the record, and no answer takes longer than the seconds;
            the broker's own bound for None.
        listen: its stream; each update is handed to the first, and what couldn't be taken is told to the second.
    """

    live: bool
    url: str
    credentials: Callable[[Settings], Any]
    connect: Callable[[BrokerAccount, EventRecord, Clock, float | None], Account]
    listen: Callable[[BrokerAccount, Heard, NotTaken], Updates]


def _trading_keys(settings: Settings) -> AlpacaKeys:
    return alpaca_keys(
        settings,
        without=f"INPLAY_BROKER is {settings.broker} without keys. Nothing was started and nothing was sent. Set "
        "APCA_API_KEY_ID and APCA_API_SECRET_KEY to those of that account, or unset INPLAY_BROKER.",
    )


def _alpaca(account: BrokerAccount, events: EventRecord, clock: Clock, timeout_s: float | None) -> Account:
    from adapters.alpaca.broker import TIMEOUT_S, AlpacaBroker  # noqa: PLC0415  heavy, and most runs have no broker

    bucket, bound_s = TokenBucket(account.requests_per_min), TIMEOUT_S if timeout_s is None else timeout_s
    return AlpacaBroker(account.credentials, account.url, events, clock, timeout_s=bound_s, bucket=bucket)


def _alpaca_updates(account: BrokerAccount, heard: Heard, not_taken: NotTaken) -> Updates:
    from adapters.alpaca.trade_updates import TradeUpdates  # noqa: PLC0415  likewise

    stream_url = f"{account.url.replace('http', 'ws', 1)}/stream"
    return TradeUpdates(account.credentials, stream_url, heard, not_taken)


_PAPER, _LIVE = "https://paper-api.alpaca.markets", "https://api.alpaca.markets"

BROKERS: Mapping[str, BrokerRow] = MappingProxyType(
    {
        "alpaca-paper": BrokerRow(False, _PAPER, _trading_keys, _alpaca, _alpaca_updates),
        "alpaca-live": BrokerRow(True, _LIVE, _trading_keys, _alpaca, _alpaca_updates),
    }
)
"""By the name that the setting `broker` has. Source of the URLs: https://docs.alpaca.markets/docs/paper-trading"""


def account_of(settings: Settings) -> BrokerAccount:
    """The account that the settings name.

    Raises:
        ConfigurationError: when none at a broker is set, or it has no keys. Nothing was asked.
    """
    if settings.broker == "simulated":
        raise ConfigurationError(
            "INPLAY_BROKER is simulated: there is no account at a broker. Nothing was asked. Set it to "
            f"{' or '.join(BROKERS)}."
        )
    return BrokerAccount(
        broker=settings.broker,
        credentials=BROKERS[settings.broker].credentials(settings),
        url=settings.alpaca_trading_url or BROKERS[settings.broker].url,
        decides_by=settings.broker_follows,
        reconcile_every_s=settings.broker_reconcile_min * 60,
        requests_per_min=settings.alpaca_requests_per_min,
    )


def broker_account(settings: Settings) -> BrokerAccount | None:
    """The account that the run's cycle orders for, if any.

    Raises:
        ConfigurationError: when one is wanted without keys.
    """
    return None if settings.broker == "simulated" else account_of(settings)


def connect(account: BrokerAccount, events: EventRecord, clock: Clock, timeout_s: float | None = None) -> Account:
    """The account behind the broker port; nothing is asked yet."""
    return BROKERS[account.broker].connect(account, events, clock, timeout_s)


def listen(account: BrokerAccount, heard: Heard, not_taken: NotTaken) -> Updates:
    """The account's stream; it isn't heard until it is entered."""
    return BROKERS[account.broker].listen(account, heard, not_taken)

"""Where messages go: any service that Apprise knows, and a dead-man's switch that hears of every complete session.

URLs of services hold secrets. They are kept in no record, message or log: a target is known by the kind of its service
and a hash.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from typing import Any, Final, Protocol

import httpx
from pydantic import SecretStr

from trading.alerts.policy import Message
from trading.errors import ConfigurationError, UnavailableError

DEAD_MAN: Final = "dead-man"
TIMEOUT_S: Final = 10.0
DEFAULTS: Final = {"cto": f"{TIMEOUT_S:g}", "rto": f"{TIMEOUT_S:g}", "overflow": "split"}
"""Of Apprise's URLs: seconds to connect and to read, and what becomes of a text that is too long."""
LEVELS: Final = {"info": "info", "warning": "warning", "critical": "failure"}
"""Apprise's words."""
STATUS: Final = re.compile(r"error[= :]+(\d{3})\b")
HEAD: Final = "[inplay] "


class Target(Protocol):
    """Takes messages."""

    @property
    def name(self) -> str:
        """On record; without a secret."""

    def send(self, message: Message) -> None:
        """The service took the message.

        Raises:
            UnavailableError: when it didn't, or when that isn't known; the message goes out again later.
        """


class AppriseTarget:
    """A service by its Apprise URL, such as `mailtos://…`, `tgram://…`, `discord://…` or `json://…`.

    Raises:
        ConfigurationError: when Apprise can't read the URL.
    """

    def __init__(self, url: SecretStr) -> None:
        import apprise  # noqa: PLC0415  some hundred plug-ins

        logging.getLogger("apprise").propagate = False  # what it logs may hold parts of the URL
        secret = url.get_secret_value()
        schema = secret.partition("://")[0]
        self.name = f"{schema if schema.isalnum() else 'url'}-{hashlib.sha256(secret.encode()).hexdigest()[:8]}"
        asset = apprise.AppriseAsset(async_mode=False)
        found = apprise.Apprise.instantiate(_with_defaults(secret), asset=asset, suppress_exceptions=True)
        if found is None:
            raise ConfigurationError(
                f"INPLAY_NOTIFY_URLS holds a URL of the kind {schema!r} that Apprise can't read. Nothing was sent. Its "
                "forms are listed at https://github.com/caronc/apprise/wiki"
            )
        self._service: Any = apprise.Apprise(services=[found], asset=asset)

    def send(self, message: Message) -> None:
        """See `Target`."""
        import apprise  # noqa: PLC0415

        with apprise.LogCapture(level=apprise.logging.INFO) as said:  # type: ignore[no-untyped-call]
            try:
                taken = self._service.notify(
                    title=HEAD + message.title, body=message.body or message.title,
                    notify_type=LEVELS[message.severity], body_format=apprise.NotifyFormat.TEXT,
                )  # fmt: skip
            except Exception as error:  # noqa: BLE001 - whatever a plug-in does must not end the others
                raise UnavailableError(f"{self.name} failed: {type(error).__name__}") from None
            status = STATUS.search(said.getvalue())
        if not taken:
            why = f"it answered {status.group(1)}" if status else "it didn't answer, or refused"
            raise UnavailableError(f"{self.name} didn't take the message: {why}.")


class DeadMan:
    """A URL that is asked for after each complete session; who doesn't hear of it for a day raises the alarm."""

    name = DEAD_MAN

    def __init__(self, url: SecretStr) -> None:
        self._url = url

    def send(self, message: Message) -> None:
        """See `Target`. A redirect or any answer from 400 on isn't taken for a yes."""
        try:
            answer = httpx.post(self._url.get_secret_value(), content=message.title, timeout=TIMEOUT_S)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise UnavailableError(f"the dead-man's switch didn't answer: {type(error).__name__}") from None
        if not answer.is_success:
            raise UnavailableError(f"the dead-man's switch answered {answer.status_code}")


def targets_of(urls: Sequence[SecretStr], dead_man: SecretStr | None) -> list[Target]:
    """The targets, each URL once.

    Raises:
        ConfigurationError: when Apprise can't read one of the URLs.
    """
    told: dict[str, Target] = {}
    for url in urls:
        target = AppriseTarget(url)
        told[target.name] = target
    if dead_man is not None:
        told[DEAD_MAN] = DeadMan(dead_man)
    return list(told.values())


def _with_defaults(url: str) -> str:
    """The URL with what it doesn't say itself: bounded waits for a slow service, and a long text sent in parts.

    Apprise alone passes a text on whole, and a service that takes 2,000 or 4,096 characters refuses a longer one.
    """
    named = {part.partition("=")[0].lower() for part in url.partition("?")[2].split("&")}
    missing = [f"{name}={value}" for name, value in DEFAULTS.items() if name not in named]
    if not missing:
        return url
    return f"{url}{'&' if '?' in url else '?'}{'&'.join(missing)}"

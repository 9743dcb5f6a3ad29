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
        self._service: Any = apprise.Apprise.instantiate(
            _with_timeouts(secret), asset=apprise.AppriseAsset(async_mode=False), suppress_exceptions=True
        )
        if self._service is None:
            raise ConfigurationError(
                f"INPLAY_NOTIFY_URLS holds a URL of the kind {schema!r} that Apprise can't read. Nothing was sent. Its "
                "forms are listed at https://github.com/caronc/apprise/wiki"
            )

    def send(self, message: Message) -> None:
        """See `Target`."""
        import apprise  # noqa: PLC0415

        with apprise.LogCapture(level=apprise.logging.INFO) as said:  # type: ignore[no-untyped-call]
            try:
                taken = self._service.notify(
                    title=HEAD + message.title, body=message.body or message.title, notify_type=LEVELS[message.severity]
                )
            except Exception as error:  # noqa: BLE001 - whatever a plug-in does must not end the others
                raise UnavailableError(f"{self.name} failed: {type(error).__name__}") from None
            status = STATUS.search(said.getvalue())
        if not taken:
            why = f"it answered {status.group(1)}" if status else "it didn't answer, or refused"
            raise UnavailableError(f"{self.name} didn't take the message: {why}. It is kept and goes out again.")


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


def _with_timeouts(url: str) -> str:
    """Bounded waits for a service that is slow, unless the URL says otherwise."""
    if "rto=" in url or "cto=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}cto={TIMEOUT_S:g}&rto={TIMEOUT_S:g}"

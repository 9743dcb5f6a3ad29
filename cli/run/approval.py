"""What the owner of a run is asked about before the open, from its settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from adapters.settings import Settings
from trading.approval.asked import ApprovalTerms
from trading.broker.book import BOOK
from trading.decisions.arms import Arm
from trading.errors import ConfigurationError


def require_reachable(settings: Settings) -> None:
    """The owner can be asked, if that is wanted.

    Raises:
        ConfigurationError: when a setting is missing without which nobody could answer. Nothing was started.
    """
    if not settings.approve:
        return
    missing = [] if settings.approve_url else ["INPLAY_APPROVE_URL, where the phone reaches the HTTP interface"]
    missing += [] if settings.notify_urls else ["INPLAY_NOTIFY_URLS, by which the list of orders is sent"]
    if missing:
        raise ConfigurationError(
            f"INPLAY_APPROVE is set without {', and without '.join(missing)}. Nothing was started. Set what is "
            "missing, or unset INPLAY_APPROVE."
        )


def approval_of(settings: Settings, books: Mapping[str, Arm]) -> ApprovalTerms | None:
    """What is asked, and for which account: the one at the broker, or the simulated one of the arm that is followed.

    Args:
        settings: of the run.
        books: the simulated accounts of the record, with the arm of each.

    Raises:
        ConfigurationError: as above, or when the record has no such account.
    """
    require_reachable(settings)
    if not settings.approve or settings.approve_url is None:
        return None
    follows = settings.broker_follows
    account = BOOK if settings.broker != "simulated" else next((n for n, arm in books.items() if arm == follows), "")
    if not account:
        raise ConfigurationError(
            f"INPLAY_APPROVE asks about the account of the arm {follows!r}, and this record has none. Nothing was "
            f"started. Set INPLAY_BROKER_FOLLOWS to one of {', '.join(sorted(set(books.values())))}, or unset it."
        )
    return ApprovalTerms(
        account=account, silence=settings.approve_silence, until=timedelta(minutes=settings.approve_until_min),
        url=settings.approve_url,
    )  # fmt: skip

"""What a run is asked to ask, and what ends its start."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.settings import Settings, read_settings
from cli.run.approval import approval_of, require_reachable
from trading.approval.asked import ApprovalTerms
from trading.decisions.arms import ACCOUNTS
from trading.errors import ConfigurationError

REACHABLE = {"approve": True, "approve_url": "https://inplay.example/", "notify_urls": ["json://localhost"]}


def settings(tmp_path: Path, **given: Any) -> Settings:
    """Of a run in an empty folder."""
    return read_settings(home=tmp_path, **given)


def test_nothing_is_asked_unless_it_is_wanted(tmp_path: Path) -> None:
    """The default; the other settings alone change nothing."""
    assert approval_of(settings(tmp_path), ACCOUNTS) is None
    assert approval_of(settings(tmp_path, approve_url="https://x.example"), ACCOUNTS) is None


def test_the_account_is_the_one_that_trades(tmp_path: Path) -> None:
    """Simulated: that of the arm that is followed, by whatever name; else the book at the broker."""
    told = approval_of(settings(tmp_path, **REACHABLE), ACCOUNTS)
    assert told == ApprovalTerms("hybrid", "hold", timedelta(minutes=30), "https://inplay.example")
    assert approval_of(settings(tmp_path, **REACHABLE), {"rule": "rule", "ensemble": "hybrid"}).account == "ensemble"  # type: ignore[union-attr]
    at_broker = settings(tmp_path, **REACHABLE, broker="alpaca-paper", approve_silence="place", approve_until_min=5)
    assert approval_of(at_broker, ACCOUNTS) == ApprovalTerms(
        "broker", "place", timedelta(minutes=5), "https://inplay.example"
    )


@pytest.mark.parametrize(
    ("without", "named"), [("approve_url", "INPLAY_APPROVE_URL"), ("notify_urls", "INPLAY_NOTIFY_URLS")]
)
def test_a_run_that_could_not_ask_does_not_start(tmp_path: Path, without: str, named: str) -> None:
    """Without an address or anybody to tell, the start ends by naming what is missing."""
    given = {name: value for name, value in REACHABLE.items() if name != without}
    with pytest.raises(ConfigurationError, match=f"{named}.*Nothing was started") as refused:
        require_reachable(settings(tmp_path, **given))
    assert (named == "INPLAY_APPROVE_URL") == ("INPLAY_APPROVE_URL" in str(refused.value))


def test_an_arm_without_an_account_is_named(tmp_path: Path) -> None:
    """An earlier record has no account of the challenger."""
    with pytest.raises(ConfigurationError, match="'challenger', and this record has none"):
        approval_of(
            settings(tmp_path, **REACHABLE, broker_follows="challenger"), {"rule": "rule", "ensemble": "hybrid"}
        )


@pytest.mark.parametrize(
    "url", ["inplay.example", "ftp://x.example", "https://", "https://me:secret@x.example", "https://x.example/?a=b",
            "https://x.example/#a", "https://x.example/a b"],
)  # fmt: skip
def test_an_address_that_links_cannot_begin_with_is_refused(tmp_path: Path, url: str) -> None:
    """Without a scheme or host, with a password, a question or a blank."""
    with pytest.raises(ConfigurationError, match="approve_url"):
        settings(tmp_path, approve_url=url)


@pytest.mark.parametrize(
    ("name", "value"), [("approve_until_min", 0), ("approve_until_min", 721), ("approve_silence", "maybe")]
)
def test_other_values_are_refused(tmp_path: Path, name: str, value: object) -> None:
    """No time at all before the open, more than half a day, a third meaning of silence."""
    with pytest.raises(ConfigurationError, match=name):
        settings(tmp_path, **{name: value})

"""Links of approvals: what they stand for, and that nothing else comes of them."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import UTC, date, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.approvals import ENDS, SESSION, a_list, order
from trading.approval.links import KEY_BYTES, Link, fingerprint, is_genuine, link_text, orders_of, parse

KEY = bytes(range(KEY_BYTES))
LIST = a_list("AAPL", "MSFT", "NVDA", number=17)
SCOPES = ("yes", "no", "1", "2", "3")


def opened(text: str) -> Link:
    """The link of a text that is one."""
    link = parse(text)
    assert link is not None
    return link


@pytest.mark.parametrize("scope", SCOPES)
def test_a_link_is_an_hmac_of_all_that_it_stands_for(scope: str) -> None:
    """Reckoned here from the parts, by the standard library: number, session, account, scope, orders, end."""
    number, said, signature = link_text(KEY, LIST, scope).split("-", 2)
    ids = [one.order_id for one in LIST.orders]
    ids = ids if scope in {"yes", "no"} else [ids[int(scope) - 1]]
    parts = ["inplay approval 1", 17, "2026-11-16", "hybrid", scope, ids, "2026-11-17T14:00:00+00:00"]
    mac = hmac.digest(KEY, json.dumps(parts, separators=(",", ":")).encode(), "sha256")
    assert (number, said) == ("17", scope)
    assert urlsafe_b64decode(signature + "=") == mac
    assert is_genuine(KEY, LIST, opened(link_text(KEY, LIST, scope)))


def test_scopes_are_all_orders_or_one_and_say_what_they_answer() -> None:
    """`yes` and `no` are bound to their answer; a place leaves it to whoever opens the link."""
    assert [opened(link_text(KEY, LIST, scope)).verdict for scope in SCOPES] == ["yes", "no", None, None, None]
    assert [len(orders_of(LIST, scope)) for scope in SCOPES] == [3, 3, 1, 1, 1]
    assert [one.symbol for one in orders_of(LIST, "2")] == ["MSFT"]


@pytest.mark.parametrize(
    "other",
    [
        replace(LIST, session=date(2026, 11, 17)),
        replace(LIST, account="rule"),
        replace(LIST, number=18),
        replace(LIST, orders=(*LIST.orders, order("TSLA"))),
        replace(LIST, orders=tuple(replace(one, order_id=one.order_id + "x") for one in LIST.orders)),
        replace(LIST, expires_at=ENDS + timedelta(seconds=1)),
    ],
)
@pytest.mark.parametrize("scope", ["yes", "no", "1"])
def test_a_link_is_good_for_no_other_list(scope: str, other: object) -> None:
    """Another session, account, number, list of orders or end: the signature doesn't match.

    One exception: a list that grew leaves the link of a single order what it was.
    """
    grown = other == replace(LIST, orders=(*LIST.orders, order("TSLA")))
    genuine = is_genuine(KEY, other, opened(link_text(KEY, LIST, scope)))  # type: ignore[arg-type]
    assert genuine == (grown and scope == "1")


def test_a_link_is_good_for_no_other_scope_and_no_other_key() -> None:
    """Whoever may refuse one order can't approve all; a key that was made anew knows no earlier link."""
    for scope in SCOPES:
        signature = opened(link_text(KEY, LIST, scope)).signature
        for other in SCOPES:
            assert is_genuine(KEY, LIST, Link(17, other, signature)) == (other == scope)
        assert not is_genuine(bytes(KEY_BYTES), LIST, Link(17, scope, signature))
    beyond = link_text(KEY, LIST, "4")
    assert not is_genuine(KEY, LIST, opened(beyond)), "no such order, though the signature is right"


@pytest.mark.parametrize("scope", SCOPES)
def test_any_other_sign_spoils_a_link(scope: str) -> None:
    """Each sign of the text changed in turn: it is no link any more, or none of ours."""
    text = link_text(KEY, LIST, scope)
    for place, sign in enumerate(text):
        for other in {"A", "B", "1", "2", "-", "_"} - {sign}:
            link = parse(text[:place] + other + text[place + 1 :])
            assert link is None or not is_genuine(KEY, LIST, link), text[:place] + other


@given(st.text(max_size=80))
def test_nothing_else_is_a_link(text: str) -> None:
    """Whatever is typed: no link, and no error."""
    link = parse(text)
    assert link is None or not is_genuine(KEY, LIST, link)


@pytest.mark.parametrize(
    "text", ["", "17", "17-yes-", "0-yes-" + "a" * 43, "017-yes-" + "a" * 43, "17-maybe-" + "a" * 43]
)
def test_texts_that_are_near_to_links(text: str) -> None:
    """Cut short, with a zero before the number, with another word: no links."""
    assert parse(text) is None
    assert parse(link_text(KEY, LIST, "yes") + "\n") is None


def test_the_same_instant_in_another_zone_is_the_same_link() -> None:
    """A database that answers in another time zone changes no link."""
    there = replace(LIST, expires_at=ENDS.astimezone(timezone(timedelta(hours=-5))))
    assert link_text(KEY, there, "yes") == link_text(KEY, replace(LIST, expires_at=ENDS.astimezone(UTC)), "yes")


def test_a_fingerprint_tells_keys_apart_and_holds_none() -> None:
    """Twelve signs of a hash: others for another key, and not those of the key's own plain hash."""
    assert fingerprint(KEY) != fingerprint(bytes(KEY_BYTES))
    assert fingerprint(KEY) != hashlib.sha256(KEY).hexdigest()[:12]
    assert len(fingerprint(KEY)) == 12
    assert SESSION.isoformat() not in fingerprint(KEY)

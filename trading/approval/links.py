"""Links that carry an answer: signed for one list of orders, one action and one end.

A link is `NUMBER-SCOPE-SIGNATURE`. The signature is an HMAC with SHA-256 (RFC 2104, FIPS 180-4) over everything that
the link stands for, so that it is good for nothing else: not for another session, account, list, action or end.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from trading.approval.asked import Asked, AskedOrder, Verdict

KEY_BYTES: Final = 32
"""As many as SHA-256 gives: RFC 2104, section 3."""
ALL_YES, ALL_NO = "yes", "no"
TEXT: Final = re.compile(r"([1-9][0-9]{0,17})-(yes|no|[1-9][0-9]{0,3})-([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True)
class Link:
    """What a link says of itself; nothing of it counts before its signature was compared.

    Attributes:
        number: of the list.
        scope: `yes` and `no` answer for all orders of the list, a number for the order at that place, from 1 on.
    """

    number: int
    scope: str
    signature: str

    @property
    def verdict(self) -> Verdict | None:
        """What it answers; None where whoever opens it chooses."""
        if self.scope == ALL_YES:
            return "yes"
        return "no" if self.scope == ALL_NO else None


def parse(text: str) -> Link | None:
    """The link of that text; None where it is none."""
    found = TEXT.fullmatch(text)
    return None if found is None else Link(int(found[1]), found[2], found[3])


def link_text(key: bytes, asked: Asked, scope: str) -> str:
    """The link for a scope of the list: what comes after the base of the URL."""
    return f"{asked.number}-{scope}-{_signature(key, asked, scope)}"


def is_genuine(key: bytes, asked: Asked, link: Link) -> bool:
    """Whether the link was signed with the key for this list; the comparison takes the same time however it ends."""
    same = hmac.compare_digest(_signature(key, asked, link.scope), link.signature)
    return same and link.number == asked.number and bool(orders_of(asked, link.scope))


def orders_of(asked: Asked, scope: str) -> tuple[AskedOrder, ...]:
    """The orders that a scope is about; none where the list has no such place."""
    if scope in {ALL_YES, ALL_NO}:
        return asked.orders
    return asked.orders[int(scope) - 1 : int(scope)]


def fingerprint(key: bytes) -> str:
    """Tells keys apart and says nothing of them."""
    return hashlib.sha256(b"inplay approval key\0" + key).hexdigest()[:12]


def _signature(key: bytes, asked: Asked, scope: str) -> str:
    signed = [
        "inplay approval 1", asked.number, asked.session.isoformat(), asked.account, scope,
        [one.order_id for one in orders_of(asked, scope)], asked.expires_at.astimezone(UTC).isoformat(),
    ]  # fmt: skip
    mac = hmac.new(key, json.dumps(signed, separators=(",", ":")).encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

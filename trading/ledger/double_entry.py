"""The ledger: double-entry, integer money, append-only, each entry bound to the one before by a hash.

Accounts are strings `book:what[:symbol]`, for example `rule:cash`, `rule:position:AAPL`, `rule:commission`. Debits are
positive and credits negative, so the postings of an entry add up to zero. Positions are carried at cost; the difference
to the proceeds goes to `book:realised`. Quantities (shares) ride on the position postings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from trading.errors import LedgerError

GENESIS = "0" * 64
"""The hash that stands before the first entry."""


@dataclass(frozen=True)
class Posting:
    """One side of an entry.

    Attributes:
        account: `book:what[:symbol]`.
        amount_cents: positive = debit, negative = credit.
        shares: change of the quantity held; zero except on position accounts.
    """

    account: str
    amount_cents: int
    shares: int = 0


@dataclass(frozen=True)
class Draft:
    """An entry that has not been appended yet.

    Attributes:
        command_id: made by the caller, the same on every repeat; the record keeps it unique.
        session: the exchange session it belongs to.
        kind: `deposit`, `order`, `fill`, `split`, `settle` …
        payload: facts for the reader, JSON values only; floats are refused because they don't repeat.
        postings: empty for entries that move no money (an order, a veto).
    """

    command_id: str
    session: date
    kind: str
    payload: dict[str, Any] = field(default_factory=dict)
    postings: tuple[Posting, ...] = ()


@dataclass(frozen=True)
class Entry:
    """An appended entry: `hash` is the SHA-256 of `prev_hash` followed by `body`.

    Attributes:
        seq: 1, 2, 3 … without a hole.
        body: canonical JSON of the draft; what is hashed and stored.
    """

    seq: int
    draft: Draft
    body: str
    prev_hash: str
    hash: str


def _refuse_floats(value: Any, where: str) -> None:
    if isinstance(value, float):
        raise LedgerError(f"{where} holds the float {value!r}; the ledger takes integers and text")
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_floats(item, f"{where}.{key}")
    if isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item, where)


def body_of(seq: int, draft: Draft) -> str:
    """The canonical JSON text of an entry: sorted keys, no spaces."""
    _refuse_floats(draft.payload, draft.command_id)
    _refuse_floats([[p.amount_cents, p.shares] for p in draft.postings], f"{draft.command_id}, postings")
    value = {
        "seq": seq,
        "command_id": draft.command_id,
        "session": draft.session.isoformat(),
        "kind": draft.kind,
        "payload": draft.payload,
        "postings": [[p.account, p.amount_cents, p.shares] for p in draft.postings],
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def draft_of(body: str) -> Draft:
    """The draft that `body` was made from."""
    value = json.loads(body)
    return Draft(
        command_id=value["command_id"],
        session=date.fromisoformat(value["session"]),
        kind=value["kind"],
        payload=value["payload"],
        postings=tuple(Posting(account, cents, shares) for account, cents, shares in value["postings"]),
    )


def chain(drafts: Iterable[Draft], *, last_seq: int = 0, last_hash: str = GENESIS) -> list[Entry]:
    """The drafts as entries that continue a chain.

    Raises:
        LedgerError: when the postings of a draft don't add up to zero; nothing is appended then.
    """
    entries: list[Entry] = []
    for seq, draft in enumerate(drafts, start=last_seq + 1):
        balance = sum(posting.amount_cents for posting in draft.postings)
        if balance:
            raise LedgerError(f"{draft.command_id}: debits exceed credits by {balance} cents")
        body = body_of(seq, draft)
        digest = hashlib.sha256((last_hash + body).encode()).hexdigest()
        entries.append(Entry(seq, draft, body, last_hash, digest))
        last_hash = digest
    return entries


def link(bodies: Iterable[str], last_hash: str = GENESIS) -> Iterator[str]:
    """The hash of each entry of a chain, from texts whose postings are known to balance."""
    for body in bodies:
        last_hash = hashlib.sha256((last_hash + body).encode()).hexdigest()
        yield last_hash


def verify(rows: Sequence[tuple[int, str, str, str]]) -> str:
    """The last hash of a stored chain of `(seq, body, prev_hash, hash)`, after checking every link and balance.

    Raises:
        LedgerError: naming the first row that is missing, altered or out of balance.
    """
    last_hash = GENESIS
    for expected, (seq, body, prev_hash, digest) in enumerate(rows, start=1):
        if seq != expected:
            raise LedgerError(f"journal entry {expected} is missing; entry {seq} stands in its place")
        if prev_hash != last_hash or hashlib.sha256((prev_hash + body).encode()).hexdigest() != digest:
            raise LedgerError(f"journal entry {seq} was altered after it was written")
        chain([draft_of(body)], last_seq=seq - 1, last_hash=prev_hash)
        last_hash = digest
    return last_hash

"""The ledger of trials and seals: facts in order, each bound to the one before by a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trading.errors import LedgerError
from trading.ledger.double_entry import GENESIS, link


@dataclass(frozen=True)
class Fact:
    """Something that is to be put on record.

    Attributes:
        kind: of trial, or `seal`, `bar`, `look`, `verdict`.
        told: JSON values.
        series: of a trial: sessions and returns.
    """

    kind: str
    told: Mapping[str, Any]
    series: bytes = b""


@dataclass(frozen=True)
class Entry:
    """A fact on record: `hash` is the SHA-256 of `prev_hash` followed by `body`.

    Attributes:
        seq: 1, 2, 3 … without a hole.
        body: canonical JSON of number, kind, facts and the digest of the series.
    """

    seq: int
    kind: str
    body: str
    prev_hash: str
    hash: str
    series: bytes = field(default=b"", repr=False)

    @property
    def told(self) -> dict[str, Any]:
        """The facts."""
        found: dict[str, Any] = json.loads(self.body)
        return found


def _body_of(seq: int, fact: Fact) -> str:
    value = {**fact.told, "seq": seq, "kind": fact.kind, "series_sha256": hashlib.sha256(fact.series).hexdigest()}
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def chained(facts: Iterable[Fact], *, last_seq: int = 0, last_hash: str = GENESIS) -> list[Entry]:
    """The facts as entries that continue a chain."""
    entries: list[Entry] = []
    for seq, fact in enumerate(facts, start=last_seq + 1):
        body = _body_of(seq, fact)
        (digest,) = link([body], last_hash)
        entries.append(Entry(seq, fact.kind, body, last_hash, digest, series=fact.series))
        last_hash = digest
    return entries


def verify(entries: Iterable[Entry]) -> str:
    """The last hash of a stored chain, after checking every link and every series.

    Raises:
        LedgerError: naming the first entry that is missing or was altered.
    """
    last_hash = GENESIS
    for expected, entry in enumerate(entries, start=1):
        if entry.seq != expected:
            raise LedgerError(f"entry {expected} of the trial ledger is missing; entry {entry.seq} stands in its place")
        if entry.prev_hash != last_hash or next(link([entry.body], last_hash)) != entry.hash or not _fits(entry):
            raise LedgerError(f"entry {entry.seq} of the trial ledger was altered after it was written")
        last_hash = entry.hash
    return last_hash


def _fits(entry: Entry) -> bool:
    told = entry.told
    digest = hashlib.sha256(entry.series).hexdigest()
    return bool((told["seq"], told["kind"], told["series_sha256"]) == (entry.seq, entry.kind, digest))

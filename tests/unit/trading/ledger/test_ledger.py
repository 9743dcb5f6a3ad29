"""The ledger balances, and a chain of hashes shows what was altered, left out or reordered."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.errors import LedgerError
from trading.ledger.double_entry import GENESIS, Draft, Entry, Posting, chain, draft_of, verify

DAY = date(2010, 1, 4)


def draft(number: int, cents: int = 100) -> Draft:
    """A balanced entry."""
    postings = (Posting("rule:cash", cents), Posting("rule:capital", -cents))
    return Draft(f"command:{number}", DAY, "deposit", {"book": "rule", "note": "ä"}, postings)


def rows(entries: list[Entry]) -> list[tuple[int, str, str, str]]:
    """As the record keeps them."""
    return [(entry.seq, entry.body, entry.prev_hash, entry.hash) for entry in entries]


def test_each_entry_is_bound_to_the_one_before() -> None:
    """The hash is SHA-256 of the hash before and the body, from 64 zeros on, and numbers count from 1."""
    entries = chain([draft(1), draft(2)])
    first = hashlib.sha256(("0" * 64 + entries[0].body).encode()).hexdigest()
    second = hashlib.sha256((first + entries[1].body).encode()).hexdigest()
    assert [(e.seq, e.prev_hash, e.hash) for e in entries] == [(1, GENESIS, first), (2, first, second)]
    assert verify(rows(entries)) == second
    assert verify([]) == GENESIS


def test_a_chain_can_be_made_in_pieces() -> None:
    """Continuing from the last number and hash gives the same entries as one go."""
    whole = chain([draft(n) for n in range(5)])
    start = chain([draft(n) for n in range(2)])
    rest = chain([draft(n) for n in range(2, 5)], last_seq=2, last_hash=start[-1].hash)
    assert start + rest == whole


def test_the_text_of_an_entry_holds_all_of_it() -> None:
    """The draft comes back from the body as it was."""
    assert draft_of(chain([draft(1)])[0].body) == draft(1)


def test_an_entry_that_does_not_balance_is_refused() -> None:
    """Debits above credits are an error, and none of the batch is made."""
    odd = Draft("odd", DAY, "deposit", {"book": "rule"}, (Posting("rule:cash", 3), Posting("rule:capital", -2)))
    with pytest.raises(LedgerError, match="odd: debits exceed credits by 1 cents"):
        chain([draft(1), odd])


@pytest.mark.parametrize(
    "wrong",
    [
        Draft("a", DAY, "order", {"price": 1.5}),
        Draft("b", DAY, "order", {"deep": {"list": [1, (2, 0.5)]}}),
        Draft("c", DAY, "order", {}, (Posting("x", 0.5), Posting("y", -0.5))),  # type: ignore[arg-type]
        Draft("d", DAY, "order", {}, (Posting("x", 0, 1.5),)),  # type: ignore[arg-type]
    ],
    ids=["payload", "nested", "amount", "shares"],
)
def test_floats_are_refused_everywhere(wrong: Draft) -> None:
    """Money, shares and facts are integers or text, because floats don't repeat."""
    with pytest.raises(LedgerError, match="holds the float"):
        chain([wrong])


CHAIN = rows(chain([draft(n, 100 + n) for n in range(6)]))


@given(at=st.integers(0, 5), field=st.sampled_from([1, 2, 3]), data=st.data())
def test_an_altered_entry_is_found(at: int, field: int, data: st.DataObject) -> None:
    """Any changed character of body, previous hash or hash is named by its entry or the next one."""
    text = str(CHAIN[at][field])
    place = data.draw(st.integers(0, len(text) - 1))
    other = "1" if text[place] != "1" else "2"
    row = list(CHAIN[at])
    row[field] = text[:place] + other + text[place + 1 :]
    altered = [*CHAIN[:at], tuple(row), *CHAIN[at + 1 :]]
    with pytest.raises(LedgerError, match=f"entry {at + 1} was altered"):
        verify(altered)  # type: ignore[arg-type]


@given(at=st.integers(0, 4))
def test_a_missing_entry_is_found(at: int) -> None:
    """A hole is named by the number that should stand there, also when the later entries are renumbered."""
    without = [*CHAIN[:at], *CHAIN[at + 1 :]]
    with pytest.raises(LedgerError, match=f"entry {at + 1} is missing; entry {at + 2} stands in its place"):
        verify(without)
    with pytest.raises(LedgerError, match=f"entry {at + 1} was altered"):
        verify([(seq, *row[1:]) for seq, row in enumerate(without, start=1)])


@given(order=st.permutations(range(6)).filter(lambda order: order != sorted(order)))
def test_entries_in_another_order_are_found(order: list[int]) -> None:
    """Whether their numbers move with them or not."""
    moved = [CHAIN[at] for at in order]
    with pytest.raises(LedgerError, match="is missing"):
        verify(moved)
    with pytest.raises(LedgerError, match="was altered"):
        verify([(seq, *row[1:]) for seq, row in enumerate(moved, start=1)])


def test_a_forged_entry_must_still_balance() -> None:
    """Hashes made anew don't help an entry whose debits and credits differ."""
    body = CHAIN[0][1].replace("-100", "-99")
    digest = hashlib.sha256((GENESIS + body).encode()).hexdigest()
    with pytest.raises(LedgerError, match="debits exceed credits by 1 cents"):
        verify([(1, body, GENESIS, digest)])

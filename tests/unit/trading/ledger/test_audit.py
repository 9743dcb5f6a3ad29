"""The audit finds each way in which a journal can lie though its hashes are right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from trading.engine.bookkeeper import deposit
from trading.errors import LedgerError
from trading.ledger.audit import audit
from trading.ledger.double_entry import Draft, Posting, chain

DAY = date(2010, 1, 4)
ORDER = Draft("o", DAY, "order", {"book": "rule", "order_id": "o", "symbol": "AA", "shares": 10})


def fill(number: int, shares: int, price_usd_e4: int = 100_000) -> Draft:
    """A purchase of the order `o`, without costs; 10 USD a share."""
    told: dict[str, Any] = {
        "book": "rule", "order_id": "o", "entry_order_id": "o", "symbol": "AA", "shares": shares,
        "price_usd_e4": price_usd_e4,
    }  # fmt: skip
    value = shares * price_usd_e4 // 100
    postings = (Posting("rule:cash", -value), Posting("rule:position:AA", value, shares))
    return Draft(f"o:fill:{number}", DAY, "fill", told, postings)


def mark(cash_cents: int, equity_cents: int, close_usd_e4: int) -> Draft:
    """The close of the day."""
    told = {
        "book": "rule",
        "cash_cents": cash_cents,
        "equity_cents": equity_cents,
        "closes_usd_e4": {"AA": close_usd_e4},
    }
    return Draft("mark", DAY, "mark", told)


RIGHT = [deposit("rule", DAY, 100_000), ORDER, fill(1, 4), fill(2, 6), mark(90_000, 90_000 + 11_000, 110_000)]


def test_a_right_journal_adds_up() -> None:
    """1,000 USD less 10 shares at 10 USD, worth 11 USD each at the close: 900 + 110."""
    books = audit(chain(RIGHT))
    assert (books.cash_cents("rule"), books.equity_cents("rule")) == (90_000, 101_000)
    assert (books.filled["o"], books.marks) == (10, 1)


@pytest.mark.parametrize(
    ("drafts", "words"),
    [
        ([*RIGHT[:3], fill(1, 4)], "came before"),
        ([*RIGHT[:4], fill(3, 1)], "1 shares more than were ordered"),
        ([RIGHT[0], fill(1, 1)], "nobody placed"),
        ([*RIGHT[:2], replace(ORDER, command_id="p")], "placed before"),
        ([*RIGHT[:4], mark(90_000, 101_001, 110_000)], "states 101001 cents of equity, there are 101000"),
        ([*RIGHT[:4], mark(90_001, 101_001, 110_000)], "states 90001 cents of cash, there are 90000"),
        ([replace(RIGHT[0], payload={"book": "other"})], "moves money of"),
    ],
)
def test_a_lie_is_found(drafts: list[Draft], words: str) -> None:
    """Twice, too much, from nowhere, or other money than there is."""
    with pytest.raises(LedgerError, match=words):
        audit(chain(drafts))


def test_a_broken_chain_is_found() -> None:
    """An entry left out, one altered, and one whose debits are not its credits."""
    entries = chain(RIGHT)
    with pytest.raises(LedgerError, match="entry 2 is missing"):
        audit([entries[0], *entries[2:]])
    altered = replace(entries[0], body=entries[0].body.replace("100000", "200000"))
    with pytest.raises(LedgerError, match="altered"):
        audit([altered, *entries[1:]])

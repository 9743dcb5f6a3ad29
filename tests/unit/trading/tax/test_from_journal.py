"""Tax events of a journal: fees counted, splits counted through, fractions paid out sold."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from tests.integration.replayed import three_sessions
from trading.ledger.double_entry import Draft, Posting
from trading.tax.from_journal import tax_events
from trading.tax.wash_sales import taxed

DAY = date(2024, 6, 3)


def fill(number: int, side: str, shares: int, cash_cents: int) -> Draft:
    """A fill as the journal has it."""
    told = {"book": "rule", "symbol": "X", "side": side, "shares": shares, "order_id": f"order {number}"}
    return Draft(f"fill {number}", DAY, "fill", told, (Posting("rule:cash", cash_cents),))


def split(up: int, down: int, after: int, paid_cents: int) -> Draft:
    """A split as the journal has it."""
    told = {
        "book": "rule", "symbol": "X", "numerator": up, "denominator": down, "shares_after": after,
        "cost_change_cents": -paid_cents,
    }  # fmt: skip
    return Draft("split", DAY, "split", told, (Posting("rule:cash", paid_cents),))


def test_the_gain_is_what_the_journal_says() -> None:
    """100 bought at 20, a 2-for-1 split, 200 stopped out below 10: the loss is that of the fill, fees of both sides."""
    drafts = [draft for batch in three_sessions() for draft in batch]
    told = taxed(tax_events(drafts, "rule"))
    profit = sum(draft.payload["profit_cents"] for draft in drafts if draft.kind == "fill")
    assert sum(one.shares for one in told) == 200
    assert sum(one.gain_cents for one in told) == profit < 0
    assert tax_events(drafts, "hybrid") == []


def test_a_fraction_that_was_paid_out_is_sold() -> None:
    """5 shares for $50, 3-for-2: 7 and a half become 7, half a share is paid out at $4; the rest is sold for $60."""
    told = taxed(tax_events([fill(1, "buy", 5, -5_000), split(3, 2, 7, 400), fill(2, "sell", 7, 6_000)], "rule"))
    assert [one.shares for one in told] == [Fraction(1, 2), 7]
    assert [one.proceeds_cents for one in told] == [400, 6_000]
    assert sum(one.cost_cents for one in told) == 5_000
    assert told[0].cost_cents == pytest.approx(5_000 / 15, abs=1)


def test_a_reverse_split_of_a_short_is_counted_through() -> None:
    """90 sold short for $900, 1-for-10: 9 are bought to cover for $810."""
    told = taxed(
        tax_events(
            [fill(1, "sell_short", 90, 90_000), split(1, 10, -9, 0), fill(2, "buy_to_cover", 9, -81_000)], "rule"
        )
    )
    assert [(one.shares, one.gain_cents) for one in told] == [(9, 9_000)]

"""Wash sales beside the examples of the regulation and of IRS Publication 550, and cases reckoned by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.errors import BadDataError
from trading.tax.form_8949 import COLUMNS, form_rows
from trading.tax.lots import Disposal, TaxEvent
from trading.tax.wash_sales import taxed

Given = tuple[str, str, int, int]


def events(*given: Given) -> list[TaxEvent]:
    """(day, side, shares, dollars) of one stock."""
    sides = {"buy": ("long", True), "sell": ("long", False), "short": ("short", True), "cover": ("short", False)}
    return [
        TaxEvent(k, date.fromisoformat(day), "M", *sides[side], Fraction(shares), usd * 100)
        for k, (day, side, shares, usd) in enumerate(given)
    ]


def figures(disposals: list[Disposal]) -> list[tuple[int, int, int, int]]:
    """Shares, proceeds, cost and disallowed loss, in dollars."""
    return [
        (int(one.shares), one.proceeds_cents // 100, one.cost_cents // 100, one.disallowed_cents // 100)
        for one in disposals
    ]


def test_publication_550_adds_the_loss_to_the_new_stock() -> None:
    """Bought for $1,000, sold for $750, bought again for $800 within 30 days: no loss; the new stock cost $1,050."""
    told = taxed(
        events(("2024-03-01", "buy", 100, 1_000), ("2024-06-03", "sell", 100, 750), ("2024-06-20", "buy", 100, 800),
               ("2024-12-02", "sell", 100, 1_100))
    )  # fmt: skip
    assert figures(told) == [(100, 750, 1_000, 250), (100, 1_100, 1_050, 0)]
    assert [one.gain_cents for one in told] == [0, 5_000]
    # It had held the first for 94 days, so the second counts from 94 days before it was bought.
    assert told[1].lot.holding_from == date(2024, 6, 20) - timedelta(days=94)


def test_regulation_1_1091_1_example_1() -> None:
    """Bought for $10,000 on 1 December and for $9,000 on the 15th; the first sold for $9,000 in January: no loss."""
    told = taxed(
        events(
            ("1954-12-01", "buy", 100, 10_000), ("1954-12-15", "buy", 100, 9_000), ("1955-01-03", "sell", 100, 9_000)
        )
    )
    assert figures(told) == [(100, 9_000, 10_000, 1_000)]


def test_regulation_1_1091_1_example_2() -> None:
    """75 shares bought within the 61 days: $750 of the loss of $1,000 is disallowed, $250 is not."""
    told = taxed(
        events(("1954-09-21", "buy", 100, 5_000), ("1954-12-21", "buy", 50, 2_750), ("1954-12-27", "buy", 25, 1_125),
               ("1955-01-03", "sell", 100, 4_000), ("1955-12-01", "sell", 75, 9_000))
    )  # fmt: skip
    assert figures(told)[0] == (100, 4_000, 5_000, 750)
    # $500 of it on the 50 shares, $250 on the 25: they cost $3,250 and $1,375 when they are sold.
    assert [cost for _, _, cost, _ in figures(told)[1:]] == [3_250, 1_375]


def test_regulation_1_1091_1_example_3() -> None:
    """100 shares sold, 50 bought on each of four days: the first 100 bought replace them, and no others."""
    told = taxed(
        events(("1954-09-15", "buy", 100, 5_000), ("1956-02-01", "sell", 100, 4_000),
               *((f"1956-02-{day}", "buy", 50, 2_000) for day in (15, 16, 17, 18)), ("1956-12-03", "sell", 200, 8_000))
    )  # fmt: skip
    assert figures(told)[0] == (100, 4_000, 5_000, 1_000)
    assert [cost for _, _, cost, _ in figures(told)[1:]] == [2_500, 2_500, 2_000, 2_000]


@pytest.mark.parametrize(("days", "disallowed"), [(30, 250), (31, 0), (-30, 250), (-31, 0), (0, 250)])
def test_thirty_days_before_and_after_count_and_the_next_does_not(days: int, disallowed: int) -> None:
    """The window is 61 days with the day of the sale in its middle."""
    sold = date(2024, 6, 3)
    bought = ((sold + timedelta(days=days)).isoformat(), "buy", 100, 800)
    given = [("2024-01-02", "buy", 100, 1_000), (sold.isoformat(), "sell", 100, 750)]
    given.insert(1 if days < 0 else 2, bought)
    assert figures(taxed(events(*given)))[0][3] == disallowed


def test_a_chain_carries_every_loss_to_the_last() -> None:
    """1,000 to 900, 900 to 800, 800 to 700, each bought back within days: the last cost what was lost, $200 more."""
    told = taxed(
        events(("2024-01-02", "buy", 10, 1_000), ("2024-01-10", "sell", 10, 900), ("2024-01-12", "buy", 10, 900),
               ("2024-01-20", "sell", 10, 800), ("2024-01-22", "buy", 10, 800), ("2024-06-03", "sell", 10, 700))
    )  # fmt: skip
    assert figures(told) == [(10, 900, 1_000, 100), (10, 800, 1_000, 200), (10, 700, 1_000, 0)]
    assert sum(one.gain_cents for one in told) == -30_000  # what was really lost, nothing twice, nothing vanished


def test_all_sold_at_once_is_no_wash_sale() -> None:
    """What was bought ten days earlier is sold in the same sale: nothing replaces anything."""
    told = taxed(
        events(("2024-06-03", "buy", 100, 1_000), ("2024-06-10", "buy", 100, 900), ("2024-06-20", "sell", 200, 1_400))
    )
    assert [one.disallowed_cents for one in told] == [0, 0]


def test_a_part_of_one_purchase_is_no_replacement_of_the_rest() -> None:
    """100 bought, 50 sold at a loss within 30 days: the 50 kept were bought together with them."""
    told = taxed(events(("2024-06-03", "buy", 100, 1_000), ("2024-06-10", "sell", 50, 400)))
    assert figures(told) == [(50, 400, 500, 0)]


def test_fills_of_one_order_are_one_block() -> None:
    """60 and 40 of one order, 60 sold at a loss ten days later: no wash sale; of two orders it is one."""
    given = events(("2024-06-03", "buy", 60, 600), ("2024-06-03", "buy", 40, 400), ("2024-06-13", "sell", 60, 500))
    one_order = [replace(one, order="a") if one.opens else one for one in given]
    assert [one.disallowed_cents for one in taxed(one_order)] == [0]
    assert figures(taxed(given)) == [(60, 500, 600, 66)]  # 40 of 60 shares are replaced


def test_a_share_replaces_one_share_only() -> None:
    """Two losses of 100, 100 bought after: only the first is disallowed."""
    told = taxed(
        events(("2024-01-02", "buy", 200, 2_000), ("2024-06-03", "sell", 100, 700), ("2024-06-04", "sell", 100, 600),
               ("2024-06-10", "buy", 100, 500))
    )  # fmt: skip
    assert [one.disallowed_cents for one in told] == [30_000, 0]


def test_a_gain_is_taxed_whatever_was_bought() -> None:
    """Only losses are disallowed."""
    told = taxed(
        events(("2024-06-03", "buy", 10, 100), ("2024-06-04", "sell", 10, 150), ("2024-06-05", "buy", 10, 150))
    )
    assert [one.gain_cents for one in told] == [5_000]


def test_short_sales_have_wash_sales_too() -> None:
    """Sold short for $1,000, covered for $1,200, sold short for $1,300 within days: the new one brought $1,100."""
    told = taxed(
        events(("2024-06-03", "short", 10, 1_000), ("2024-06-10", "cover", 10, 1_200),
               ("2024-06-12", "short", 10, 1_300), ("2024-09-03", "cover", 10, 1_000))
    )  # fmt: skip
    assert figures(told) == [(10, 1_000, 1_200, 200), (10, 1_100, 1_000, 0)]
    assert not told[1].long_term


def test_other_stocks_and_directions_replace_nothing() -> None:
    """Another stock bought, or the same one sold short."""
    other = TaxEvent(9, date(2024, 6, 4), "N", "long", opens=True, shares=Fraction(10), amount_cents=1)
    short = TaxEvent(10, date(2024, 6, 4), "M", "short", opens=True, shares=Fraction(10), amount_cents=1)
    given = [*events(("2024-01-02", "buy", 10, 100), ("2024-06-03", "sell", 10, 50)), other, short]
    assert [one.disallowed_cents for one in taxed(given)] == [0]


def test_splits_are_counted_through() -> None:
    """100 shares, 2 for 1, 200 sold at a loss, 100 new ones bought: half of the loss is disallowed."""
    given = (("2024-01-02", "buy", 100, 1_000), ("2024-06-03", "sell", 200, 800), ("2024-06-04", "buy", 100, 500))
    bought, *rest = events(*given)
    (told,) = taxed([replace(bought, factor=Fraction(2)), *rest])
    assert (told.shares, told.disallowed_cents) == (200, 10_000)


@pytest.mark.parametrize(
    ("bought", "sold", "long_term"),
    [("2023-06-03", "2024-06-03", False), ("2023-06-03", "2024-06-04", True), ("2024-02-29", "2025-02-28", False),
     ("2024-02-29", "2025-03-01", True)],
)  # fmt: skip
def test_more_than_a_year_is_long_term(bought: str, sold: str, long_term: bool) -> None:  # noqa: FBT001
    """The day of the purchase doesn't count, that of the sale does."""
    (told,) = taxed(events((bought, "buy", 1, 1), (sold, "sell", 1, 2)))
    assert told.long_term == long_term


def test_more_sold_than_held_is_refused() -> None:
    """Nothing is invented."""
    with pytest.raises(BadDataError, match="closes more shares than are held"):
        taxed(events(("2024-06-03", "buy", 10, 100), ("2024-06-04", "sell", 11, 150)))


@given(
    st.lists(
        st.tuples(st.integers(1, 20), st.integers(1, 30), st.integers(100, 3_000), st.booleans()),
        min_size=1,
        max_size=25,
    )
)
def test_what_is_disallowed_now_is_allowed_later(steps: list[tuple[int, int, int, bool]]) -> None:
    """Once everything is sold, taxable gains add up to what was really gained, to the cent; no cent vanishes."""
    day, held, given = date(2024, 1, 2), 0, []
    for gap, shares, usd, sells in steps:
        day += timedelta(days=gap)
        count = min(shares, held) if sells else shares
        if count:
            given.append((day.isoformat(), "sell" if sells else "buy", count, usd))
            held += -count if sells else count
    if held:
        given.append(((day + timedelta(days=100)).isoformat(), "sell", held, 1_000))
    told = taxed(events(*given))
    real = sum(usd if side == "sell" else -usd for _, side, _, usd in given)
    assert sum(one.gain_cents for one in told) == real * 100
    assert all(0 <= one.disallowed_cents <= max(one.loss_cents, 0) for one in told)


def test_the_form_has_its_columns() -> None:
    """Description, dates, proceeds, cost, W and the adjustment, and the gain or loss after it; other years left out."""
    told = taxed(
        events(("2024-01-02", "buy", 100, 1_000), ("2024-06-03", "sell", 100, 750), ("2024-06-20", "buy", 60, 480))
    )
    (row,) = form_rows(told, 2024)
    assert dict(zip(COLUMNS, row, strict=True)) == {
        "description": "100 sh. M", "date_acquired": "2024-01-02", "date_sold": "2024-06-03", "proceeds": "750.00",
        "cost_basis": "1000.00", "code": "W", "adjustment": "150.00", "gain_or_loss": "-100.00", "term": "short",
        "symbol": "M", "shares": "100", "held_from": "2024-01-02", "direction": "long",
    }  # fmt: skip
    assert form_rows(told, 2023) == []

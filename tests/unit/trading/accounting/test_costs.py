"""Costs: exact amounts, days that bear the same, counter-entries."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.accounting.costs import NewCost, by_kind, hours_e3, require_period, same, usd_e6, usd_e6_of_hours
from trading.errors import ConfigurationError

NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("text", "millionths"),
    [("24", 24_000_000), ("$1,234.56", 1_234_560_000), ("0.000001", 1), (" 0.1 ", 100_000), ("1e2", 100_000_000)],
)
def test_amounts_are_exact(text: str, millionths: int) -> None:
    """A dime is 100,000 millionths, not what a binary fraction makes of it."""
    assert usd_e6(text) == millionths


@pytest.mark.parametrize(
    "text",
    [
        "",
        "free",
        "nan",
        "inf",
        "0",
        "-5",
        "$-5",
        "0.0000001",
        "1e12",
        "1e400",
        "5 USD",
        "24,50",
        "1,5",
        "1,2345",
        "1_0",
        "\u0662\u0664",
        ".",
        "$",
    ],
)
def test_what_is_no_cost_is_refused_in_words(text: str) -> None:
    """Nothing, less than nothing, no number, finer than a millionth, more than a billion."""
    with pytest.raises(ConfigurationError, match="Nothing was entered"):
        usd_e6(text)


def test_days_of_a_month_bear_the_same() -> None:
    """$30 of November are $1 a day; what lies outside the month bears nothing."""
    cost = NewCost("volume", *NOVEMBER, 30_000_000)
    assert cost.within(date(2026, 11, 10), date(2026, 11, 10)) == 1_000_000
    assert cost.within(date(2026, 10, 1), date(2026, 11, 2)) == 2_000_000
    assert cost.within(date(2026, 12, 1), date(2026, 12, 31)) == 0
    assert cost.within(*NOVEMBER) == 30_000_000


@given(
    amount=st.integers(-(10**12), 10**12).filter(bool),
    days=st.integers(1, 400),
    cuts=st.lists(st.integers(0, 399), max_size=5),
)
def test_neighbouring_spans_add_up_to_the_whole(amount: int, days: int, cuts: list[int]) -> None:
    """However a period is cut, its parts add up to the amount, to the millionth, also of a counter-entry."""
    first = date(2026, 1, 1)
    cost = NewCost("news", first, first + timedelta(days=days - 1), amount)
    edges = sorted({0, days, *(cut for cut in cuts if cut < days)})
    parts = [cost.within(first + timedelta(days=a), first + timedelta(days=b - 1)) for a, b in pairwise(edges)]
    assert sum(parts) == amount


def test_a_counter_entry_leaves_zero_and_says_so() -> None:
    """What was entered and taken back is a cost of zero on record; what was never entered isn't there."""
    cost = NewCost("news", *NOVEMBER, 20_000_000)
    back = NewCost("news", *NOVEMBER, -20_000_000, counters=1)
    assert by_kind([cost, back], *NOVEMBER) == {"news": 0}
    assert by_kind([cost, back], date(2026, 12, 1), date(2026, 12, 2)) == {}


def test_the_same_is_kind_period_and_amount() -> None:
    """Another note is the same cost; another month, amount or kind isn't."""
    cost = NewCost("news", *NOVEMBER, 5, "a")
    assert same(cost, NewCost("news", *NOVEMBER, 5, "b"))
    assert not same(cost, NewCost("data", *NOVEMBER, 5))
    assert not same(cost, NewCost("news", *NOVEMBER, 6))
    assert not same(cost, NewCost("news", date(2026, 11, 1), date(2026, 11, 29), 5))


@pytest.mark.parametrize("last", [date(2026, 10, 31), date(2037, 11, 1)])
def test_a_period_ends_after_it_begins_and_within_ten_years(last: date) -> None:
    """A period that ends before it begins, or lasts for ever, is refused."""
    with pytest.raises(ConfigurationError, match="Nothing was entered"):
        require_period(date(2026, 11, 1), last)


@pytest.mark.parametrize("text", ["", "2,5", "2_5", "nan", "0", "-1", "0.0001", "10000.001"])
def test_what_is_no_number_of_hours_is_refused(text: str) -> None:
    """A comma for a point, a minute of nothing, more than a year holds."""
    with pytest.raises(ConfigurationError, match="Nothing was entered"):
        hours_e3(text)


def test_hours_cost_between_a_millionth_and_a_billion() -> None:
    """2.5 hours at $50 are $125; a product beyond a cost's bounds never reaches the database."""
    assert usd_e6_of_hours(hours_e3("2.5"), usd_e6("50")) == 125_000_000
    for hours, each in (("0.001", "0.000001"), ("10000", "1000000000")):
        with pytest.raises(ConfigurationError, match="Nothing was entered"):
            usd_e6_of_hours(hours_e3(hours), usd_e6(each))

"""The headline: arithmetic of profit, costs, T-bills, buy-and-hold and the account size."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from trading.accounting.headline import Asked, headline

ASKED = Asked("hybrid", [100_000, 110_000], [100_000, 104_000], date(2010, 1, 1), date(2010, 12, 31), 1_000.0, 3.0, 7)


def test_profit_after_everything_by_hand() -> None:
    """$10,000 less $1,000; T-bills made $3,000 in 365 days, buy-and-hold $4,000; $10,000 pay for $1,000 at 10 %."""
    found = headline(ASKED)
    assert found.days == 365
    assert found.after_costs_usd.value == 9_000
    assert found.tbill_usd == pytest.approx(3_000)
    assert found.over_tbills_usd.value == pytest.approx(6_000)
    assert found.over_hold_usd.value == 5_000
    assert found.breakeven_usd.value == pytest.approx(10_000)
    assert "$9,000.00 after all costs" in found.words
    assert "below $10,000.00" in found.words


def test_half_a_year_of_tbills_is_compounded() -> None:
    """182 days at 4 % a year: 100,000 x (1.04 ^ (182 / 365) - 1)."""
    found = headline(replace(ASKED, last=date(2010, 7, 1), tbill_percent=4.0))
    assert found.tbill_usd == pytest.approx(100_000 * (1.04 ** (182 / 365) - 1))


def test_without_costs_on_record_nothing_is_claimed_after_costs() -> None:
    """Nobody said that it cost nothing."""
    found = headline(replace(ASKED, costs_usd=None))
    assert found.after_costs_usd.value is None
    assert found.over_hold_usd.value is None
    assert found.breakeven_usd.value is None
    assert "No cost of running it is on record" in found.words


def test_without_a_rate_there_is_no_guess() -> None:
    """Neither what T-bills made nor how much better it was."""
    found = headline(replace(ASKED, tbill_percent=None))
    assert (found.tbill_usd, found.over_tbills_usd.value) == (None, None)


def test_an_account_that_loses_pays_for_no_machine() -> None:
    """There is no size at which it would."""
    found = headline(replace(ASKED, equity_usd=[100_000, 95_000]))
    assert found.breakeven_usd.value is None
    assert found.after_costs_usd.value == -6_000
    assert "whatever its size" in found.words


def test_the_interval_shifts_by_the_costs_and_opens_where_no_profit_is_possible() -> None:
    """Costs are known; a return whose lower end is no profit has a break-even size without an upper end."""
    noise = np.random.default_rng(3).normal(0, 0.01, 100)
    curve = 100_000 * np.cumprod(np.concatenate([[1.0], 1.0005 + noise - noise.mean()]))
    asked = replace(ASKED, equity_usd=list(curve), hold_usd=list(curve))
    found = headline(asked)
    assert found.after_costs_usd.low == pytest.approx(found.profit_usd.low - 1_000)
    assert found.over_hold_usd.low == found.over_hold_usd.high == pytest.approx(-1_000)  # the same curve
    assert found.profit_usd.low < 0 < found.profit_usd.value
    assert found.breakeven_usd.high is None
    assert found.breakeven_usd.low == pytest.approx(1_000 * 100_000 / found.profit_usd.high)

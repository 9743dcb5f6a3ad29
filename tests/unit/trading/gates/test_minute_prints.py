"""Minutes at prices far from those before: refused on hardly a share, believed once enough were traded there."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from trading.bars.intraday import INTRADAY_SCHEMA
from trading.gates.minute_prints import unsupported_minutes

OPEN = np.datetime64("2024-06-03T13:30:00", "s")


def _bars(prices: list[float], volumes: list[int], *, days: int = 0) -> pa.Table:
    starts = OPEN + np.timedelta64(days, "D") + 60 * np.arange(len(prices)).astype("timedelta64[s]")
    price = pa.array(prices)
    return pa.table(
        [pa.array(["A"] * len(prices)), pa.array(starts), price, price, price, price, pa.array(volumes)],
        names=INTRADAY_SCHEMA.names,
    ).cast(INTRADAY_SCHEMA)


def _refused(bars: pa.Table) -> list[int]:
    return unsupported_minutes(bars, np.ones(bars.num_rows, dtype=np.bool_)).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("factor", [0.0003, 0.1, 0.39, 1.61, 10.0])
def test_a_stretch_at_another_price_on_hardly_a_share_is_refused(factor: float) -> None:
    """BRK.A at 185.10 for twelve minutes on 3 June 2024, when 627,000 was usual; the minutes after it stay."""
    prices = [627_000.0] * 20 + [627_000.0 * factor] * 12 + [628_000.0] * 20
    assert _refused(_bars(prices, [10] * 20 + [3, 4] + [0] * 10 + [10] * 20)) == list(range(20, 32))


def test_a_price_that_shares_are_traded_at_is_where_the_market_is() -> None:
    """Five times the usual volume, the minutes since the jump counted: refused until then, and kept from then on."""
    prices = [4.0] * 20 + [9.0] * 20
    assert _refused(_bars(prices, [1_000] * 20 + [50_000] * 20)) == []
    assert _refused(_bars(prices, [1_000] * 20 + [2_000] * 20)) == [20, 21]


@pytest.mark.parametrize("factor", [0.45, 1.5])
def test_what_is_nearer_is_kept(factor: float) -> None:
    """A fall of 55 percent or a rise of 50 is no erroneous trade by that rule."""
    assert _refused(_bars([10.0] * 20 + [10.0 * factor] * 5, [10] * 25)) == []


def test_the_night_and_the_first_minutes_are_not_judged() -> None:
    """A split overnight is judged by days; before five minutes nobody knows what is usual."""
    both = pa.concat_tables([_bars([100.0] * 30, [10] * 30), _bars([10.0] * 30, [10] * 30, days=1)])
    assert _refused(both) == []
    assert _refused(_bars([100.0] * 4 + [10.0] * 30, [10] * 34)) == []


def test_rows_out_of_order_and_rows_refused_already_are_told_apart() -> None:
    """The answer names rows as they came; a row that another gate refused is no price to compare with."""
    bars = _bars([100.0] * 20 + [1.0] + [100.0] * 5, [10] * 26)
    order = np.random.default_rng(3).permutation(26)
    assert _refused(bars.take(pa.array(order))) == [int(np.flatnonzero(order == 20)[0])]
    accepted = np.ones(26, dtype=np.bool_)
    accepted[20] = False
    assert unsupported_minutes(bars, accepted).tolist() == []

"""The market around a bar."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.unit.trading.made_bars import closes, random_panel, weekdays
from trading.bars.panel import BARS_SCHEMA, Panel
from trading.indicators.daily import compute
from trading.market.context import MarketContext, market_context, relative_strength_20


def _context(*tables: pa.Table) -> tuple[Panel, MarketContext]:
    panel = Panel.from_arrow(pa.concat_tables(tables))
    return panel, market_context(panel, compute(panel))


def test_the_market_return_is_the_mean_of_those_present() -> None:
    """Two members count in the sessions both trade, one where only one does, none in the first."""
    _, context = _context(closes("A", [100, 110, 99, 99]), closes("B", [50, 50, 55]))
    np.testing.assert_allclose(context.market_return_1, [np.nan, (0.10 + 0.0) / 2, (-0.10 + 0.10) / 2, 0.0], atol=1e-12)
    np.testing.assert_allclose(context.index, [1, 1.05, 1.05, 1.05])
    np.testing.assert_allclose(context.dispersion[1:3], [np.std([0.1, 0], ddof=1), np.std([-0.1, 0.1], ddof=1)])
    assert np.isnan(context.dispersion[[0, 3]]).all(), "one member has no dispersion"


def test_averages_over_sessions_equal_pandas() -> None:
    """Five-session return and realised volatility are those of the index itself; unknown before there is enough."""
    panel = random_panel(20)
    context = market_context(panel, compute(panel))
    returns, index = pd.Series(context.market_return_1), pd.Series(context.index)
    np.testing.assert_allclose(context.realised_volatility_20, returns.rolling(20).std(ddof=1) * np.sqrt(252))
    np.testing.assert_allclose(context.market_return_5, (index / index.shift(5) - 1))


def test_breadth_counts_only_members_with_an_average() -> None:
    """One of two long members above its average is a half; a young third one doesn't count."""
    up, down = [100 * 1.01**i for i in range(25)], [100 * 0.99**i for i in range(25)]
    _, context = _context(closes("A", up), closes("B", down), closes("C", [5.0] * 10))
    assert np.isnan(context.breadth[:19]).all()
    np.testing.assert_allclose(context.breadth[19:], 0.5)


def test_the_trend_is_none_then_bull_then_bear() -> None:
    """Nothing before 20 sessions; a steady rise is a bull market, a steady fall later a bear market."""
    prices = [100 * 1.01**i for i in range(60)]
    prices += [prices[-1] * 0.98**i for i in range(1, 60)]
    _, context = _context(closes("A", prices))
    assert context.trend[:19].tolist() == [None] * 19
    assert np.isnan(context.trend_sign[:19]).all()
    assert set(context.trend[25:60]) == {"bull"}
    assert set(context.trend[90:]) == {"bear"}
    assert set(context.trend_sign[90:]) == {-1.0}


def test_the_trend_does_not_start_within_its_band() -> None:
    """An index that swings half a percent around its average is sideways throughout."""
    _, context = _context(closes("A", [100 + 0.5 * (-1) ** i for i in range(80)]))
    assert set(context.trend[19:]) == {"sideways"}


def test_a_trend_outlasts_the_band_that_started_it() -> None:
    """An index between its average and the band stays bull if it was; it does not become bull there."""
    slow_rise = [100 * 1.0005**i for i in range(60)]  # 9.5 sessions of rise above a 20-session average: about 0.5 %
    jump_then_slow = [100.0] * 30 + [104.0 * 1.0005**i for i in range(60)]
    _, never = _context(closes("A", slow_rise))
    _, lasting = _context(closes("A", jump_then_slow))
    assert set(never.trend[19:]) == {"sideways"}
    assert set(lasting.trend[30:]) == {"bull"}


def test_relative_strength_is_measured_against_the_median_of_the_session() -> None:
    """It equals pandas' group-wise median, and is NaN where the return is."""
    panel = random_panel(21)
    indicators = compute(panel)
    returns = pd.Series(indicators["return_20"])
    expected = returns - returns.groupby(pd.Series(panel.sessions)).transform("median")
    np.testing.assert_allclose(relative_strength_20(panel, indicators), expected)
    some = np.array([len(panel) - 1, 30, 30, 25])
    np.testing.assert_array_equal(
        relative_strength_20(panel, indicators, some), relative_strength_20(panel, indicators)[some]
    )


def test_positions_lead_from_rows_to_sessions() -> None:
    """Each row finds the values of its own session."""
    panel, context = _context(closes("A", [1, 2, 3]), closes("B", [1, 2]))
    np.testing.assert_array_equal(context.sessions[context.positions(panel.sessions)], panel.sessions)
    np.testing.assert_array_equal(context.sessions, weekdays(3))


@pytest.mark.filterwarnings("error")
def test_an_empty_market_has_an_empty_context() -> None:
    """No bars, no sessions, no error."""
    panel, context = _context(BARS_SCHEMA.empty_table())
    assert len(context.sessions) == len(context.trend) == len(context.index) == 0
    assert len(relative_strength_20(panel, compute(panel))) == 0

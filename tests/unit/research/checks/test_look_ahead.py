"""The look-ahead detector finds what is planted, and nothing in the strategy that ships."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from adapters.calendar import sessions_between
from adapters.postgres.catalysts import CATALYSTS_SCHEMA, knowable_at
from research.backtest.recorded import Recorded
from research.backtest.running import Terms
from research.backtest.services import SegmentAnalysis
from research.checks.lookahead import look_again, spread, warm_up_changes
from trading.bars.actions import Split
from trading.bars.panel import BARS_SCHEMA, Panel, as_date
from trading.cycle.stages import Market
from trading.errors import ConfigurationError
from trading.news.record import no_news

DAYS = [as_date(day) for day in sessions_between(date(2010, 1, 4), date(2010, 6, 30))]
TERMS = Terms({"rule": "rule"}, 10_000_000)


def random_record(seed: int = 4, symbols: int = 6) -> Recorded:
    """Random walks of some symbols over half a year, with a jump now and then that puts a stock in play."""
    rng = np.random.default_rng(seed)
    n = len(DAYS)
    tables = []
    for number in range(symbols):
        close = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, n) + rng.choice([0, 0.09], n, p=[0.93, 0.07])))
        open_ = np.concatenate([close[:1], close[:-1]]) * np.exp(rng.normal(0, 0.01, n))
        high, low = np.maximum(open_, close) * 1.01, np.minimum(open_, close) * 0.99
        volume = (rng.lognormal(15, 0.8, n)).astype(np.int64)
        columns = [[f"S{number}"] * n, DAYS, open_, high, low, close, volume]
        tables.append(pa.Table.from_arrays([pa.array(c) for c in columns], names=BARS_SCHEMA.names).cast(BARS_SCHEMA))
    bars = pa.concat_tables(tables).sort_by([("session", "ascending"), ("symbol", "ascending")]).combine_chunks()
    days = [DAYS[10], DAYS[70]]
    columns = [["S0", "S1"], days, ["earnings"] * 2, [knowable_at(day) for day in days]]
    events = pa.table(columns, schema=CATALYSTS_SCHEMA)
    splits = (Split("S1", DAYS[80], 2, 1),)
    return Recorded(bars, splits, (), {}, events, no_news(), None)


class PeekingAnalysis(SegmentAnalysis):
    """A planted fault: the RSI of each bar is that of the bar after it, where there is one."""

    def analysed(self, history: Panel) -> Market:
        """The honest market with an RSI that is a bar early."""
        market = super().analysed(history)
        early = market.panel.shifted(market.indicators["rsi_14"], -1)
        rsi = np.where(np.isfinite(early), early, market.indicators["rsi_14"])
        return replace(market, indicators={**market.indicators, "rsi_14": rsi})


class ScaledAnalysis(SegmentAnalysis):
    """Another: volume ratios are divided by their mean over the whole history, as by scaling a frame."""

    def analysed(self, history: Panel) -> Market:
        """The honest market with a scaled ratio."""
        market = super().analysed(history)
        ratio = market.indicators["volume_ratio_20"]
        return replace(market, indicators={**market.indicators, "volume_ratio_20": ratio / np.nanmean(ratio)})


def test_the_shipped_strategy_has_no_look_ahead() -> None:
    """Thirty sessions around a split: indicators, features, scans and orders don't change with later data."""
    found = look_again(random_record(), DAYS[60:110], TERMS, count=30)
    assert found.count == 0, found.differences
    assert len(found.sessions) == 30
    assert set(found.checked) == {"indicator", "feature", "scan", "order"}
    assert found.checked["indicator"] >= 30 * 6, "six symbols a session"


@pytest.mark.parametrize(("way", "named"), [(PeekingAnalysis, "rsi_14"), (ScaledAnalysis, "volume_ratio_20")])
def test_a_planted_look_ahead_is_found_and_named(way: type[SegmentAnalysis], named: str) -> None:
    """The next bar's value and a scale of the whole frame are found, in what was tampered with and nowhere else."""
    found = look_again(random_record(), DAYS[60:110], TERMS, count=8, way=way)
    assert found.count > 0
    assert any(named in one.what for one in found.differences)
    indicators = {one.what.split(" ")[1] for one in found.differences if one.what.startswith("indicator")}
    assert indicators == {named}


def test_a_window_without_later_data_is_refused() -> None:
    """One session alone has nothing later, so a check of it could find nothing."""
    with pytest.raises(ConfigurationError, match="Nothing was checked"):
        look_again(random_record(), DAYS[60:61], TERMS, count=1)


def test_the_sessions_are_spread_over_the_window() -> None:
    """First and last are among them."""
    assert spread(DAYS[:11], 3) == [DAYS[0], DAYS[5], DAYS[10]]
    assert spread(DAYS[:2], 3) == DAYS[:2]


def test_a_shorter_warm_up_changes_only_indicators_that_remember() -> None:
    """A mean of 20 closes stays; some indicator with a long memory moves."""
    changes = warm_up_changes(random_record(), DAYS[-1])
    assert changes["return_1"] == 0.0
    assert changes["rsi_14"] > 0.0

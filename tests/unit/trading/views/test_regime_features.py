"""The regime among a setup's features, and the VIX in the pattern log."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from tests.unit.trading.made_bars import closes
from trading.bars.panel import Panel
from trading.catalysts.earnings import Catalyst
from trading.cycle.stages import Market, Patterns, analyse, regimes_of
from trading.evidence.log import pattern_log
from trading.market.vix import BAD_CLOSE, BAD_DAY, CONTRADICTED, LATER_DAY, OUT_OF_RANGE, WEEKEND, read_vix
from trading.outcomes.barriers import OutcomeRules
from trading.patterns.recognised import recognise_all
from trading.views.setups import FEATURES, feature_rows

BARS = 30
RISES = {"A0": 0.01, "A1": 0.01, "A2": 0.01, "FAST": 0.02, "B0": 0.0, "B1": 0.0, "B2": 0.0, "LONE": 0.0}
SECTORS = dict.fromkeys(("A0", "A1", "A2", "FAST"), "Energy") | dict.fromkeys(("B0", "B1", "B2"), "Utilities")


def _market(vix: tuple[np.ndarray, np.ndarray] | None = None) -> Market:
    tables = [closes(name, [100 * (1 + rise) ** bar for bar in range(BARS)]) for name, rise in RISES.items()]
    return analyse(Panel.from_arrow(pa.concat_tables(tables)), vix=vix, sectors=SECTORS)


def _patterns(market: Market) -> Patterns:
    unknown = np.full(len(market.panel), np.nan)
    found = recognise_all(market.panel, market.indicators["atr_14"])
    return Patterns(found, Catalyst(unknown, unknown))


def _feature(market: Market, name: str, symbol: str, direction: int = 1) -> float:
    patterns = _patterns(market)
    row = int(np.flatnonzero(market.panel.row_symbols == symbol)[-1])
    made = feature_rows(
        market.panel, market.indicators, market.context, patterns.detections, patterns.catalyst,
        rows=np.array([row]), direction=np.array([direction], dtype=np.int8), regime=regimes_of(market, patterns),
    )  # fmt: skip
    return float(made.matrix[0, FEATURES.index(name)])


def test_a_setup_knows_its_sector_and_its_place_in_it() -> None:
    """Energy rises (3 x 1 % + 2 %) / 4 = 1.25 % a session, the market of eight names 5 % / 8 = 0.625 %."""
    market = _market()
    strength, inside = 1.0125**20 - 1.00625**20, 1.02**20 - 1.0125**20
    assert _feature(market, "sector_strength_20", "FAST") == pytest.approx(strength, rel=1e-5)
    assert _feature(market, "strength_in_sector_20", "FAST") == pytest.approx(inside, rel=1e-5)
    assert _feature(market, "strength_in_sector_20", "FAST", -1) == pytest.approx(-inside, rel=1e-5)
    assert np.isnan(_feature(market, "sector_strength_20", "LONE")), "a name without a sector"


def test_volatility_and_driver_are_numbers_and_unknown_is_none() -> None:
    """A VIX of 30 the day before is high volatility, 1; with no catalyst known the driver isn't either."""
    days = np.unique(_market().panel.sessions)
    assert _feature(_market((days, np.full(BARS, 30.0))), "market_volatility", "A0") == 1.0
    assert _feature(_market((days, np.full(BARS, 12.0))), "market_volatility", "A0") == 0.0
    assert np.isnan(_feature(_market(), "market_driver", "A0"))


def test_a_pattern_is_logged_with_the_vix_of_the_day_before() -> None:
    """The close of a day's own VIX comes after the shares' and isn't known; without a VIX the column is unknown."""
    days = np.unique(_market().panel.sessions)
    market = _market((days, np.arange(10.0, 10.0 + BARS)))
    patterns = _patterns(market)
    every = np.arange(len(patterns.detections), dtype=np.int64)
    log = pattern_log(market, patterns, every, OutcomeRules())
    position = np.searchsorted(days, log.column("session").to_numpy().astype("datetime64[D]"))
    assert len(position) > 0
    np.testing.assert_array_equal(log.column("vix_level").to_numpy(), np.where(position > 0, 9.0 + position, np.nan))
    without = _market()
    bare = pattern_log(without, _patterns(without), every, OutcomeRules())
    assert np.isnan(bare.column("vix_level").to_numpy()).all()


def test_each_row_of_a_vix_file_is_taken_or_refused_for_one_reason() -> None:
    """Two days in two notations, one repetition and nine wrong rows; the counts add up."""
    today = date(2010, 5, 10)
    rows = [
        {"date": "05/06/2010", "low": "24.43", "high": "40.71", "close": "32.80"},
        {"date": date(2010, 5, 5), "close": 24.91},
        {"date": "2010-05-05", "close": "24.91"},
        {"date": "6 May", "close": "32.80"},
        {"date": "2010-05-10", "close": "28.84"},
        {"date": "2010-05-08", "close": "28.84"},
        {"date": "2010-05-07", "close": "n/a"},
        {"date": "2010-05-07", "close": "nan"},
        {"date": "2010-05-07", "close": "-1"},
        {"date": "2010-05-04", "low": "20", "high": "22", "close": "23.84"},
        {"date": "2010-05-03", "close": "20.19"},
        {"date": "2010-05-03", "close": "20.91"},
    ]
    read = read_vix(rows, today)
    assert read.closes == {date(2010, 5, 5): 24.91, date(2010, 5, 6): 32.80}
    assert read.refused == {
        BAD_CLOSE: 3, BAD_DAY: 1, CONTRADICTED: 2, LATER_DAY: 1, OUT_OF_RANGE: 1, WEEKEND: 1,
    }  # fmt: skip
    assert read.rows_in == len(rows) == len(read.closes) + read.repeated + sum(read.refused.values())

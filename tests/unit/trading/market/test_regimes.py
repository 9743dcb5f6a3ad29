"""Volatility, sectors and what drives the market, with hysteresis and without a look ahead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.unit.trading.made_bars import closes, random_panel, weekdays
from trading.bars.panel import Panel
from trading.catalysts.earnings import Catalyst
from trading.indicators.daily import compute
from trading.market.context import market_context
from trading.market.regimes import catalyst_share, known_vix, regimes, volatility
from trading.market.sector_rotation import sector_rotation

DAYS = weekdays(60)


def _of(panel: Panel, **more: Any) -> Any:
    indicators = compute(panel)
    unknown = Catalyst(np.full(len(panel), np.nan), np.full(len(panel), np.nan))
    arguments = {"sectors": {}, **more}
    return regimes(
        panel, indicators, market_context(panel, indicators), arguments.pop("catalyst", unknown), **arguments
    )


def test_high_volatility_lasts_until_it_is_calm_again() -> None:
    """A VIX of 22 is low before a panic and high after it; below 20 it is low again."""
    vix = np.array([22.0, 26.0, 22.0, 19.9, 22.0])
    assert volatility(np.full(5, np.nan), vix).tolist() == ["low", "high", "high", "low", "low"]


def test_without_the_vix_what_was_realised_decides() -> None:
    """The realised one counts where the VIX is missing; where both are, nothing is said, and the state goes on."""
    vix = np.array([26.0, np.nan, np.nan, np.nan])
    realised = np.array([0.05, 0.18, np.nan, 0.15])
    assert volatility(realised, vix).tolist() == ["high", "high", None, "low"]


def test_a_session_sees_the_vix_of_the_day_before() -> None:
    """The VIX closes after the shares: Tuesday sees Monday's, and a week without one is too old."""
    days = np.array(["2010-01-04", "2010-01-05", "2010-01-06", "2010-01-13"], dtype="datetime64[D]")
    seen = known_vix(days, (days[1::-1], np.array([21.0, 20.0])))
    np.testing.assert_array_equal(seen, [np.nan, 20.0, 21.0, np.nan])
    assert np.isnan(known_vix(days, None)).all()


def _three(prefix: str, rise: float) -> list[pa.Table]:
    return [closes(f"{prefix}{number}", [100 * (1 + rise) ** bar for bar in range(30)]) for number in range(3)]


def test_sectors_are_measured_against_the_market() -> None:
    """Members that rise 1 % and 0 % a session make a market of 0.5 %: 1.01^20 - 1.005^20 ahead, 1 - 1.005^20 behind."""
    panel = Panel.from_arrow(pa.concat_tables([*_three("A", 0.01), *_three("B", 0.0)]))
    indicators = compute(panel)
    context = market_context(panel, indicators)
    sectors = {symbol: {"A": "Energy", "B": "Utilities"}[symbol[0]] for symbol in panel.symbols.tolist()}
    found = sector_rotation(panel, indicators, context, sectors)
    assert found.names == ("Energy", "Utilities")
    np.testing.assert_allclose(found.strength[20], [1.01**20 - 1.005**20, 1 - 1.005**20], rtol=1e-9)
    assert np.isnan(found.strength[:20]).all()
    np.testing.assert_allclose(found.dispersion[20], np.std(found.strength[20], ddof=1))
    assert (found.leaders(29), found.laggards(29)) == (("Energy",), ("Utilities",))
    assert found.leaders(5) == ()


def test_two_members_are_no_sector() -> None:
    """A sector of two names is unknown, and names without a sector belong to none."""
    panel = Panel.from_arrow(pa.concat_tables(_three("A", 0.01)))
    indicators = compute(panel)
    found = sector_rotation(panel, indicators, market_context(panel, indicators), {"A0": "X", "A1": "X"})
    assert np.isnan(found.strength).all()
    assert np.isnan(found.dispersion).all()


def test_leaders_that_were_laggards_are_a_turnover() -> None:
    """A sector that leads for 25 sessions and then falls behind the other is a full turnover 20 sessions later."""
    first = [100 * 1.02 ** min(bar, 25) for bar in range(60)]
    second = [100 * 1.02 ** max(bar - 25, 0) for bar in range(60)]
    tables = [closes(f"{name}{n}", path) for name, path in (("A", first), ("B", second)) for n in range(3)]
    panel = Panel.from_arrow(pa.concat_tables(tables))
    found = _of(panel, sectors={symbol: symbol[0] for symbol in panel.symbols.tolist()}).sectors
    assert found.leaders(24) == ("A",)
    assert found.leaders(50) == ("B",)
    assert found.turnover[44] == 1.0


def test_the_share_of_big_moves_with_a_catalyst() -> None:
    """Forty names jump together; catalysts are known for thirty, and ten of these have one: 10 of 30."""
    path = [100.0] * 30 + [110.0]
    panel = Panel.from_arrow(pa.concat_tables([closes(f"S{n:02}", path) for n in range(40)]))
    indicators = compute(panel)
    last = panel.sessions == DAYS[30]
    number = panel.symbol_index
    has = np.where(number < 30, np.where(last & (number < 10), 1.0, 0.0), np.nan)
    context = market_context(panel, indicators)
    share = catalyst_share(panel, indicators, context, Catalyst(has, np.full(len(panel), np.nan)))
    assert np.isnan(share[:30]).all(), "too few moves to say"
    assert share[30] == 10 / 30
    quiet = _of(panel, catalyst=Catalyst(has, has)).at(DAYS[30])
    busy = _of(panel, catalyst=Catalyst(np.where(number < 30, 1.0, np.nan), has)).at(DAYS[30])
    assert (quiet.driver, busy.driver) == ("technical", "catalysts")


def test_a_regime_says_what_it_is_in_words() -> None:
    """Unknown parts are called unknown and never left to be guessed."""
    panel = random_panel(5)
    early = _of(panel).at(DAYS[0])
    assert early.words == "trend unknown, volatility unknown, driver unknown, no leading sector known"
    days = np.array([DAYS[0]])
    seen = _of(panel, vix=(days, np.array([30.0]))).at(DAYS[1])
    assert seen.words == "trend unknown, high volatility (VIX), driver unknown, no leading sector known"
    assert (seen.volatility, seen.volatility_source) == ("high", "VIX")


@pytest.mark.filterwarnings("error")
def test_an_empty_market_has_no_regimes() -> None:
    """No bars, no sessions, no error."""
    panel = random_panel(1).take(np.array([], dtype=np.int64))
    assert len(_of(panel, sectors={"A": "X"}).sessions) == 0

"""Nothing that a decision at the close of a session sees depends on a later bar.

The way of freqtrade's lookahead-analysis: compute on all bars, compute again on the bars up to a session, compare.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.made_bars import random_panel, weekdays
from trading.bars.history import as_of
from trading.bars.panel import Panel
from trading.catalysts.earnings import earnings_catalyst
from trading.catalysts.known import known_catalysts
from trading.gates import Split
from trading.indicators.daily import INDICATORS, compute
from trading.market.context import market_context, relative_strength_20
from trading.market.regimes import regimes
from trading.patterns.recognised import recognise_all
from trading.scanner.at_close import large_cap, scan
from trading.views.setups import FEATURES, build_setups

Columns = Mapping[str, npt.NDArray[Any]]
DAYS = weekdays(120)
EVENTS = pa.table(
    {
        "symbol": ["S0", "S0", "S1", "S2", "S5"],
        "event_date": [DAYS[at].item() for at in (20, 80, 50, 100, 119)],
    }
)
SEEDS = st.integers(0, 10_000)
CUTS = st.integers(25, 118)


def _per_row(panel: Panel) -> Columns:
    """Everything that has one value a bar."""
    indicators = compute(panel)
    catalyst = known_catalysts(panel, indicators, EVENTS, None)
    context = market_context(panel, indicators)
    at = context.positions(panel.sessions)
    names = (
        "index",
        "market_return_1",
        "market_return_5",
        "realised_volatility_20",
        "breadth",
        "dispersion",
        "trend_sign",
    )
    regime = regimes(panel, indicators, context, catalyst, sectors=dict.fromkeys(panel.symbols.tolist(), "Energy"))
    strength, of_sector = regime.sectors.of_rows(panel, context, np.arange(len(panel)))
    return {
        **indicators,
        "market_volatility": regime.volatility_sign[at],
        "market_driver": regime.driver_sign[at],
        "sector_strength_20": strength,
        "strength_in_sector_20": indicators["return_20"] - of_sector,
        **{name: getattr(context, name)[at] for name in names},
        "relative_strength_20": relative_strength_20(panel, indicators),
        "has_catalyst": catalyst.has_catalyst,
        "sessions_since_event": catalyst.sessions_since_event,
        **catalyst.features,  # those of prices; test_prefix_everything compares those of news
    }


def assert_causal(compute_columns: Callable[[Panel], Columns], panel: Panel, cut: np.datetime64) -> None:
    """Columns computed on the bars up to `cut` equal those computed on all bars, for every row up to `cut`."""
    known = panel.sessions <= cut
    whole, part = compute_columns(panel), compute_columns(as_of(panel, [], [], cut))
    for name, values in part.items():
        np.testing.assert_array_equal(values, whole[name][known], err_msg=f"{name} looks beyond {cut}")


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, cut=CUTS)
def test_no_value_of_a_bar_looks_ahead(seed: int, cut: int) -> None:
    """Indicators, context, relative strength and catalysts of a bar are the same with and without later bars."""
    assert_causal(_per_row, random_panel(seed), DAYS[cut])


@pytest.mark.parametrize(
    "leak",
    [
        lambda panel: {"tomorrow": panel.shifted(panel.close, -1)},
        lambda panel: {"normalised": (panel.close - panel.close.mean()) / panel.close.std()},
        lambda panel: {"filled": np.where(np.isnan(v := compute(panel)["rsi_14"]), np.nanmean(v), v)},
        lambda panel: {"latest": np.full(len(panel), panel.sessions.max().astype(np.int64))},
    ],
    ids=["tomorrow's close", "normalised over all bars", "filled with a later mean", "the last session there is"],
)
def test_a_planted_look_ahead_is_caught(leak: Callable[[Panel], Columns]) -> None:
    """The comparison above fails on values that do look ahead; otherwise it would prove nothing."""
    with pytest.raises(AssertionError, match="looks beyond"):
        assert_causal(leak, random_panel(60), DAYS[70])


def _setups(panel: Panel, rows: npt.NDArray[np.int64] | None = None) -> Any:
    indicators = compute(panel)
    catalyst = earnings_catalyst(panel, EVENTS)
    found = recognise_all(panel, indicators["atr_14"])
    return build_setups(panel, indicators, market_context(panel, indicators), found, catalyst, rows=rows)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, cut=CUTS)
def test_no_setup_looks_ahead(seed: int, cut: int) -> None:
    """Patterns found and features made up to a session are the same with and without later bars."""
    panel = random_panel(seed)
    known = np.flatnonzero(panel.sessions <= DAYS[cut])
    whole, part = _setups(panel, known), _setups(as_of(panel, [], [], DAYS[cut]))
    np.testing.assert_array_equal(known[part.row], whole.row, err_msg=str(seed))
    np.testing.assert_array_equal(part.direction, whole.direction, err_msg=str(seed))
    np.testing.assert_array_equal(part.matrix, whole.matrix, err_msg=str(seed))


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, cut=CUTS)
def test_no_scan_looks_ahead(seed: int, cut: int) -> None:
    """The stocks in play of a session are the same with and without later bars."""

    def in_play(panel: Panel) -> list[tuple[str, float, str]]:
        indicators = compute(panel)
        catalyst = earnings_catalyst(panel, EVENTS)
        context = market_context(panel, indicators)
        found = scan(panel, indicators, context, catalyst, session=DAYS[cut], rules=large_cap()).in_play
        return [(name.symbol, name.score, name.reason) for name in found]

    panel = random_panel(seed)
    assert in_play(panel) == in_play(as_of(panel, [], [], DAYS[cut])), seed


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, cut=CUTS, ratio=st.sampled_from([(2, 1), (3, 2), (3, 1), (1, 10)]))
def test_a_later_split_restates_prices_but_no_scale_free_value(seed: int, cut: int, ratio: tuple[int, int]) -> None:
    """What is known of a bar stays the same to 1e-9 when a later split restates the bar in new shares."""
    panel = random_panel(seed)
    split = Split("S0", DAYS[119].item(), *ratio)
    known = panel.sessions <= DAYS[cut]
    before = compute(as_of(panel, [], [], DAYS[cut]))
    after = compute(as_of(panel, [split], [], DAYS[119]))
    for name, indicator in INDICATORS.items():
        if indicator.scale_free and not (name == "adx_14" and ratio != (2, 1)):  # ties: see Indicator.scale_free
            np.testing.assert_allclose(after[name][known], before[name], rtol=1e-9, atol=1e-9, err_msg=name)


def test_the_comparison_covers_every_feature() -> None:
    """Each feature that isn't a pattern column, a count or the direction is among the values compared above."""
    compared = set(_per_row(random_panel(61))) | {"market_trend"}  # compared as trend_sign
    others = {"direction", "n_same_direction_patterns", "n_opposite_patterns"}  # compared in the setups
    assert {name for name in FEATURES if not name.startswith("pattern_")} - others <= compared

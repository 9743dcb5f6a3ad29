"""The conditions of bars, at their edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.trading.made_bars import random_panel
from trading.catalysts.earnings import Catalyst
from trading.cycle.stages import Market, Patterns, analyse
from trading.errors import ConfigurationError
from trading.evidence.conditions import conditions, matching, parse_where, terciles_of_session
from trading.patterns.recognised import recognise_all


def _patterns(market: Market, catalyst: Catalyst) -> Patterns:
    return Patterns(recognise_all(market.panel, market.indicators["atr_14"]), catalyst)


def _labels(name: str, **indicators: list[float]) -> list[str]:
    """The labels of the first bars when an indicator has these values there."""
    market = analyse(random_panel(1))
    empty = np.full(len(market.panel), np.nan)
    changed = {key: np.concatenate([values, empty[len(values) :]]) for key, values in indicators.items()}
    catalyst = Catalyst(changed.pop("has_catalyst", empty), empty)
    market = replace(market, indicators={**market.indicators, **changed})
    found = {condition.name: condition for condition in conditions(market, _patterns(market, catalyst))}
    count = len(next(iter(indicators.values())))
    return [found[name].labels[code] for code in found[name].code[:count]]


def test_a_band_holds_its_lower_edge() -> None:
    """25 and 34.99 are in 25-35, 35 is in the next one, and an unknown RSI is unknown."""
    seen = _labels("rsi", rsi_14=[24.99, 25.0, 34.99, 35.0, 75.0, np.nan])
    assert seen == ["below 25", "25-35", "25-35", "35-50", "75 and above", "unknown"]


def test_a_spike_is_twice_the_usual_volume() -> None:
    """As in the training table; unknown volume is no usual volume."""
    assert _labels("volume", volume_surge=[1.99, 2.0, np.nan]) == ["usual", "spike", "unknown"]


def test_a_catalyst_that_nobody_would_know_of_is_unknown() -> None:
    """Absent only where a source would have had it."""
    assert _labels("catalyst", has_catalyst=[0.0, 1.0, np.nan]) == ["absent", "present", "unknown"]


def test_terciles_compare_within_a_session() -> None:
    """Six stocks of one session split two by two, another session by itself, and unknown stays unknown."""
    days = np.array(["2010-01-04"] * 7 + ["2010-01-05"] * 3, dtype="datetime64[D]")
    values = np.array([6.0, 5, 4, 3, 2, 1, np.nan, 100, 300, 200])
    assert terciles_of_session(values, days).tolist() == [2, 2, 1, 1, 0, 0, 3, 0, 2, 1]


def test_equal_values_stay_together() -> None:
    """Ties across an edge all go to the lower third."""
    days = np.full(4, np.datetime64("2010-01-04"))
    assert terciles_of_session(np.array([1.0, 1.0, 1.0, 1.0]), days).tolist() == [0, 0, 0, 0]


def test_where_is_read_and_what_does_not_exist_is_refused() -> None:
    """NAME=VALUE pairs must all hold; a name or value that isn't known is named with those that are."""
    market = analyse(random_panel(1))
    empty = np.full(len(market.panel), np.nan)
    known = conditions(market, _patterns(market, Catalyst(empty, empty)))
    assert parse_where(["rsi=25-35", "trend = bull"]) == (("rsi", "25-35"), ("trend", "bull"))
    both = matching(known, [("rsi", "35-50"), ("volume", "usual")])
    alone = [matching(known, [pair]) for pair in (("rsi", "35-50"), ("volume", "usual"))]
    np.testing.assert_array_equal(both, alone[0] & alone[1])
    assert both.any()
    for wanted, said in (([("rsi", "25")], "25-35"), ([("moon", "full")], "trend")):
        with pytest.raises(ConfigurationError, match=said):
            matching(known, wanted)
    with pytest.raises(ConfigurationError, match="NAME=VALUE"):
        parse_where(["rsi"])

"""What the training table keeps of patterns of each family."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from drawn import wandering

from trading.cycle import Market, Patterns, analyse, recognise
from trading.outcomes import OutcomeRules
from trading.own_outcomes import label_own
from trading.pattern_log import pattern_log, recent_detections
from trading.patterns import candlestick
from trading.patterns.chart import registry
from trading.patterns.recognised import FAMILY_OF, NAMES, direction_word, signed_name

RULES = OutcomeRules()
OUTCOME = (
    "pattern_success", "max_gain", "max_loss", "optimal_hold_time", "outcome_return", "outcome_exit",
    "outcome_known_session",
)  # fmt: skip
FORMATION = ("formation_session", "level_usd", "entry_usd", "stop_usd")
OWN = ("target_usd", "own_exit", "own_return", "own_known_session")


@pytest.fixture(scope="module")
def seen() -> tuple[Market, Patterns]:
    """Random walks with both families in them."""
    market = analyse(wandering(5))
    events = pa.table({"symbol": pa.array([], pa.string()), "event_date": pa.array([], pa.date32())})
    return market, recognise(market, events, set())


def _log(seen: tuple[Market, Patterns]) -> list[dict[str, Any]]:
    market, patterns = seen
    rows = pattern_log(market, patterns, np.arange(len(patterns.detections)), RULES).to_pylist()
    return [{key: None if value != value else value for key, value in row.items()} for row in rows]  # noqa: PLR0124 - NaN


def test_both_families_are_found_and_sorted(seen: tuple[Market, Patterns]) -> None:
    """All that the two detectors find, each once, by row and pattern, each chart pattern with its own prices."""
    market, patterns = seen
    found, panel, atr = patterns.detections, market.panel, market.indicators["atr_14"]
    candles, charts = candlestick.detect(panel), registry.detect(panel, atr)
    assert len(charts) > 20
    expected = [(r, str(n), d) for r, n, d in zip(candles.row, candles.names, candles.direction, strict=True)]
    expected += [(r, str(n), d) for r, n, d in zip(charts.row, charts.names, charts.direction, strict=True)]
    got = list(zip(found.row.tolist(), found.names.tolist(), found.direction.tolist(), strict=True))
    assert sorted(got) == sorted(expected)
    order = np.lexsort((found.direction, found.pattern, found.row))
    np.testing.assert_array_equal(order, np.arange(len(found)))
    of_charts = found.chart >= 0
    assert set(found.families[of_charts]) == {"chart"}
    np.testing.assert_array_equal(found.charts.row[found.chart[of_charts]], found.row[of_charts])


def test_no_name_belongs_to_two_families() -> None:
    """One name, one family; the vocabulary is both of them."""
    assert len(set(NAMES)) == len(NAMES) == len(FAMILY_OF) == 61 + len(registry.NAMES)
    assert {FAMILY_OF[name] for name in registry.NAMES} == {"chart"}


def test_a_pattern_without_direction_has_no_outcome(seen: tuple[Market, Patterns]) -> None:
    """However old it is, nothing is said of how it turned out; all others that are old enough have all of it."""
    rows = _log(seen)
    neutral = [row for row in rows if row["direction"] == 0]
    assert neutral
    assert all(row[name] is None for row in neutral for name in OUTCOME)
    assert {row["pattern_type"] for row in neutral} <= candlestick.NEUTRAL
    decided = [row for row in rows if row["direction"] != 0 and row["outcome_known_session"]]
    assert all(row["pattern_success"] is not None and row["outcome_return"] is not None for row in decided)
    assert {row["family"] for row in decided} == {"candlestick", "chart"}


def test_only_charts_have_a_formation_and_a_plan(seen: tuple[Market, Patterns]) -> None:
    """A chart pattern began before it triggered and says where it is wrong; a candlestick says neither."""
    market, patterns = seen
    rows = _log(seen)
    charts = [row for row in rows if row["family"] == "chart"]
    assert all(row[name] is None for row in rows if row["family"] == "candlestick" for name in (*FORMATION, *OWN))
    assert all(row[name] is not None for row in charts for name in FORMATION)
    assert all(row["formation_session"] < row["session"] for row in charts)
    assert all((row["entry_usd"] - row["stop_usd"]) * row["direction"] > 0 for row in charts)
    own = label_own(market.panel, patterns.detections.charts, RULES)
    known = [None if np.isnat(day) else day.item() for day in own.known_session]
    assert [row["own_known_session"] for row in charts] == known
    assert {row["own_exit"] for row in charts} >= {"stop", "target", "horizon"}


def test_charts_are_followed_longer_than_candlesticks(seen: tuple[Market, Patterns]) -> None:
    """Every outcome that the last session made known is among the recent ones, each family by its own horizon."""
    market, patterns = seen
    last = market.panel.sessions.max()
    recent = set(recent_detections(market, patterns, RULES).tolist())
    rows = _log(seen)
    new = {at for at, row in enumerate(rows) if last.item() in {row["outcome_known_session"], row["own_known_session"]}}
    assert new
    assert new <= recent
    assert len(recent) < len(rows) / 4


def test_directions_in_words() -> None:
    """A sign before the name, none without a direction."""
    assert [signed_name("doji", way) for way in (1, -1, 0)] == ["+doji", "-doji", "doji"]
    assert [direction_word(way) for way in (1, -1, 0)] == ["long", "short", "none"]

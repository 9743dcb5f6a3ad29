"""What the training table keeps of patterns of each family."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from adapters.postgres.patterns import OPEN_SCHEMA
from tests.unit.trading.drawn import wandering
from trading.cycle.stages import Market, Patterns, analyse, recognise
from trading.evidence.log import pattern_log
from trading.evidence.outcomes import outcomes_on_record
from trading.outcomes.barriers import OutcomeRules
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
    return market, recognise(market, events)


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
    rows = _log(seen)
    charts = [row for row in rows if row["family"] == "chart"]
    assert all(row[name] is None for row in rows if row["family"] == "candlestick" for name in (*FORMATION, *OWN))
    assert all(row[name] is not None for row in charts for name in FORMATION)
    assert all(row["formation_session"] < row["session"] for row in charts)
    assert all((row["entry_usd"] - row["stop_usd"]) * row["direction"] > 0 for row in charts)
    assert {row["own_exit"] for row in charts} >= {"stop", "target", "horizon"}


KEY = ("symbol", "session", "pattern_type", "direction")


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEY)


def _outcomes(market: Market, rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What `outcomes_on_record` says of rows of the log, by key."""
    names = (*KEY, "entry_usd", "stop_usd", "target_usd")
    table = pa.table({name: [row[name] for row in rows] for name in names}, schema=OPEN_SCHEMA)
    return {_key(row): row for row in outcomes_on_record(market, table, RULES).to_pylist()}


def test_patterns_on_record_end_as_if_they_were_found_again(seen: tuple[Market, Patterns]) -> None:
    """The outcomes filled in later are those that the log of the whole history holds, and the open ones are absent."""
    rows = [row for row in _log(seen) if row["direction"]]
    filled = _outcomes(seen[0], rows)
    expected = {_key(row): row for row in rows if row["outcome_known_session"] or row["own_known_session"]}
    assert filled.keys() == expected.keys()
    for key, outcome in filled.items():
        for name, value in outcome.items():
            assert value == pytest.approx(expected[key][name], nan_ok=True) or value != value, (key, name)  # noqa: PLR0124
    assert len(filled) < len(rows)


def test_a_split_changes_no_outcome_and_loses_no_pattern(seen: tuple[Market, Patterns]) -> None:
    """In shares three times as many every pattern on record still has its outcome, though TA-Lib would find others.

    A third of a cent has no end in binary, so candles that were just small enough are not so any more.
    """
    market = seen[0]
    prices = {name: getattr(market.panel, name) / 3 for name in ("open", "high", "low", "close")}
    after = analyse(replace(market.panel, **prices, volume=market.panel.volume * 3))
    rows = [row for row in _log(seen) if row["direction"]]
    before, later = _outcomes(market, rows), _outcomes(after, rows)
    assert later.keys() == before.keys()
    exits = [(before[key][name], later[key][name]) for key in before for name in ("outcome_exit", "own_exit")]
    same = sum(one == other for one, other in exits)
    assert same >= 0.999 * len(exits)  # a price that touches a barrier exactly may not do so after rounding
    returns = [(before[key]["outcome_return"], later[key]["outcome_return"]) for key in before]
    close = sum(one == pytest.approx(other, abs=1e-9, nan_ok=True) for one, other in returns)
    assert close >= 0.999 * len(returns)


def test_a_pattern_whose_bar_is_gone_stays_open(seen: tuple[Market, Patterns]) -> None:
    """After a break, or of a symbol that is unknown, nothing is claimed."""
    rows = [row for row in _log(seen) if row["direction"]][:5]
    strangers = [row | {"symbol": "ZZZ"} for row in rows] + [row | {"session": date(1999, 1, 4)} for row in rows]
    assert _outcomes(seen[0], strangers) == {}
    assert _outcomes(seen[0], []) == {}


def test_directions_in_words() -> None:
    """A sign before the name, none without a direction."""
    assert [signed_name("doji", way) for way in (1, -1, 0)] == ["+doji", "-doji", "doji"]
    assert [direction_word(way) for way in (1, -1, 0)] == ["long", "short", "none"]

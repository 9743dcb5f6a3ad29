"""The scanner, on a market drawn by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from tests.unit.trading.made_bars import closes, random_panel, weekdays
from trading.bars.panel import Panel
from trading.catalysts.earnings import Catalyst, earnings_catalyst
from trading.errors import ConfigurationError
from trading.gates import Break, Split
from trading.indicators.daily import compute
from trading.market.context import market_context
from trading.scanner.at_close import Scan, large_cap, ross_cameron, scan

DAYS = weekdays(30)
LAST = DAYS[-1]


def _name(symbol: str, move: float, volume_ratio: float, price: float = 10.0) -> pa.Table:
    """29 quiet bars, then a bar that closes `move` higher on `volume_ratio` times the volume."""
    volumes = [4_000_000] * 29 + [int(4_000_000 * volume_ratio)]
    return closes(symbol, [price] * 29 + [price * (1 + move)], volumes)


def _scan(
    *tables: pa.Table, rules: object = None, events: tuple[str, ...] = (), covered: str = "ABC", **more: object
) -> Scan:
    panel = Panel.from_arrow(pa.concat_tables(tables))
    indicators = compute(panel)
    long_ago = DAYS[0].item() - timedelta(days=30)
    days = [DAYS[-2].item()] * len(events) + [long_ago] * len(covered)
    dates = pa.table({"symbol": pa.array([*events, *covered], pa.string()), "event_date": pa.array(days, pa.date32())})
    catalyst = earnings_catalyst(panel, dates)
    context = market_context(panel, indicators)
    arguments = {"session": LAST, "rules": rules or large_cap(), **more}
    found = scan(panel, indicators, context, catalyst, **arguments)
    assert len(found.in_play) + sum(found.excluded.values()) == len(panel.symbols), "every name must be accounted for"
    return found


def test_score_and_reason_follow_from_move_volume_and_catalyst() -> None:
    """4 % at 2 % asked is 2/3, 3.0x at 1.5x asked is 2/3, earnings yesterday 1: 0.4*2/3 + 0.4*2/3 + 0.2 = 0.7333."""
    found = _scan(_name("A", 0.04, 3.0), events=("A",)).in_play
    assert [name.symbol for name in found] == ["A"]
    assert found[0].score == pytest.approx(0.4 * 2 / 3 + 0.4 * 2 / 3 + 0.2)
    assert found[0].parts == {"move": pytest.approx(2 / 3), "volume": pytest.approx(2 / 3), "catalyst": 1.0}
    assert found[0].reason == "up 4.0 % on 3.0\u00d7 volume, earnings 1 session ago"


def test_an_unknown_catalyst_is_left_out_of_the_score() -> None:
    """A name that no source covers is judged by move and volume, half each; a covered one without news loses 0.2."""
    uncovered, covered = _scan(_name("Z", -0.04, 3.0)).in_play[0], _scan(_name("A", -0.04, 3.0)).in_play[0]
    assert uncovered.score == pytest.approx(2 / 3)
    assert "catalyst" not in uncovered.parts
    assert covered.score == pytest.approx(0.8 * 2 / 3)
    assert covered.reason == "down 4.0 % on 3.0\u00d7 volume"


def test_equal_scores_are_ranked_by_symbol_and_only_the_best_are_kept() -> None:
    """Three equal names, room for two: the first two of the alphabet."""
    found = _scan(*(_name(symbol, 0.04, 3.0) for symbol in "CAB"), rules=replace(large_cap(), max_names=2))
    assert [(name.rank, name.symbol) for name in found.in_play] == [(1, "A"), (2, "B")]
    assert found.excluded == {"ranked below the best": 1}


def test_each_name_that_is_out_is_counted_under_its_reason() -> None:
    """One name for each reason of the large-cap profile."""
    found = _scan(
        _name("A", 0.04, 3.0),
        _name("B", 0.01, 3.0),
        _name("C", 0.04, 1.2),
        _name("D", 0.04, 3.0, price=2.0),
        closes("E", [10.0] * 29 + [10.4], [40_000] * 29 + [120_000]),
        closes("F", [10.0] * 20),
        _name("G", 0.04, 3.0),
        _name("H", 0.04, 3.0),
        jumps=[
            Break("A", date(2010, 3, 1), "not yet"),
            Split("G", DAYS[-2].item(), 2, 1),
            Break("H", LAST.item(), "x"),
            Break("A", DAYS[-3].item(), "long ago"),
        ],
    )
    assert [name.symbol for name in found.in_play] == ["A"]
    assert found.excluded == {
        "illiquid": 1,
        "just after a split or break": 2,
        "price out of bounds": 1,
        "small move": 1,
        "stale: no bar in this session": 1,
        "usual volume": 1,
    }


def test_a_young_name_has_a_short_history() -> None:
    """With twenty bars the relative volume isn't known, so the name is out."""
    panel = Panel.from_arrow(closes("A", [10.0] * 19 + [10.5], [4_000_000] * 19 + [12_000_000]))
    indicators = compute(panel)
    unknown = Catalyst(np.full(20, np.nan), np.full(20, np.nan))
    found = scan(panel, indicators, market_context(panel, indicators), unknown, session=DAYS[19], rules=large_cap())
    assert found.excluded == {"short history": 1}


def test_the_five_pillars_all_count() -> None:
    """A runner with news, small float and five times the volume is in; missing one pillar puts it out."""

    def out(*tables: pa.Table, **more: object) -> dict[str, int]:
        return _scan(*tables, rules=ross_cameron(), **more).excluded

    runner = _name("A", 0.12, 6.0)
    assert out(runner, events=("A",)) == {}
    assert out(runner, events=("A",), float_shares={"A": 5e6}) == {}
    assert out(runner, events=("A",), float_shares={"A": 50e6}) == {"large float": 1}
    assert out(runner) == {"no catalyst": 1}
    assert out(runner, covered="B") == {"catalyst unknown": 1}
    assert out(_name("A", 0.09, 6.0), events=("A",)) == {"small move": 1}
    assert out(_name("A", -0.12, 6.0), events=("A",)) == {"small move": 1}
    assert out(_name("A", 0.12, 4.9), events=("A",)) == {"usual volume": 1}
    assert out(_name("A", 0.12, 6.0, price=30.0), events=("A",)) == {"price out of bounds": 1}


def test_a_gap_larger_than_the_days_change_is_named() -> None:
    """A name that gapped up 10 % and closed up 4 % says both."""
    bars = _name("A", 0.04, 3.0).to_pylist()
    bars[-1] |= {"open": 11.0, "high": 11.2}
    found = _scan(pa.Table.from_pylist(bars, schema=_name("A", 0, 1).schema))
    assert found.in_play[0].reason == "gapped up 10.0 %, closed up 4.0 % on 3.0\u00d7 volume"


def test_a_session_without_bars_has_nobody_in_play() -> None:
    """A Sunday gives an empty list and counts every name as stale."""
    found = _scan(_name("A", 0.04, 3.0), session=date(2010, 1, 10))
    assert found.in_play == ()
    assert found.excluded == {"stale: no bar in this session": 1}


def test_scores_lie_between_0_and_1_and_fall_with_the_rank() -> None:
    """On random bars under loose rules."""
    panel = random_panel(50, tuple([60] * 40))
    indicators = compute(panel)
    catalyst = Catalyst(np.full(len(panel), np.nan), np.full(len(panel), np.nan))
    rules = replace(large_cap(), min_move=0.001, min_relative_volume=0.1, min_dollar_volume_usd=0.0, min_price_usd=0.0)
    found = scan(
        panel, indicators, market_context(panel, indicators), catalyst, session=panel.sessions[-1], rules=rules
    )
    scores = [name.score for name in found.in_play]
    assert len(scores) == 25
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)


def test_rules_that_cannot_be_scored_are_refused() -> None:
    """A bound of zero would divide by zero."""
    with pytest.raises(ConfigurationError, match="above zero"):
        replace(large_cap(), min_move=0.0)

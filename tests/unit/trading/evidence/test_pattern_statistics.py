"""What is found in markets whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.trading.labelled import labelled, market, patterns_at
from trading.evidence.catalyst_ratio import catalyst_ratio
from trading.evidence.conditions import Condition
from trading.evidence.statistics import ALL, Sightings, clearest_first, measure
from trading.performance.estimate import wilson


def _sightings(rows: list[int], directions: list[int] | None = None) -> Sightings:
    count = len(rows)
    return Sightings(
        np.array(rows, dtype=np.int64),
        np.zeros(count, dtype=np.int64),
        np.array(directions or [1] * count, dtype=np.int8),
        ("made",),
    )


def test_a_planted_edge_is_found_and_the_rest_is_not() -> None:
    """Of 30 patterns the one that adds 15 points of success shows an edge of that size; under a fall it does worse."""
    rng = np.random.default_rng(11)
    bars, chance = market(rng, sessions=200)
    found = patterns_at(rng, len(chance), 30, 0.1)
    lifted = chance.copy()
    lifted[found.row[found.pattern == 7]] += 0.15
    lifted[found.row[found.pattern == 9]] -= 0.15
    success = (rng.uniform(size=len(chance)) < lifted).astype(np.float64)
    rows = {row.pattern: row for row in measure([replace(bars, success=success)], found, [])}
    assert rows["made_7"].verdict == "edge shown"
    assert rows["made_9"].verdict == "worse than random"
    difference = rows["made_7"].difference
    assert difference.low is not None
    assert difference.high is not None
    assert difference.low < 0.15 < difference.high
    others = [row.verdict for name, row in rows.items() if name not in {"made_7", "made_9"}]
    assert others.count("no edge shown") >= 27


def test_an_edge_under_one_condition_only_is_found_there() -> None:
    """Beside random candles of the same condition the planted label stands out, and the other one does not."""
    rng = np.random.default_rng(12)
    bars, chance = market(rng, sessions=200)
    code = rng.integers(0, 2, len(chance)).astype(np.int8)
    found = patterns_at(rng, len(chance), 1, 0.15)
    lifted = chance + np.where(code == 1, 0.1, 0.0)  # the condition itself is no edge of the pattern
    planted = found.row[code[found.row] == 1]
    lifted[planted] += 0.2
    success = (rng.uniform(size=len(chance)) < lifted).astype(np.float64)
    rows = measure([replace(bars, success=success)], found, [Condition("made", ("off", "on", "unknown"), code)])
    by_label = {row.label: row for row in rows if row.condition == "made"}
    assert by_label["on"].verdict == "edge shown"
    assert by_label["off"].verdict == "no edge shown"
    assert by_label["on"].difference.value == pytest.approx(0.2, abs=0.06)
    assert "unknown" not in by_label  # no sighting was there


def test_noise_gives_no_more_discoveries_than_stated() -> None:
    """In 60 markets without any edge, with shocks of whole sessions, at most 5 % show any discovery at all.

    Without true effects the false discovery rate is the chance of one discovery or more. Of 60 tries with a chance of
    5 %, more than 8 happen in 0.3 % of all cases (binomial).
    """
    false_alarms, tested = 0, 0
    for seed in range(60):
        rng = np.random.default_rng(1000 + seed)
        bars, chance = market(rng, symbols=15, sessions=60, shock=0.2)
        rows = measure([bars], patterns_at(rng, len(chance), 20, 0.1), [])
        tested += sum(row.q_value is not None for row in rows)
        false_alarms += any(row.verdict in {"edge shown", "worse than random"} for row in rows)
    assert tested == 60 * 20
    assert false_alarms <= 8


def test_counting_by_bar_alone_would_cry_wolf() -> None:
    """A pattern of a few whole sessions has no edge because these were good, whatever its Wilson interval says."""
    rng = np.random.default_rng(5)
    sessions, symbols = 60, 50
    good = rng.permutation(sessions) < 12
    session = np.tile(np.arange(sessions), symbols)
    success = (rng.uniform(size=len(session)) < np.where(rng.normal(0, 1, sessions) > 0, 0.7, 0.2)[session]).astype(
        float
    )
    bars = labelled(success, np.repeat(np.arange(symbols), sessions) * 6 + 2, session)
    (row,) = measure([bars], _sightings(np.flatnonzero(good[session]).tolist()), [])
    naive = wilson(int(success[good[session]].sum()), int(good[session].sum()))
    assert row.success == naive
    assert row.success_error is not None
    assert naive.high is not None
    assert naive.value is not None
    assert row.success_error > 3 * (naive.high - naive.value) / 1.96
    assert row.verdict == "no edge shown"


def test_open_outcomes_are_recorded_and_not_counted() -> None:
    """A sighting whose outcome is open is in `recorded` only, and one that stands twice counts once."""
    bars = labelled(np.array([1.0, 0.0, np.nan, 0.0]), np.full(4, 2), np.arange(4))
    (row,) = measure([bars], _sightings([0, 1, 1, 2]), [])
    assert (row.condition, row.label) == (ALL, ALL)
    assert (row.recorded, row.with_outcome, row.sessions) == (3, 2, 2)
    assert row.success == wilson(1, 2)
    assert row.mean_return == pytest.approx((0.01 - 0.01) / 2)
    assert row.verdict == "too few"
    assert row.p_value is None


@pytest.mark.parametrize(("count", "verdict"), [(29, "too few"), (31, "no edge shown")])
def test_rare_patterns_are_not_tested(count: int, verdict: str) -> None:
    """Below the minimum nothing is said; the minimum counts sightings with something to compare."""
    rng = np.random.default_rng(8)
    bars, _ = market(rng, symbols=5, sessions=60)
    rows = rng.choice(300, count, replace=False).tolist()
    (row,) = measure([bars], _sightings(rows), [], min_count=30)
    assert row.verdict == verdict


def test_directions_are_apart() -> None:
    """A long sighting is measured among long outcomes only, a short one among short ones."""
    long = labelled(np.array([1.0, 1.0, 0.0]), np.full(3, 2), np.arange(3))
    short = labelled(np.array([0.0, 0.0, 1.0]), np.full(3, 2), np.arange(3), direction=-1)
    rows = measure([long, short], _sightings([0, 1], [1, -1]), [])
    assert [(row.direction, row.success.value) for row in rows] == [(1, 1.0), (-1, 0.0)]


def _catalyst(codes: np.ndarray) -> Condition:  # type: ignore[type-arg]
    return Condition("catalyst", ("absent", "present", "unknown"), codes.astype(np.int8))


def test_the_catalyst_ratio_is_that_of_the_rates() -> None:
    """3 of 4 with against 1 of 4 without is 3 times; unknown counts on neither side; a bar counts once."""
    success = np.array([1.0, 1, 1, 0, 1, 0, 0, 0, 1])
    bars = labelled(success, np.full(9, 2), np.arange(9))
    codes = np.array([1, 1, 1, 1, 0, 0, 0, 0, 2])
    found = catalyst_ratio([bars], _sightings([*range(9), 0, 0]), _catalyst(codes))
    assert (found.with_catalyst, found.without, found.unknown) == (4, 4, 1)
    assert found.ratio.value == pytest.approx(3.0)
    assert found.claim == "too few"


@pytest.mark.parametrize(("true_ratio", "claim"), [(2.0, "not refuted"), (1.0, "refuted")])
def test_twice_as_often_is_told_from_as_often(true_ratio: float, claim: str) -> None:
    """In a made market where catalysts double success the claim stands; where they do nothing it is refuted."""
    rng = np.random.default_rng(21)
    bars, _ = market(rng, sessions=150)
    codes = (rng.uniform(size=len(bars.success)) < 0.2).astype(np.int8)
    chance = 0.3 * np.where(codes == 1, true_ratio, 1.0)
    success = (rng.uniform(size=len(codes)) < chance).astype(np.float64)
    every = _sightings(list(range(len(codes))))
    found = catalyst_ratio([replace(bars, success=success)], every, _catalyst(codes))
    assert found.claim == claim
    assert found.ratio.low is not None
    assert found.ratio.high is not None
    assert found.ratio.low < true_ratio < found.ratio.high


def test_a_pattern_without_direction_is_counted_and_never_compared() -> None:
    """It comes last, with its sightings and nothing else, and does not enter the correction."""
    rng = np.random.default_rng(21)
    bars, chance = market(rng, sessions=100)
    bars = replace(bars, success=(rng.uniform(size=len(chance)) < chance).astype(np.float64))
    code = (np.arange(len(chance)) % 2).astype(np.int8)
    made = Condition("made", ("even", "odd", "unknown"), code)
    directed = patterns_at(rng, len(chance), 3, 0.1)
    neutral = np.array([0, 1, 2, 4], dtype=np.int64)
    both = Sightings(
        np.concatenate([directed.row, neutral]),
        np.concatenate([directed.pattern, np.full(4, len(directed.names))]),
        np.concatenate([directed.direction, np.zeros(4, dtype=np.int8)]),
        (*directed.names, "doji"),
    )
    alone, rows = measure([bars], directed, [made]), measure([bars], both, [made])
    assert rows[: len(alone)] == alone
    dojis = [(row.pattern, row.direction, row.label, row.recorded) for row in rows[len(alone) :]]
    assert dojis == [("doji", 0, ALL, 4), ("doji", 0, "even", 3), ("doji", 0, "odd", 1)]
    assert {row.verdict for row in rows[len(alone) :]} == {"no direction"}
    assert all(row.with_outcome == row.compared == 0 and row.q_value is None for row in rows[len(alone) :])
    assert [row.direction for row in sorted(rows, key=clearest_first)][-3:] == [0, 0, 0]

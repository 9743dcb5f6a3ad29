"""The comparison with random candles: by hand, and its error against how much it really varies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tests.unit.trading.labelled import labelled, market
from tests.unit.trading.made_bars import closes, random_panel, table, weekdays
from trading.bars.panel import Panel
from trading.evidence.random_candles import (
    CLOSE_BUCKETS,
    PRIOR_BARS,
    LabelledBars,
    Totals,
    close_bucket,
    compare,
    label_bars,
)
from trading.evidence.significance import session_variance
from trading.indicators.daily import compute
from trading.outcomes.barriers import OutcomeRules, label


def _totals(bars: LabelledBars, n_labels: int = 1, code: npt.NDArray[np.int8] | None = None) -> Totals:
    return Totals.of(bars, np.zeros(len(bars.success), dtype=np.int8) if code is None else code, n_labels)


def test_the_baseline_is_that_of_the_same_symbol_and_close_in_range() -> None:
    """Two symbols, one bucket: each sighting is compared with the other bars of its symbol, drawn to the universe."""
    success = np.array([1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, np.nan])
    cell = np.array([2, 2, 2, 2, 8, 8, 8, 8])
    bars = labelled(success, cell, np.array([0, 1, 2, 3, 0, 1, 2, 3]))
    totals = _totals(bars)
    found = compare(totals, np.isin(totals.rows, [0, 4]))
    universe = (1 + 0 + 1 + 0 + 0) / 5  # the known bars that are no sighting
    first = (2 + PRIOR_BARS * universe) / (3 + PRIOR_BARS)
    second = (0 + PRIOR_BARS * universe) / (2 + PRIOR_BARS)
    assert found.compared.tolist() == [2]
    assert found.baseline[0] == pytest.approx((first + second) / 2)
    assert found.difference[0] == pytest.approx(1 / 2 - (first + second) / 2)


def test_another_close_in_range_and_another_label_are_no_comparison() -> None:
    """Bars that close elsewhere in their range, or under another label, don't touch the baseline."""
    cell = np.array([2, 2, 2, 3, 2])
    bars = labelled(np.array([1.0, 0.0, 0.0, 1.0, 1.0]), cell, np.arange(5))
    totals = _totals(bars, 2, np.array([0, 0, 0, 0, 1], dtype=np.int8))
    found = compare(totals, totals.rows == 0)
    assert found.baseline[0] == 0.0
    assert np.isnan(found.baseline[1])


def test_a_sighting_with_nothing_beside_it_is_not_compared() -> None:
    """When every bar of a close-in-range is the pattern, there is no random candle and no difference."""
    bars = labelled(np.array([1.0, 0.0, 1.0]), np.array([2, 2, 3]), np.arange(3))
    totals = _totals(bars)
    found = compare(totals, totals.rows < 2)
    assert found.compared.tolist() == [0]
    assert np.isnan(found.difference[0])
    assert not found.influence.any()


@pytest.mark.parametrize("share", [0.03, 0.4])
def test_the_error_is_how_much_the_difference_varies(share: float) -> None:
    """Over 300 made markets with shocks of whole sessions, the stated errors average to the true deviation.

    Tolerance: a deviation of 300 values is known to 1 / sqrt(600) = 4 %, so three of those.
    """
    differences, variances = [], []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        bars, _ = market(rng, symbols=10, sessions=80, shock=0.2)
        totals = _totals(bars)
        # patterns that cluster in sessions, as real ones do
        likely = np.where(np.arange(80) % 4 == 0, 2.0, 0.5)[bars.session[totals.rows]] * share
        found = compare(totals, rng.uniform(size=len(totals.rows)) < likely)
        differences.append(found.difference[0])
        variances.append(session_variance(found.influence, 0)[0])
    stated = np.sqrt(np.mean(variances))
    assert stated == pytest.approx(np.std(differences, ddof=1), rel=0.12)


def test_a_shock_that_hits_both_alike_cancels() -> None:
    """A pattern on half of every session's bars is judged within sessions: far less error than its rate alone has."""
    rng = np.random.default_rng(3)
    bars, _ = market(rng, shock=0.2)
    totals = _totals(bars)
    sighted = rng.uniform(size=len(totals.rows)) < 0.5
    error = np.sqrt(session_variance(compare(totals, sighted).influence, 0)[0])
    rows = totals.rows[sighted]
    by_session = np.bincount(bars.session[rows], weights=bars.success[rows] - bars.success[rows].mean()) / len(rows)
    assert error < 0.8 * np.sqrt(session_variance(by_session[None, :], 0)[0])


def test_the_close_bucket_says_where_the_bar_closed() -> None:
    """The low is in the lowest fifth, the high in the highest, and a bar without a range in none of them."""
    days = weekdays(4)
    prices = [(10.0, 12.0, 10.0, 10.0), (10.0, 12.0, 10.0, 12.0), (11.0, 12.0, 10.0, 11.0), (9.0, 9.0, 9.0, 9.0)]
    panel = Panel.from_arrow(table([("A", day, *bar, 100) for day, bar in zip(days, prices, strict=True)]))
    assert close_bucket(panel).tolist() == [0, CLOSE_BUCKETS - 1, CLOSE_BUCKETS // 2, CLOSE_BUCKETS]


def test_every_bar_is_labelled_as_a_decision_would_be() -> None:
    """The labels are those of `trading.outcomes.barriers`, long and short; the last bars are open."""
    panel = random_panel(5)
    atr, rules = compute(panel)["atr_14"], OutcomeRules()
    rows = np.arange(len(panel), dtype=np.int64)
    for bars in label_bars(panel, atr, rules):
        direct = label(panel, rows, np.full(len(panel), bars.direction, dtype=np.int8), atr, rules)
        np.testing.assert_array_equal(bars.success, direct.success)
        assert not bars.known[panel.offsets[1:] - 1].any()


def test_session_and_cell_tell_bars_apart() -> None:
    """Each bar has the position of its session among all sessions, and a cell of its own symbol."""
    panel = Panel.from_arrow(closes("A", [10.0, 11.0, 12.0]))
    long, short = label_bars(panel, np.full(3, 0.1), OutcomeRules())
    assert long.session.tolist() == [0, 1, 2]
    assert (long.cell // (CLOSE_BUCKETS + 1)).tolist() == [0, 0, 0]
    assert (long.direction, short.direction) == (1, -1)

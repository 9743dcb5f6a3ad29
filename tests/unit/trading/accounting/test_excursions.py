"""Excursions in R by hand; other exits are suggested where they are better in every fold, and never from noise."""

from __future__ import annotations

import numpy as np
import pytest

from trading.accounting.excursions import Excursions, Grid, excursions_by_setup, suggestions

DAYS = np.arange(np.datetime64("2008-01-01"), np.datetime64("2008-11-01"))
NOW, OTHER = (1.5, 2.5), (1.5, 1.5)


def test_a_setup_by_hand() -> None:
    """Winners of 2 and 1 R that had gone 0.5 and 0.25 R against it; losers of 1 R, one of which had been at 0.8."""
    trades = Excursions(
        session=np.arange(4), group=np.zeros(4, np.int64), r=np.array([2.0, 1.0, -1.0, -1.0]),
        mae_r=np.array([-0.5, -0.25, -1.0, -1.0]), mfe_r=np.array([2.0, 1.2, 0.8, 0.0]),
    )  # fmt: skip
    (one,) = excursions_by_setup(trades, [("hammer", "long", "bull", "present")], 4)
    assert one.expectancy.mean.value == pytest.approx(0.25)
    assert one.expectancy.missing.startswith("not enough data yet: 4 of at least 20 outcomes")
    assert (one.winners, one.mean_mae_r, one.mean_mfe_r) == (2, pytest.approx(-0.6875), pytest.approx(1.0))
    assert one.heat_of_winners == pytest.approx(0.475)
    assert one.best_of_losers == pytest.approx(0.4)


def test_setups_without_a_trade_are_left_out_and_clear_ones_come_first() -> None:
    """200 trades of noise beside 200 with an edge of half an R."""
    rng = np.random.default_rng(1)
    r = np.concatenate([rng.normal(0, 1, 200), rng.normal(0.5, 1, 200)])
    trades = Excursions(np.tile(np.arange(200), 2), np.repeat([0, 2], 200), r, -np.abs(r), np.abs(r))
    found = excursions_by_setup(trades, [("noise",), ("never",), ("edge",)], 200)
    assert [(one.label, one.expectancy.found) for one in found] == [(("edge",), 1), (("noise",), 0)]


def grid(gain: float, seed: int, *, late: bool = False) -> Grid:
    """Ten trades a day; the other exits gain so much, from the middle on if `late`."""
    rng = np.random.default_rng(seed)
    session = np.repeat(DAYS, 10)
    base = rng.normal(0, 1, len(session))
    added = np.where(np.arange(len(session)) > len(session) / 2, gain, -gain) if late else gain
    known = session + np.timedelta64(5, "D")
    other = base + added + rng.normal(0, 0.5, len(session))
    return Grid({NOW: base, OTHER: other}, {NOW: known, OTHER: known}, session, NOW)


def test_a_planted_better_exit_is_found() -> None:
    """A fifth of an R in every block."""
    (one,) = suggestions(grid(0.2, 2), {"hammer long": np.arange(10 * len(DAYS))})
    assert one.levels == OTHER
    assert one.chosen == (OTHER,) * 4
    assert one.gain.mean.value == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize(("gain", "late"), [(0.0, False), (-0.2, False), (0.2, True)])
def test_what_folds_do_not_agree_on_is_left(gain: float, late: bool) -> None:  # noqa: FBT001
    """No difference, a worse exit, one that is only better lately."""
    (one,) = suggestions(grid(gain, 3, late=late), {"hammer long": np.arange(10 * len(DAYS))})
    assert one.levels is None


def test_noise_is_rarely_suggested() -> None:
    """Of 60 grids of exits that differ by chance alone, hardly one is suggested."""
    rows = {"a": np.arange(0, 5 * len(DAYS)), "b": np.arange(5 * len(DAYS), 10 * len(DAYS))}
    found = sum(one.levels is not None for seed in range(30) for one in suggestions(grid(0.0, 100 + seed), rows))
    assert found <= 3


def test_outcomes_that_reach_into_a_block_teach_nothing() -> None:
    """Trades that were over only at the end of all: no fold can choose, and that is said."""
    made = grid(0.2, 4)
    never = np.full(len(made.session), DAYS[-1] + np.timedelta64(9, "D"))
    (one,) = suggestions(Grid(made.r, {NOW: never, OTHER: never}, made.session, NOW), {"x": np.arange(100)})
    assert (one.levels, one.words) == (None, "not enough data yet: 0 of 4 folds")

"""The course of a search: what is tried, what is stopped, and that nothing depends on which answer comes first."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from trading.views.members.member import Members
from trading.views.members.registry import MEMBERS
from tune.search.bounds import Bounds
from tune.search.report import SearchReport
from tune.search.rounds import BATCH, Course
from tune.search.trials import Ask, FoldResult, SearchTrial

FOLDS = 3


def loss_of(ask: Ask) -> float:
    """A truth: depth 4 is best, a fold later is harder; equal for equal depths, so that ties are met."""
    return 0.6 + 0.01 * abs(ask.params["max_depth"] - 4) + 0.001 * ask.fold


class Answers:
    """Judges at once, and tells its answers in an order drawn by a seed."""

    def __init__(self, order: int) -> None:
        self._random = random.Random(order)
        self.asked: list[Ask] = []

    def __call__(self, asks: Sequence[Ask]) -> Mapping[str, FoldResult]:
        self.asked += asks
        shuffled = self._random.sample(list(asks), len(asks))
        return {one.key: FoldResult(loss_of(one), (4.0, 0.0, 1.0)) for one in shuffled}


def searched(bounds: Bounds, order: int = 1, members: Members = MEMBERS) -> tuple[SearchReport, Answers]:
    """A search of the truth."""
    answers = Answers(order)
    course = Course(evaluate=answers, folds=FOLDS, seed=7, bounds=bounds, passed_s=lambda: 0.0, say=lambda _: None)
    trials, why = course.run(members)
    return SearchReport(trials, why, 1, 1, 7, 0.0), answers


def test_without_bounds_the_grids_are_compared_on_every_fold() -> None:
    """And nothing else: every set of each grid, on all folds."""
    report, answers = searched(Bounds())
    assert [dict(one.params) for one in report.trials] == [params for member in MEMBERS for params in member.grid]
    assert len(answers.asked) == len(report.trials) * FOLDS
    assert {one.state for one in report.trials} == {"complete"}


def test_batches_are_halved_after_each_fold() -> None:
    """Of twelve proposals twelve see the first fold, six the second, three the third; the grid's two see all."""
    report, answers = searched(Bounds(trials=2 + BATCH))
    for member in MEMBERS:
        folds = [one.fold for one in answers.asked if one.member == member.name]
        assert [folds.count(fold) for fold in range(FOLDS)] == [14, 8, 5]
        states = [one.state for one in report.trials if one.member == member.name]
        assert (states.count("complete"), states.count("stopped")) == (5, 9)


@pytest.mark.parametrize("order", range(2, 8))
def test_the_order_of_answers_changes_nothing(order: int) -> None:
    """Every trial and every winner is the same, although answers are told in another order."""
    first, again = searched(Bounds(trials=30))[0], searched(Bounds(trials=30), order)[0]
    assert first == again
    assert first.winners == again.winners


def test_a_longer_search_begins_as_a_shorter_one() -> None:
    """So a search that goes on from a shorter one finds what it would have found alone."""
    short, long = (searched(Bounds(trials=count))[0].trials for count in (2 + BATCH, 2 + 2 * BATCH))
    assert [one for one in long if one.number < 2 + BATCH] == list(short)


def test_the_best_is_found_and_ties_go_to_the_earlier() -> None:
    """Depth 4 wins where a grid lacks it, and the first trial that had it."""
    report, _ = searched(Bounds(trials=30))
    for name, winner in report.winners.items():
        assert winner.params["max_depth"] == 4
        whole = [one for one in report.trials if one.member == name and one.state == "complete"]
        assert winner.params == next(dict(one.params) for one in whole if one.params["max_depth"] == 4)
        assert winner.trials == 30


def test_time_and_money_end_a_search_and_never_before_the_grid() -> None:
    """A bound that is reached at once leaves the grid; one that is reached in a batch cuts the batch off."""
    report, _ = searched(Bounds(time_s=0.0))
    assert report.ended == "it ended after 0 min"
    assert len([one for one in report.trials if one.state == "complete"]) == sum(len(one.grid) for one in MEMBERS)
    spent = iter([0.0, 3.0])
    report, _ = searched(Bounds(budget_usd=2.0, spent_usd=lambda: next(spent)))
    assert report.ended == "it ended with $2 spent"
    assert [len(one.folds) for one in report.trials if one.state == "cut off"] == [1] * 18
    assert len(report.lost) == len(report.trials) - len(MEMBERS)


def test_a_grid_that_lies_outside_of_the_space_is_tried_all_the_same() -> None:
    """It is only not told to Optuna."""
    strange = replace(MEMBERS.every[1], grid=({**MEMBERS.every[1].grid[0], "rounds": 5_000},))
    report, _ = searched(Bounds(trials=4), members=Members((strange, MEMBERS.every[2])))
    assert report.trials[0].params["rounds"] == 5_000
    assert report.trials[0].state == "complete"


def test_the_spread_of_residuals_is_that_of_all_folds_together() -> None:
    """By arithmetic: residuals 1, 3 and then 2, 2, 8 have the mean 3.2 and the variance 30.8 / 5."""
    folds = (FoldResult(1.0, (2.0, 2.0, 2.0)), FoldResult(1.0, (3.0, 4.0, 24.0)))
    squares = sum((value - 3.2) ** 2 for value in (1, 3, 2, 2, 8))
    assert SearchTrial("outcome", 0, {}, folds).residual_std == pytest.approx((squares / 5) ** 0.5)

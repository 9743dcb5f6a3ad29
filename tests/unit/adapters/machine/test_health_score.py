"""The score of a service, by arithmetic: 0.40 heartbeat + 0.20 answers + 0.15 queue + 0.15 errors + 0.10 lag."""

from __future__ import annotations

import math

import pytest

from adapters.machine.health_score import LEAST, LIMITS, WEIGHTS, Vitals, of_platform, part


def test_weights_are_one_whole_and_each_part_has_a_limit() -> None:
    """So that a service that is well scores 1."""
    assert math.isclose(sum(WEIGHTS.values()), 1.0)
    assert set(WEIGHTS) == set(LIMITS)
    assert Vitals().score == 1.0
    assert Vitals().cause == ""


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0, 1.0), (0.5, 1.0), (0.75, 0.5), (1.0, 0.0), (9.0, 0.0), (math.nan, 0.0)]
)
def test_a_part_falls_from_its_limit_to_twice_its_limit(value: float, expected: float) -> None:
    """Straight in between; what is no number is no health."""
    assert part(value, 0.5) == expected


@pytest.mark.parametrize(
    ("vitals", "score", "cause"),
    [
        (Vitals(silence_s=6.0), 1.0, ""),
        (Vitals(silence_s=9.0), 0.80, "heartbeat"),
        (Vitals(silence_s=30.0), 0.60, "heartbeat"),
        (Vitals(answer_s=0.75), 0.90, "answers"),
        (Vitals(answer_s=0.80), 0.88, "answers"),
        (Vitals(answer_s=1.0), 0.80, "answers"),
        (Vitals(work_share=0.75), 0.925, "queue"),
        (Vitals(work_share=1.0), 0.85, "queue"),
        (Vitals(error_share=0.05), 1.0, ""),
        (Vitals(error_share=0.10), 0.85, "errors"),
        (Vitals(lag_share=1.0), 0.90, "lag"),
        (Vitals(silence_s=12.0, answer_s=1.0, work_share=1.0, error_share=1.0, lag_share=1.0), 0.0, "heartbeat"),
    ],
)
def test_the_score_by_hand(vitals: Vitals, score: float, cause: str) -> None:
    """Each part alone, at its limit, between and beyond, and all of them together."""
    assert math.isclose(vitals.score, score, abs_tol=1e-12)
    assert vitals.cause == cause


def test_the_platform_is_as_well_as_its_worst_service() -> None:
    """Of nothing there is no score."""
    assert of_platform([1.0, 0.8, 0.95]) == 0.8
    assert of_platform([]) is None
    assert LEAST == 0.9

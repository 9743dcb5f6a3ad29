"""The table of false alarms in docs/evidence.md is what `python -m benchmarks false_alarms` measures, and is honest."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path

import pytest

from benchmarks.false_alarms import SERIES, run

PAGE = (Path(__file__).parents[3] / "docs" / "evidence.md").read_text(encoding="utf-8")
SINGLE = ("daily marks", "overlapping", "Newey-West")
OF_BEST = ("not deflated", "deflated, theory", "deflated, measured", "mean PBO")
USED = {
    ("independent", "daily marks"), ("held 5 sessions, marked daily", "daily marks"),
    ("outcomes over 5 sessions", "overlapping"),
}  # fmt: skip
"""What accounts, and what trainings and searches, are judged by."""


@cache
def measured() -> dict[tuple[str, int], dict[str, str | float]]:
    """The rows by series and sessions."""
    return {(str(row["series"]), int(row["sessions"])): row for row in rows() if "sessions" in row}


@cache
def rows() -> tuple[dict[str, str | float], ...]:
    """All that the benchmark measures."""
    return tuple(run().rows)


def written(columns: tuple[str, ...]) -> dict[tuple[str, int], list[float]]:
    """The page's rows with so many figures in per cent."""
    cell = r"\s*([\d.]+) %\s*\|"
    rows = re.findall(rf"^\| ([^|]+?) \| (\d+) \|{cell * len(columns)}$", PAGE, re.MULTILINE)
    return {(name, int(sessions)): [float(one) for one in figures] for name, sessions, *figures in rows}


@pytest.mark.parametrize("columns", [SINGLE, OF_BEST])
def test_the_page_says_what_is_measured(columns: tuple[str, ...]) -> None:
    """Every row and figure to a tenth of a point, but for what another processor rounds otherwise."""
    expected = {key: row for key, row in measured().items() if columns[0] in row}
    page = written(columns)
    assert page.keys() == expected.keys()
    for key, figures in page.items():
        for column, figure in zip(columns, figures, strict=True):
            assert figure == pytest.approx(100 * float(expected[key][column]), abs=0.3), (key, column)


def test_what_we_judge_by_calls_noise_skill_as_seldom_as_it_says() -> None:
    """5 % within a point and three binomial errors, at either length; the figure that isn't used fails by far."""
    limit = 0.06 + 3 * math.sqrt(0.05 * 0.95 / SERIES)
    for (series, _), row in measured().items():
        for column in SINGLE:
            if (series, column) in USED:
                assert float(row[column]) <= limit, (series, column)
    assert float(measured()["outcomes over 5 sessions", 252]["daily marks"]) > 0.2


def test_the_best_of_many_is_skill_only_before_it_is_deflated() -> None:
    """And choosing among noise is overfitted in about half of the cases."""
    rows = [row for row in measured().values() if "mean PBO" in row]
    assert len(rows) == 2
    for row in rows:
        assert float(row["not deflated"]) > 0.5
        assert max(float(row["deflated, theory"]), float(row["deflated, measured"])) <= 0.06
        assert float(row["mean PBO"]) == pytest.approx(0.5, abs=0.05)


def test_whole_trainings_on_noise_are_at_chance_and_a_signal_is_called() -> None:
    """In 17 of 20 the AUC's interval holds one half, at most two are called skill, and the control always is."""
    *noise, signal = (row for row in rows() if "trainings" in row)
    assert [row["series"] for row in noise] == ["shuffled labels", "random candles"]
    assert signal["series"] == "planted signal"
    for row in noise:
        assert row["trainings"] == 20
        assert float(row["AUC at chance"]) >= 17
        assert float(row["called better than the majority"]) <= 2
    assert (signal["AUC at chance"], signal["called better than the majority"]) == (0, signal["trainings"])
    for row in (*noise, signal):
        figures = (row["trainings"], row["AUC at chance"], row["called better than the majority"])
        assert f"| {row['series']} | {' | '.join(map(str, figures))} |" in PAGE

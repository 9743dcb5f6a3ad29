"""The tables of docs/monitoring.md are what `python -m benchmarks watching` measures, and keep what the page states."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.watching import FIGURE, KIND, VALUE, WATCH, run

PAGE = (Path(__file__).parents[3] / "docs" / "monitoring.md").read_text(encoding="utf-8")
BUDGET = 0.5


def test_the_page_says_what_is_measured() -> None:
    """Alarms without a cause, delays and promotions by luck, each as printed but for what processors round."""
    rows = {(row[WATCH], row[KIND], row[FIGURE]): str(row[VALUE]) for row in run().rows}
    alarms = {watch: float(value) for (watch, _, figure), value in rows.items() if figure == "false alarms a year"}
    told = {name: float(value) for name, value in re.findall(r"^\| `(\w+)` \| (\d\.\d{3}) \|", PAGE, re.MULTILINE)}
    assert told == pytest.approx(alarms, abs=0.02)
    assert sum(alarms.values()) <= BUDGET

    delays = {watch: value for (watch, kind, _), value in rows.items() if "reverses" in kind}
    for name, median, most in re.findall(r"^\| `(\w+)` \| \d\.\d{3} \| (\d+) \| (\d+) \|", PAGE, re.MULTILINE):
        assert [float(one) for one in delays[name].split(", ")] == pytest.approx([int(median), int(most)], abs=1)
    assert set(delays) == {"calibration", "concept"}

    lucky = {kind: float(value[:-1]) for (_, kind, figure), value in rows.items() if "by luck" in figure}
    page = {kind: float(value) for kind, value in re.findall(r"^\| ([a-z, ]+) \| (\d\.\d\d) % \|", PAGE, re.MULTILINE)}
    assert page == pytest.approx(lucky, abs=0.1)
    assert max(lucky.values()) <= 5.0
    assert lucky["two identical models"] == 0.0
    found = [value for (_, _, figure), value in rows.items() if figure.startswith("found within")]
    shares, medians = zip(*(re.findall(r"(\d+)%, median (\d+)", value)[0] for value in found), strict=True)
    assert "in {} %, {} % and {} % of runs".format(*shares) in PAGE.replace("\n", " ")
    assert "within {}, {} and {} sessions".format(*medians) in PAGE.replace("\n", " ")

"""The documents state the budgets of the feature record that the benchmark holds it to."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.features import BUDGETS, MOST_TIMES
from data.tiers.planning import MERGED_FEATURE_ROWS

TEXT = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")


def test_the_table_states_the_budgets_and_every_measured_figure_is_within() -> None:
    """Bytes of the largest file, and how many times as long a session takes."""
    rows = re.findall(r"^\| ([\d,]+) (?:stocks|US shares), \d{4} \|(.*)\|$", TEXT, flags=re.MULTILINE)
    assert len(rows) == len(BUDGETS)
    for (_, cells), (_, budget) in zip(rows, sorted(BUDGETS.items()), strict=True):
        _, mean, largest, said, cold, times = (float(re.sub(r"[^\d.]", "", cell)) for cell in cells.split("|"))
        assert said * 1_000 == budget
        assert cold < mean <= largest <= said
        assert times <= MOST_TIMES
    assert f"at most {MOST_TIMES} \N{MULTIPLICATION SIGN}" in TEXT
    assert f"{MERGED_FEATURE_ROWS:,} feature rows" in TEXT

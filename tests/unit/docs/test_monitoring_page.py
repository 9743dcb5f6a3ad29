"""docs/monitoring.md states the thresholds and definitions that the code has."""

from __future__ import annotations

import re
from pathlib import Path

from trading.watching.analytics import ANALYTICS
from trading.watching.features import FeatureRules
from trading.watching.promotion import PromotionRules
from trading.watching.stages import ACTIONS, StageRules

PAGE = (Path(__file__).parents[3] / "docs" / "monitoring.md").read_text(encoding="utf-8")


def test_every_figure_is_defined_as_in_the_code() -> None:
    """Name, meaning, window and least of each."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| (\d+)(?: sessions)? \| (\d+) \|$", PAGE, re.MULTILINE)
    told = {name: (says, int(window), int(least)) for name, says, window, least in rows if name not in ACTIONS}
    assert told == {name: (one.says, one.window, one.least) for name, one in ANALYTICS.items()}


def test_every_alarm_and_threshold_is_on_the_page() -> None:
    """What each alarm does at once, and what a promotion takes."""
    does = {"half": "half size", "rules": "the rules decide"}
    for kind, stage in ACTIONS.items():
        assert re.search(rf"^\| `{kind}` \| .+ \| {does[stage]} \|$", PAGE, re.MULTILINE), kind
    rules, stages, features = PromotionRules(), StageRules(), FeatureRules()
    assert (stages.climb, stages.calm) == (20, 10)
    assert "one stage on every 20 sessions" in PAGE
    assert "alarm for ten sessions in a row" in PAGE
    assert f"| at most {rules.test.alpha:.0%} a version |".replace("%", " %") in PAGE
    assert f"| {rules.smallest_gain:g} of log loss a setup |" in PAGE
    assert f"| sessions compared at least | {rules.least_sessions} |" in PAGE
    assert f"for half of such versions | {rules.expected_sessions} |" in PAGE
    assert f"| {rules.give_up_sessions} sessions: " in PAGE
    assert (
        f"{rules.guard_sessions} sessions old and lost no more than {rules.guard_loss:.0%}".replace("%", " %") in PAGE
    )
    assert (rules.smallest_loss, rules.most_silent) == (0.0005, 0.1)
    assert (features.alpha, features.least_index, features.least_reference) == (0.02, 0.2, 60)
    assert features.most_reference == 252

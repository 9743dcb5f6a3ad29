"""Which files move and which are merged: laws over made manifests, and the cases that must hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.bars.files import BarFile, Kind
from adapters.bars.locations import TIERS, Tier
from adapters.settings import read_settings
from data.storage_rules import storage_rules
from data.tiers import planning
from data.tiers.planning import Ages, plan
from trading.errors import ConfigurationError

TODAY = date(2026, 11, 23)


def _file(
    number: int, first_age: int, days: int = 1, *, tier: Tier = "hot", rows: int = 10, kind: Kind = "1d"
) -> BarFile:
    last = TODAY - timedelta(days=first_age)
    sessions = tuple(last - timedelta(days=back) for back in reversed(range(days)))
    return BarFile(f"bars/{tier}/{kind}/{number}.parquet", tier, kind, sessions, rows, f"{number:064x}")


@pytest.mark.parametrize(("age", "tier"), [(30, "hot"), (31, "warm"), (365, "warm"), (366, "cold")])
def test_age_decides_the_tier(age: int, tier: Tier) -> None:
    """Up to 30 days hot, up to 365 warm, then cold."""
    assert Ages().tier(_file(1, age), TODAY) == tier


def test_nothing_moves_back() -> None:
    """A file that is cold stays cold, though it is young by the ages of now."""
    assert plan([_file(1, 1, tier="cold")], Ages(), TODAY) == []


def test_a_correction_in_another_tier_is_not_merged_before_it_moved() -> None:
    """The hot correction of a cold month moves first."""
    old, correction = _file(1, 400, days=5, tier="cold"), _file(2, 402)
    (step,) = plan([old, correction], Ages(), TODAY)
    assert (step.sources, step.tier) == ((correction,), "cold")


def test_a_running_month_is_left_alone_until_it_has_many_files() -> None:
    """Seven sessions of this month stay, eight become one."""
    seven = [_file(age, age) for age in range(7)]
    assert plan(seven, Ages(), TODAY) == []
    (step,) = plan([*seven, _file(7, 7)], Ages(), TODAY)
    assert len(step.sources) == 8


def test_feature_rows_are_merged_with_those_of_their_schema_and_bound_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two schemas in one month make two files; where a session has both, neither takes it; bars have another bound."""

    def rows(age: int, schema: str, number: int = 0) -> BarFile:
        return replace(_file(age + number, age, tier="warm", kind="features"), schema=schema)

    files = [rows(age, "a" if age > 55 else "b") for age in range(54, 58)]  # 2026-09-27 to -09-30
    assert [{file.schema for file in step.sources} for step in plan(files, Ages(), TODAY)] == [{"a"}, {"b"}]
    both = [*files[2:], rows(57, "b", 100)]
    assert plan(both, Ages(), TODAY) == []
    monkeypatch.setattr(planning, "MERGED_FEATURE_ROWS", 19)
    assert plan(files, Ages(), TODAY) == [], "two of 10 rows are more than 19"


def test_a_merged_file_stays_within_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of sessions of 4 rows and a bound of 10, two are merged at a time."""
    monkeypatch.setattr(planning, "MERGED_ROWS", 10)
    files = [_file(age, age, tier="warm", rows=4, kind="1m") for age in range(53, 57)]  # 2026-09-28 to -10-01
    september = [file for file in files if file.last_session.month == 9]
    assert len(september) == 3
    assert [len(step.sources) for step in plan(files, Ages(), TODAY)] == [2]


MANIFESTS = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 25), st.sampled_from(TIERS), st.sampled_from(["1d", "1m"])),
    max_size=25,
)


@given(MANIFESTS)
def test_a_group_keeps_its_order_and_leaves_out_no_file_with_a_session_of_its_own(
    drawn: list[tuple[int, int, Tier, Kind]],
) -> None:
    """Every file is in one step at most, a merge is of one tier, in the manifest's order, and nothing overlaps it."""
    files = [_file(number, age, days, tier=tier, kind=kind) for number, (age, days, tier, kind) in enumerate(drawn)]
    steps = plan(files, Ages(), TODAY)
    named = [file.path for step in steps for file in step.sources]
    assert len(named) == len(set(named))
    for step in steps:
        ranks = [files.index(file) for file in step.sources]
        assert ranks == sorted(ranks)
        if len(step.sources) == 1:
            continue
        assert {file.tier for file in step.sources} == {step.tier}
        first = min(file.first_session for file in step.sources)
        last = max(file.last_session for file in step.sources)
        others = [file for file in files if file.timeframe == step.sources[0].timeframe and file not in step.sources]
        assert not [file for file in others if file.first_session <= last and file.last_session >= first]


def test_settings_that_contradict_each_other_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warm for less long than hot; half of a pair of keys. The message holds no key."""
    for name in ("INPLAY_CONFIG", "INPLAY_HOME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match="must be more than"):
        storage_rules(read_settings(hot_days=30, warm_days=30))
    with pytest.raises(ConfigurationError, match="go together") as caught:
        storage_rules(read_settings(s3_access_key="abcdef"))
    assert "abcdef" not in str(caught.value)

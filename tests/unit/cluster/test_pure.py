"""Names, tags, costs, the breaker and the reaper's judgement."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster import names
from cluster.breaker import CapacityBreaker
from cluster.cost import HOUR_S, PHASES, Running, SpendCaps, forecast, refuse_over_cap
from cluster.errors import ClusterConfigError, SpendCapError
from cluster.machines import Machine
from cluster.reaper import condemn
from cluster.spend_ledger import month_of
from tests.fakes.cloud import FakeClock

NOW_S = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()


@given(st.text(max_size=25))
def test_any_value_survives_a_tag(value: str) -> None:
    """Any value comes back from a tag, which has DigitalOcean's characters only."""
    made = names.tag(names.TYPE_TAG, "demo", value)
    assert names.TAG.match(made)
    assert made == made.lower()
    assert names.tag_value(["other", made], names.TYPE_TAG, "demo") == value


def test_a_name_says_what_it_was_made_of_and_no_other_name_does() -> None:
    """A name says what it was made of, and a changed one says nothing."""
    name = names.name_of("my-demo", "worker", "ray.gpu", "request", 3)
    assert names.parse_name(str(name)) == name
    assert name == names.name_of("my-demo", "worker", "ray.gpu", "request", 3)
    assert name != names.name_of("my-demo", "worker", "ray.cpu", "request", 3)
    draw = random.Random(7)
    for _ in range(200):
        at = draw.randrange(len(str(name)))
        changed = str(name)[:at] + draw.choice("abcdef0123456789-") + str(name)[at + 1 :]
        assert changed == str(name) or names.parse_name(changed) is None


@pytest.mark.parametrize("name", ["", "Demo", "1demo", "demo-", "de_mo", "d" * 26, "d" * 41, "x-bake"])
def test_a_cluster_that_cannot_be_named_is_refused(name: str) -> None:
    """A cluster that cannot be named is refused."""
    with pytest.raises(ClusterConfigError):
        names.check_cluster_name(name)


def test_no_machine_has_a_name_longer_than_a_host_name() -> None:
    """Of every cluster that is accepted, workers up to the largest index and what bakes have names of at most 63."""
    for length in range(1, 26):
        cluster = names.check_cluster_name("a" * length)
        machines = [names.name_of(cluster, "worker", "t", "r", 9_999), names.name_of(cluster, "head", "t", "r", 0)]
        machines.append(names.name_of(names.baking(cluster), "head", "t", "r", 0))
        assert max(len(str(each)) for each in machines) <= 63
        assert all(names.parse_name(str(each)) == each for each in machines)
    for length in range(26, 60):
        with pytest.raises(ClusterConfigError, match=f"reap --cluster {'a' * length} --all"):
            names.check_cluster_name("a" * length)
    assert len(str(names.name_of(names.baking("a" * 25), "head", "t", "r", 0))) == 63


def test_what_runs_under_a_name_that_is_too_long_by_now_is_still_reaped() -> None:
    """A cluster of an earlier version may have a name of 40 characters; its machines are known and condemned."""
    name = names.name_of("a" * 40, "worker", "t", "r", 0)
    assert names.parse_name(str(name)) == name
    late = replace(machine("worker", 7_200, NOW_S - 60), label=str(name), name=name)
    assert [each.machine for each in condemn([late], NOW_S)] == [late]


def worker(hours: float, price_usd_per_h: float = 3.0) -> Running:
    """A worker from now until its deadline."""
    return Running("gpu", "worker", price_usd_per_h, 2_000.0, NOW_S, NOW_S + hours * HOUR_S)


def refuse(caps: SpendCaps, running: list[Running], asked: list[Running], spent_usd: float = 0.0) -> None:
    """Judge at `NOW_S`."""
    month_end_s = month_of(NOW_S)[1]
    refuse_over_cap(caps, running, asked, now_s=NOW_S, month_end_s=month_end_s, spent_this_month_usd=spent_usd)


def test_each_cap_counts_what_runs_what_is_asked_for_and_what_was_spent() -> None:
    """Each cap allows exactly its sum and refuses a cent more."""
    refuse(SpendCaps(usd_per_h=6), [worker(4)], [worker(4)])
    with pytest.raises(SpendCapError, match="an hour"):
        refuse(SpendCaps(usd_per_h=5.99), [worker(4)], [worker(4)])
    refuse(SpendCaps(usd_per_session=24), [worker(4)], [worker(4)])
    with pytest.raises(SpendCapError, match="this session"):
        refuse(SpendCaps(usd_per_session=23.99), [worker(4)], [worker(4)])
    refuse(SpendCaps(usd_per_month=62), [worker(4)], [worker(4)], 38)
    with pytest.raises(SpendCapError, match="this month"):
        refuse(SpendCaps(usd_per_month=61.99), [worker(4)], [worker(4)], 38)


def test_no_machine_costs_more_than_its_monthly_price() -> None:
    """No machine costs more than its monthly price, however many hours the month has."""
    head = Running("head", "head", 0.03571, 24.0, 0.0, math.inf)
    assert head.cost_usd(NOW_S, NOW_S + 744 * HOUR_S) == 24.0
    assert head.cost_usd(NOW_S, NOW_S + 100 * HOUR_S) == pytest.approx(3.571)


def test_the_forecast_at_the_strategys_price_is_the_strategys_budget() -> None:
    """At $2.99 an hour four weekly sessions of four hours cost the $48 of phase 2, and eight the $96 of phase 3."""
    gpu_usd = [each.machines_usd - 24 for each in forecast(24.0, 2.99)]
    assert gpu_usd == pytest.approx([0, 48, 96, 120], abs=0.5)
    assert [phase.budget_usd_per_month for phase in PHASES] == [24, 82, 165, 263]


def test_the_last_month_of_a_year_ends_with_it() -> None:
    """December ends at New Year."""
    start_s, end_s = month_of(datetime(2026, 12, 31, 23, tzinfo=UTC).timestamp())
    assert end_s - start_s == 31 * 24 * HOUR_S
    assert datetime.fromtimestamp(end_s, UTC) == datetime(2027, 1, 1, tzinfo=UTC)


def test_the_breaker_waits_twice_as_long_each_time_and_forgets_on_success() -> None:
    """The breaker waits twice as long each time, and forgets on success."""
    clock = FakeClock()
    breaker = CapacityBreaker(clock)
    assert [breaker.trip("gpu", "tor1") for _ in range(6)] == [120, 240, 480, 960, 1_800, 1_800]
    assert breaker.open_for_s("gpu", "tor1") == 1_800
    assert breaker.open_for_s("gpu", "nyc2") == 0
    breaker.reset("gpu", "tor1")
    assert breaker.open_for_s("gpu", "tor1") == 0


def machine(role: names.Role, age_s: float, deadline_s: float | None, *, tagged: bool = True) -> Machine:
    """A machine of the cluster demo."""
    name = names.name_of("demo", role, "t", f"{role}{age_s}{deadline_s}{tagged}", 0)
    tags = frozenset({names.cluster_tag("demo")}) if tagged else frozenset()
    return Machine(1, str(name), name, "active", tags, "s", "tor1", NOW_S - age_s, None, None, 1.0, 100.0, deadline_s)


def test_the_reaper_condemns_what_nobody_needs_and_nothing_else() -> None:
    """The reaper condemns the late, the headless and the unguarded, and nothing else."""
    head = machine("head", 90_000, None)
    good = machine("worker", 7_200, NOW_S + 60)
    late = machine("worker", 7_200, NOW_S - 60)
    unguarded = machine("worker", 1_801, None, tagged=False)
    fresh = machine("worker", 60, None, tagged=False)
    stranger = replace(late, label="web", name=None)
    everything = [head, good, late, unguarded, fresh, stranger]
    assert [each.machine for each in condemn(everything, NOW_S)] == [late, unguarded]
    without_head = [good, fresh, stranger]
    assert [each.machine for each in condemn(without_head, NOW_S)] == [good]
    assert condemn(everything, NOW_S, "other") == []

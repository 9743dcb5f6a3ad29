"""When the disk fills and what to buy: by arithmetic on measurements."""

from __future__ import annotations

from datetime import date, timedelta

from adapters.postgres.tier_record import Measurement
from data.tiers.forecast import forecast

GB = 10**9
FIRST = date(2026, 11, 1)


def _days(*used_gb: float, capacity_gb: int = 80) -> list[Measurement]:
    return [
        Measurement(FIRST + timedelta(days=at), int(used * GB), capacity_gb * GB, 0, 0)
        for at, used in enumerate(used_gb)
    ]


def test_the_day_it_fills_is_told_from_the_pace() -> None:
    """1 GB a day from 10 GB: after day 9 with 19 GB, 61 more days fill 80 GB."""
    found = forecast(_days(*range(10, 20)), None, has_volume=False)
    assert found is not None
    assert found.growth_bytes_per_day == GB
    assert found.fills_on == FIRST + timedelta(days=9 + 61)
    assert found.purchase is None


def test_less_than_a_week_tells_no_pace() -> None:
    """Seven measurements span six days."""
    found = forecast(_days(*range(10, 17)), None, has_volume=False)
    assert found is not None
    assert (found.growth_bytes_per_day, found.fills_on) == (None, None)
    assert forecast([], None, has_volume=False) is None


def test_a_shrinking_disk_never_fills() -> None:
    """Growth is told and negative; there is no day."""
    found = forecast(_days(*range(20, 10, -1)), None, has_volume=False)
    assert found is not None
    assert (found.growth_bytes_per_day, found.fills_on) == (-GB, None)


def test_at_60_of_80_gb_the_strategys_volume_is_what_to_buy() -> None:
    """59.9 GB: nothing. 60 GB: a 100 GB volume for $10 a month, and what to set."""
    below, at = (forecast(_days(used), None, has_volume=False) for used in (59.9, 60.0))
    assert below is not None
    assert below.purchase is None
    assert at is not None
    assert at.purchase is not None
    assert (at.purchase.size_gb, at.purchase.usd_per_month) == (100, 10.0)
    assert "INPLAY_WARM_FOLDER" in at.purchase.words


def test_a_small_disk_is_full_earlier() -> None:
    """Of 25 GB, 18.75 are three quarters."""
    below, at = (forecast(_days(used, capacity_gb=25), None, has_volume=False) for used in (18.7, 18.8))
    assert below is not None
    assert below.purchase is None
    assert at is not None
    assert at.purchase is not None


def test_a_limit_that_is_set_counts() -> None:
    """40 GB of 80 are nothing by themselves, and are enough where 40 GB is the limit."""
    free, limited = (forecast(_days(40.0), limit, has_volume=False) for limit in (None, 40 * GB))
    assert free is not None
    assert free.purchase is None
    assert limited is not None
    assert limited.purchase is not None


def test_a_disk_that_fills_within_a_month_is_a_reason_too() -> None:
    """2 GB a day from 20 to 38 GB of 80: 21 days left, far below 60 GB."""
    found = forecast(_days(*range(20, 40, 2)), None, has_volume=True)
    assert found is not None
    assert found.fills_on == FIRST + timedelta(days=9 + 21)
    assert found.purchase is not None
    assert "another disk already" in found.purchase.why


def test_a_disk_of_another_size_starts_anew() -> None:
    """Measurements before the disk grew tell nothing of the pace on it."""
    small = _days(*range(10, 19))
    grown = [Measurement(FIRST + timedelta(days=9), 19 * GB, 160 * GB, 0, 0)]
    found = forecast([*small, *grown], None, has_volume=False)
    assert found is not None
    assert found.growth_bytes_per_day is None

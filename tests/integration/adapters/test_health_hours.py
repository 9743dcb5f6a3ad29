"""Times of answers and of stages on a real record; every figure by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from adapters.postgres.health_hours import HealthHours, HttpHour, Look, ServiceHour, hour_of
from adapters.postgres.pool import Pool
from adapters.postgres.session_times import SessionTimes, Stopwatch
from trading.cycle.summary import CYCLE
from trading.errors import BadDataError

HOUR = datetime(2026, 6, 3, 14, tzinfo=UTC)
DAY = timedelta(hours=24)


def _hour(*looks: Look, hour: datetime = HOUR) -> ServiceHour:
    part = ServiceHour("news", hour)
    for look in looks:
        part = part.seen(look)
    return part


def test_parts_of_an_hour_are_added_up(pool: Pool) -> None:
    """Answers of 0.1, 0.7 and 0.2 s: on average 1/3 s, one of three slow; a look without an answer counts in scores."""
    store = HealthHours(pool)
    store.add([_hour(Look("news", 1.0, 0.1, True), Look("news", 0.8, 0.7, True))])
    store.add([_hour(Look("news", 1.0, 0.2, True), Look("news", 0.6, 0.2, False)), ServiceHour("scanner", HOUR)])
    found = store.services(HOUR + timedelta(minutes=59), DAY)
    assert set(found) == {"news"}
    news = found["news"]
    assert (news.answers, news.longest_s, news.least_score) == (3, 0.7, 0.6)
    assert news.mean_s == pytest.approx(1 / 3)
    assert news.slow_share == pytest.approx(1 / 3)
    assert news.mean_score == pytest.approx(3.4 / 4)


def test_hours_before_the_window_do_not_count(pool: Pool) -> None:
    """Nor do those that are to come: a clock that was set back brings no figures from there."""
    store = HealthHours(pool)
    for hours in (-30, 0, 5):
        store.add_http([HttpHour(HOUR + timedelta(hours=hours)).answered(200, 1.0 + hours / 100)])
    found = store.http(HOUR, DAY)
    assert (found.answers, found.mean_s, found.failed) == (1, 1.0, 0)
    assert store.http(HOUR - timedelta(days=9), DAY).mean_s is None


def test_http_answers_by_hand(pool: Pool) -> None:
    """Exactly 500 ms isn't slow; status 503 has failed, 404 hasn't."""
    part = HttpHour(HOUR).answered(200, 0.5).answered(503, 2.0).answered(404, 0.1)
    HealthHours(pool).add_http([part])
    HealthHours(pool).add_http([HttpHour(HOUR).answered(200, 0.2).plus(HttpHour(HOUR).answered(200, 0.2))])
    found = HealthHours(pool).http(HOUR, DAY)
    assert (found.answers, found.failed, found.longest_s) == (5, 1, 2.0)
    assert found.mean_s == pytest.approx(0.6)
    assert found.slow_share == pytest.approx(0.2)


def test_a_part_that_cannot_be_is_refused(pool: Pool) -> None:
    """More slow answers than answers."""
    with pytest.raises(BadDataError):
        HealthHours(pool).add_http([HttpHour(HOUR, answers=1, slow=2)])
    assert HealthHours(pool).http(HOUR, DAY).answers == 0


def test_an_hour_begins_at_its_minute_nought() -> None:
    """In UTC, whatever the minute."""
    assert hour_of(datetime(2026, 6, 3, 14, 59, 59, 9, tzinfo=UTC)) == HOUR


def test_stages_of_sessions(pool: Pool) -> None:
    """The whole of a session is its cycle and what follows it, training apart; a repeat changes nothing."""
    store, first, second = SessionTimes(pool), date(2026, 6, 2), date(2026, 6, 3)
    assert store.latest() is None
    store.record(first, {"scan": 1.0, "orders": 2.0, CYCLE: 3.0}, HOUR)
    store.record(first, {"monitoring": 0.5, "checks": 4.0, "training": 900.0}, HOUR + timedelta(seconds=9))
    store.record(first, {CYCLE: 99.0}, HOUR + timedelta(days=1))
    store.record(second, {"checks": 1.0}, HOUR + timedelta(days=1))
    assert store.whole(second) == [(first, 7.5)]
    assert store.whole(first - timedelta(days=1)) == []
    found = store.latest()
    assert found is not None
    assert found[0] == first
    assert found[1] == {"scan": 1.0, "orders": 2.0, CYCLE: 3.0, "monitoring": 0.5, "checks": 4.0, "training": 900.0}


def test_a_stopwatch_times_stages_one_after_another() -> None:
    """By a clock that says 10, 12, 15 and 15.5."""
    times = iter([10.0, 12.0, 15.0, 15.5])
    watch = Stopwatch(lambda: next(times))
    for stage in ("analysis", "scan", "orders"):
        watch.ended(stage)
    assert watch.took_s == {"analysis": 2.0, "scan": 3.0, "orders": 0.5}
    assert watch.total_s == 5.5

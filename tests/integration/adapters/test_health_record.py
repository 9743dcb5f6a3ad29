"""The history of the services' health on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.machine.processes import Process
from adapters.postgres.health import HealthEvent, HealthStore, ServiceState, State, Uptime
from adapters.postgres.pool import Pool

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


def _said(state: State, minute: float, detail: str = "", process: Process | None = None) -> ServiceState:
    return ServiceState("scanner", state, detail, NOON + timedelta(minutes=minute), process=process)


def _history(pool: Pool) -> list[tuple[str, float]]:
    with pool.connection() as connection:
        rows = connection.execute("SELECT state, at FROM health_events WHERE service = 'scanner' ORDER BY at, number")
        return [(state, (at - NOON).total_seconds() / 60) for state, at in rows.fetchall()]


def test_a_change_of_state_is_an_event_and_a_repetition_is_none(pool: Pool) -> None:
    """A detail that changes alone is the last word and no event; a late message is neither."""
    store = HealthStore(pool)
    store.record(_said("ok", 0, "a"), _said("ok", 1, "b"), _said("degraded", 2), _said("ok", 3), _said("failed", 1))
    assert _history(pool) == [("ok", 0), ("degraded", 2), ("ok", 3)]
    assert [(word.state, word.at) for word in store.load()] == [("ok", NOON + timedelta(minutes=3))]


def test_an_event_says_since_when_and_never_before_the_one_it_follows(pool: Pool) -> None:
    """Found at 5 and silent since 4; the next one claims 1, and the history stays in order."""
    store = HealthStore(pool)
    silent = ServiceState("scanner", "failed", "", NOON + timedelta(minutes=5), since=NOON + timedelta(minutes=4))
    late = ServiceState("scanner", "starting", "", NOON + timedelta(minutes=6), since=NOON + timedelta(minutes=1))
    store.record(_said("ok", 0), silent, late)
    assert _history(pool) == [("ok", 0), ("failed", 4), ("starting", 4)]


def test_a_process_is_kept_until_another_one_answers(pool: Pool) -> None:
    """A word without one leaves it."""
    store, first, second = HealthStore(pool), Process(7, 2**40), Process(7, 2**40 + 1)
    store.record(_said("ok", 0, process=first), _said("failed", 1))
    assert [word.process for word in store.load()] == [first]
    store.record(_said("ok", 2, process=second))
    assert [word.process for word in store.load()] == [second]


def test_uptime_counts_what_was_watched(pool: Pool) -> None:
    """60 minutes up, 15 down, no run for 105, then 60 up until now: 120 of 135 minutes."""
    store = HealthStore(pool)
    store.record(_said("ok", 0), _said("failed", 60), _said("starting", 70), _said("ok", 75 - 1e-9))
    store.begin(NOON + timedelta(minutes=180))
    store.record(_said("ok", 180), _said("ok", 240))
    found = store.uptimes(NOON + timedelta(minutes=240), DAY)["scanner"]
    assert found.up_s == pytest.approx(120 * 60, abs=1e-3)
    assert found.watched_s == pytest.approx(135 * 60, abs=1e-3)
    assert found.share == pytest.approx(120 / 135)
    assert [event[0] for event in _history(pool)] == ["ok", "failed", "starting", "ok", "stopped", "ok"]


def test_the_window_cuts_what_began_before_it(pool: Pool) -> None:
    """Up for two days and down for the last hour of 24: 23 / 24. What nobody heard of for long counts no further."""
    store = HealthStore(pool)
    store.record(_said("ok", -2 * 24 * 60), _said("failed", -60), _said("failed", 0))
    assert store.uptimes(NOON, DAY)["scanner"] == Uptime(23 * 3600.0, 24 * 3600.0)
    half_a_minute_more = store.uptimes(NOON + timedelta(hours=5), DAY)["scanner"]
    assert half_a_minute_more == Uptime(18 * 3600.0, 19 * 3600.0 + 30)


def test_begin_twice_says_once_that_nobody_asked(pool: Pool) -> None:
    """And nothing of a service that was heard of just now, as when Health alone was restarted."""
    store = HealthStore(pool)
    store.record(_said("ok", 0))
    store.begin(NOON + timedelta(seconds=20))
    assert _history(pool) == [("ok", 0)]
    store.begin(NOON + timedelta(minutes=10))
    store.begin(NOON + timedelta(minutes=20))
    assert _history(pool) == [("ok", 0), ("stopped", 0)]


def test_restarts_are_read_with_those_of_replicas(pool: Pool) -> None:
    """A replica has no last word; failures are read by service."""
    store = HealthStore(pool)
    store.record(
        _said("ok", 0), _said("failed", 1), _said("starting", 2, "took over"),
        HealthEvent(NOON + timedelta(minutes=3), "ServeReplica:inplay:Api", "starting", "killed"),
    )  # fmt: skip
    assert [event.service for event in store.restarts(NOON)] == ["ServeReplica:inplay:Api", "scanner"]
    assert [event.at for event in store.failures(NOON, "scanner")] == [NOON + timedelta(minutes=1)]
    assert store.failures(NOON, "news") == []
    assert [word.service for word in store.load()] == ["scanner"]
    assert set(store.uptimes(NOON, DAY)) == {"scanner"}


def test_a_record_of_before_has_last_words_and_no_history(pool: Pool) -> None:
    """As the migration leaves it: it is read, and the first word begins the history."""
    with pool.connection() as connection:
        connection.execute(
            "INSERT INTO service_health (service, state, detail, at) VALUES ('scanner','ok','',%s)", [NOON]
        )
    store = HealthStore(pool)
    assert store.uptimes(NOON, DAY)["scanner"].share is None
    assert [word.process for word in store.load()] == [None]
    store.begin(NOON + timedelta(days=1))
    store.record(_said("ok", 24 * 60))
    assert _history(pool) == [("ok", 24 * 60)]

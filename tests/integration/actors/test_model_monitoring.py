"""Model monitoring over a replay of the sample: what it leaves on record, and what its stages do to decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from actors.model_monitoring import ModelMonitoring
from actors.wiring import Wiring
from adapters.calendar import sessions_between
from adapters.postgres.happenings import happened
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.pool import Pool, transaction
from adapters.postgres.training_record import TrainingRecord
from adapters.postgres.watching import RULES, Watched, WatchStore
from adapters.record import Record
from research.backtest.running import Terms
from research.backtest.served import Models
from research.checks.daily import daily_parity
from tests.integration.one_process import NOON, MomentumScorer, Platform
from trading.bars.panel import as_date
from trading.decisions.arms import ACCOUNTS
from trading.errors import BadDataError
from trading.views.restraint import Stage
from trading.watching.stages import Hold

SESSIONS = [as_date(day) for day in sessions_between(date(2010, 3, 8), date(2010, 3, 19))]
TABLES = ("watched_sessions", "watch_marks", "watch_findings", "watch_turns", "watch_judgements", "watch_figures")


@pytest.fixture
def platform(home: Path, empty_url: str, pool: Pool) -> Platform:
    """The sample is on record, and a champion."""
    made = Platform(home, empty_url, pool)
    made.import_until(None)
    return made


@pytest.fixture
def monitoring(platform: Platform) -> Iterator[ModelMonitoring]:
    """The service."""
    service = ModelMonitoring(Wiring(platform.home, SecretStr(platform.url), 10_000_000))
    yield service
    service.pool.close()


def _rows(pool: Pool) -> dict[str, list[tuple[object, ...]]]:
    with transaction(pool) as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table}".encode())  # noqa: S608 - a constant
            names = [column.name for column in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            found[table] = sorted(
                tuple(str(value) for name, value in row.items() if name not in {"at", "watched_at", "turn_id"})
                for row in rows
            )
    return found  # type: ignore[return-value]


def test_each_session_is_watched_once_and_the_marks_come_when_outcomes_are_complete(
    platform: Platform, monitoring: ModelMonitoring, pool: Pool
) -> None:
    """Six sessions later; a repeat adds nothing; a session that was left out is made good; a holiday is no session."""
    platform.replay(SESSIONS[:8])
    assert monitoring.after_session(date(2010, 3, 13)).state == "no_session", "a Saturday"
    assert monitoring.after_session(SESSIONS[6]).state == "watched"
    marks = WatchStore(pool).marks(["momentum"])["momentum"]
    assert [one.session for one in marks] == SESSIONS[:1]
    assert marks[0].setups > 20
    assert 0 < marks[0].brier < 1
    assert marks[0].unanswered == 0
    before = _rows(pool)
    assert monitoring.after_session(SESSIONS[6]) == monitoring.after_session(SESSIONS[6])
    assert _rows(pool) == before
    assert WatchStore(pool).watched() == SESSIONS[:7]
    told = monitoring.after_session(SESSIONS[7])
    assert (told.alarms, told.turns, told.promotion) == ((), (), "")
    assert [one.session for one in WatchStore(pool).marks(["momentum"])["momentum"]] == SESSIONS[:2]
    found = WatchStore(pool).findings_after(SESSIONS[7])["momentum"]
    assert {each.state for each in found} == {"not_enough_data"}
    assert [(name, against, verdict) for name, against, verdict, *_ in WatchStore(pool).judgements(SESSIONS[7])] == [
        ("momentum", RULES, "not_enough_data")
    ]
    figures = WatchStore(pool).figures(SESSIONS[7])
    assert {one.name for one in figures["momentum"]} >= {"outcome_prediction_rmse", "label_drift", "drift_score"}
    assert {one.name for one in figures[""]} == {"pattern_accuracy_30d", "data_lag"}


def test_watching_at_once_or_one_by_one_leaves_the_same(
    platform: Platform, monitoring: ModelMonitoring, pool: Pool
) -> None:
    """A run that died and watched late has the same marks and findings as one that never did."""
    platform.replay(SESSIONS[:9])
    for session in SESSIONS[:9]:
        monitoring.after_session(session)
    one_by_one = _rows(pool)
    with transaction(pool) as cursor:
        for table in reversed(TABLES):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
            cursor.execute(f"DELETE FROM {table}".encode())  # noqa: S608 - a constant
    monitoring.after_session(SESSIONS[8])
    assert _rows(pool) == one_by_one


def _sources(pool: Pool, session: date) -> list[tuple[str, list[str], str]]:
    with transaction(pool) as cursor:
        cursor.execute(
            "SELECT source, model_rules, reason FROM decisions WHERE session = %s AND account = 'hybrid' "
            "AND strength IS NOT NULL ORDER BY symbol",
            [session],
        )
        return cursor.fetchall()


def _turned(pool: Pool, after: date, stage: Stage) -> None:
    turns = {"momentum": Hold(stage, turned="planted")}
    assert WatchStore(pool).record(Watched(after, turns=turns), NOON)


@pytest.mark.parametrize("stage", ["half", "rules", "retrain"])
def test_a_stage_acts_from_the_next_session_on_and_parity_sees_the_same(
    platform: Platform, pool: Pool, stage: Stage
) -> None:
    """Half size, or the rules decide; trading the session again from the record gives the same journal."""
    platform.replay(SESSIONS[:2])
    _turned(pool, SESSIONS[1], stage)
    platform.replay(SESSIONS[2:6])
    rule = "alarm_half" if stage == "half" else "alarm"
    assert not [row for row in _sources(pool, SESSIONS[1]) if rule in row[1]]
    by_session = {day: [row for row in _sources(pool, day) if rule in row[1]] for day in SESSIONS[2:6]}
    day = next((day for day, rows in by_session.items() if rows), None)
    assert day is not None, [_sources(pool, day) for day in SESSIONS[2:6]]
    acted = by_session[day]
    assert {row[0] for row in acted} == ({"ensemble"} if stage == "half" else {"rule"})
    assert all("an alarm of the monitoring stands" in row[2] for row in acted)
    life = LifecycleStore(pool).life()
    assert life.at(SESSIONS[2]).held_back["momentum"].stage == stage
    assert not life.at(SESSIONS[1]).held_back
    asked = TrainingRecord(pool).training_asked(SESSIONS[2])
    assert asked == (stage == "retrain")
    record = Record(pool, platform.home)
    terms = Terms(ACCOUNTS, 10_000_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "research.checks.daily.models_of", lambda _: Models(LifecycleStore(pool).life(), lambda _: MomentumScorer())
        )
        parity = daily_parity(record, day, terms, clock=lambda: NOON)
    assert (parity.verdict, parity.differences) == ("passed", 0), parity


def test_a_turn_reaches_no_session_that_has_begun(platform: Platform, pool: Pool) -> None:
    """Found late, it holds from the first session that hasn't begun; what is on record stays."""
    platform.replay(SESSIONS[:4])
    _turned(pool, SESSIONS[1], "rules")
    (turn,) = WatchStore(pool).turns()
    assert turn.from_session > SESSIONS[3]
    (told,) = [alert for alert in happened(pool, NOON, lambda _: False, NOON) if alert.kind == "drift"]
    assert (told.severity, told.about, told.state) == ("warning", "momentum", "rules")
    assert "planted" in told.body
    with pytest.raises(BadDataError, match="append-only"), transaction(pool) as cursor:
        cursor.execute("DELETE FROM watch_turns")


def test_a_watch_that_fails_says_so_and_is_made_good(
    platform: Platform, monitoring: ModelMonitoring, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing half is on record, the service is degraded, and the next session watches both."""

    def lost(*_: object) -> Sequence[object]:
        raise BadDataError("its file is lost")

    platform.replay(SESSIONS[:2])
    with monkeypatch.context() as patch:
        patch.setattr("adapters.feature_rows.FeatureRowStore.of", lost)
        with pytest.raises(BadDataError):
            monitoring.after_session(SESSIONS[0])
    assert monitoring.condition()[0] == "degraded"
    assert WatchStore(pool).watched() == []
    monitoring.after_session(SESSIONS[1])
    assert WatchStore(pool).watched() == SESSIONS[:2]
    assert monitoring.condition()[0] == "ok"

"""Migrations: applied once, in order, never over a database they don't fit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapters.postgres.migrate import Migration, bundled, erase, migrate
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.models import ModelStore
from adapters.postgres.pool import Pool, transaction
from adapters.postgres.queries import Queries
from research.models.showing import listed, shown
from trading.errors import BadDataError, ConfigurationError
from trading.views.lifecycle import rolled_back


def _tables(pool: Pool) -> set[str]:
    with transaction(pool) as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in cursor.fetchall()}


def test_a_second_time_changes_nothing(empty_pool: Pool) -> None:
    """The bundled migrations are applied once; a repeat finds nothing to do."""
    versions = [migration.version for migration in bundled()]
    assert migrate(empty_pool) == versions
    assert migrate(empty_pool) == []
    assert {"pattern_training_data", "journal", "fills", "models", "schema_migrations"} <= _tables(empty_pool)


def test_two_programs_at_once_apply_each_migration_once(empty_pool: Pool) -> None:
    """Under the advisory lock one of two programs does the work of each migration, and both end well."""
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: migrate(empty_pool), range(2))
    assert sorted(first + second) == [migration.version for migration in bundled()]


def test_a_failing_migration_leaves_nothing_of_itself(empty_pool: Pool) -> None:
    """What a migration did before its failing statement is rolled back; the ones before it stay."""
    good = Migration(1, "good", "CREATE TABLE good (i int)")
    bad = Migration(2, "bad", "CREATE TABLE half (i int); SELECT 1 / 0")
    with pytest.raises(Exception, match="division by zero"):
        migrate(empty_pool, [good, bad])
    assert _tables(empty_pool) == {"good", "schema_migrations"}
    assert migrate(empty_pool, [good]) == []


def test_a_changed_file_is_refused(empty_pool: Pool) -> None:
    """A migration that differs from the one on record stops everything before it changes anything."""
    first = Migration(1, "first", "CREATE TABLE first (i int)")
    migrate(empty_pool, [first])
    second = Migration(2, "second", "CREATE TABLE second (i int)")
    with pytest.raises(ConfigurationError, match=r"Migration 1 \(first\) was changed"):
        migrate(empty_pool, [replace(first, sql=first.sql + ";"), second])
    assert _tables(empty_pool) == {"first", "schema_migrations"}


def test_a_newer_database_is_refused(empty_pool: Pool) -> None:
    """A program must not write into a database whose rules it doesn't know."""
    first = Migration(1, "first", "CREATE TABLE first (i int)")
    migrate(empty_pool, [first, Migration(2, "second", "CREATE TABLE second (i int)")])
    with pytest.raises(ConfigurationError, match=r"version 2 .* up to 1"):
        migrate(empty_pool, [first])


def test_what_was_recorded_before_chart_patterns_stays_true(empty_pool: Pool) -> None:
    """An older record's doji loses the direction and outcome it never had; its engulfing keeps both."""
    older = [migration for migration in bundled() if migration.version < 5]
    migrate(empty_pool, older)
    with transaction(empty_pool) as cursor:
        cursor.execute(
            'INSERT INTO pattern_training_data (symbol, "timestamp", session, pattern_type, direction, '
            "pattern_success, outcome_return, outcome_exit, outcome_known_session) SELECT 'AAPL', '2010-01-04T21:00Z', "
            "'2010-01-04', name, 1, true, 0.01, 'target', '2010-01-06' FROM unnest(ARRAY['doji', 'engulfing']) AS name"
        )
    migrate(empty_pool)
    with transaction(empty_pool) as cursor:
        cursor.execute(
            "SELECT pattern_type, family, direction, outcome_return, outcome_exit FROM pattern_training_data ORDER BY 1"
        )
        assert cursor.fetchall() == [
            ("doji", "candlestick", 0, None, None),
            ("engulfing", "candlestick", 1, 0.01, "target"),
        ]


def test_members_and_what_they_said_come_out_of_columns(empty_pool: Pool) -> None:
    """An older record's three models are three rows with their weights; probabilities keep every bit, unknown stays."""
    migrate(empty_pool, [migration for migration in bundled() if migration.version < 22])
    with transaction(empty_pool) as cursor:
        cursor.execute(
            "INSERT INTO models SELECT kind, kind, 1, now(), kind, repeat('0', 64), repeat('0', 64), '1', '{}', '{}', "
            "'[]', '2010-01-04', '2010-01-05' FROM unnest(ARRAY['pattern', 'catalyst', 'outcome']) AS kind"
        )
        cursor.execute(
            "INSERT INTO ensembles (ensemble_id, created_at, pattern_model_id, catalyst_model_id, outcome_model_id, "
            "weight_pattern, weight_catalyst, weight_outcome, status, metrics, config_sha256, known_before) VALUES "
            "('e', now(), 'pattern', 'catalyst', 'outcome', 0.4, 0.4, 0.2, 'champion', '{}', repeat('0', 64), now())"
        )
        cursor.execute(
            "INSERT INTO decisions (session, account, symbol, p_pattern, p_catalyst, p_outcome, source, action, "
            "shares, patterns, reason) VALUES ('2010-01-04', 'rule', 'A', %s, NULL, 0.1, 'rule', 'none', 0, '{}', 'r')",
            [0.1 + 0.2],
        )
    migrate(empty_pool)
    (champion,) = ModelStore(empty_pool).ensembles()
    assert LifecycleStore(empty_pool).life().latest() == {"e": "champion"}
    assert [(one.kind, one.model_id, one.weight) for one in champion.members] == [
        ("pattern", "pattern", 0.4), ("catalyst", "catalyst", 0.4), ("outcome", "outcome", 0.2),
    ]  # fmt: skip
    (decision,) = Queries(empty_pool).decisions("rule", 5)
    assert decision.probabilities == {"pattern": 0.1 + 0.2, "catalyst": None, "outcome": 0.1}


def test_a_record_from_before_lives_gets_them_from_what_decided(empty_pool: Pool) -> None:
    """A champion, one that decided before it, two challengers of which the later one stays, and one that was retired.

    Each session names the one whose decisions are on record; commands find the lives, and a rollback its way back.
    """
    migrate(empty_pool, [migration for migration in bundled() if migration.version < 27])
    days = {
        "early": "2010-04-01", "champion": "2010-04-12", "first": "2010-04-05", "second": "2010-04-06",
        "old": "2010-04-01",
    }  # fmt: skip
    with transaction(empty_pool) as cursor:
        for number, (name, day) in enumerate(days.items()):
            status = {"champion": "champion", "first": "challenger", "second": "challenger"}.get(name, "retired")
            cursor.execute(
                "INSERT INTO models SELECT %s || kind, kind, %s, '2026-01-01'::timestamptz + %s * interval '1 day', "
                "kind, repeat('0', 64), repeat('0', 64), '1', '{}', '{}', '[]', '2010-01-04', '2010-01-05' "
                "FROM unnest(ARRAY['pattern', 'catalyst', 'outcome']) AS kind",
                [name, number + 1, number],
            )
            cursor.execute(
                "INSERT INTO ensembles (ensemble_id, created_at, status, metrics, config_sha256, known_before) VALUES "
                "(%s, '2026-01-01'::timestamptz + %s * interval '1 day', %s, '{}', repeat('0', 64), %s)",
                [name, number, status, day],
            )
            cursor.execute(
                "INSERT INTO ensemble_members (ensemble_id, position, kind, model_id, weight) "
                "SELECT %s, n, kind, %s || kind, weight FROM (VALUES (0, 'pattern', 0.4), (1, 'catalyst', 0.4), "
                "(2, 'outcome', 0.2)) AS m (n, kind, weight)",
                [name, name],
            )
        for day, name in (("2010-04-01", "early"), ("2010-04-09", "early"), ("2010-04-12", "champion")):
            cursor.execute(
                "INSERT INTO decisions (session, account, symbol, source, action, shares, patterns, reason, "
                "ensemble_id, probabilities) VALUES (%s, 'ensemble', 'A', 'rule', 'none', 0, '{}', 'r', %s, '{}')",
                [day, name],
            )
    migrate(empty_pool)
    life = LifecycleStore(empty_pool).life()
    assert dict(life.latest()) == {
        "early": "retired", "champion": "champion", "first": "retired", "second": "challenger", "old": "retired",
    }  # fmt: skip
    champions = {day: life.at(date(2010, 4, day)).champion for day in (1, 9, 12, 13)}
    assert champions == {1: "early", 9: "early", 12: "champion", 13: "champion"}
    assert life.before("champion") == "early"
    assert life.at(date(2010, 3, 31)).every == ()
    told = {row.ensemble_id: (row.role, row.audit) for row in listed(empty_pool)}
    assert list(told)[:2] == ["champion", "second"]
    assert told["champion"] == ("champion", None)
    assert shown(empty_pool, Path("/nowhere"), "second").files[0].state == "file gone"
    events = LifecycleStore(empty_pool).change(
        lambda now: rolled_back(now, "champion", "worse"), who="test", at=datetime(2026, 2, 1, tzinfo=UTC)
    )
    assert [(one.ensemble_id, one.role, one.from_session) for one in events] == [
        ("champion", "retired", date(2010, 4, 13)), ("early", "champion", date(2010, 4, 13)),
    ]  # fmt: skip


def test_an_ensemble_whose_weights_do_not_add_up_is_no_ensemble(pool: Pool) -> None:
    """The database refuses it at the end of the transaction, and one without members too."""
    row = "INSERT INTO ensembles VALUES ('e', now(), '{}', repeat('0', 64), '2010-01-04')"
    with pytest.raises(BadDataError, match="add up"), transaction(pool) as cursor:
        cursor.execute(row)
    assert ModelStore(pool).ensembles() == []


def test_erase_takes_our_tables_and_nothing_else(pool: Pool) -> None:
    """After `erase` only other people's tables are left, and the migrations apply again."""
    with transaction(pool) as cursor:
        cursor.execute("CREATE TABLE somebody_elses (i int)")
    erase(pool)
    assert _tables(pool) == {"somebody_elses"}
    with transaction(pool) as cursor:
        cursor.execute("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        assert cursor.fetchall() == []
    assert migrate(pool) == [migration.version for migration in bundled()]

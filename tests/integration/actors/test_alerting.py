"""Alerts from a real record to a webhook and a mail server: each once, none lost, whoever is down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import SecretStr

from actors.alerting import Outbox
from adapters.alerts.targets import DEAD_MAN, AppriseTarget, targets_of
from adapters.postgres.alerts import AlertStore
from adapters.postgres.pool import Pool, transaction
from tests.fakes.message_services import Mail, Webhook, mail_server, webhook
from trading.alerts.policy import Message, Policy
from trading.errors import ConfigurationError, UnavailableError

BEGAN = datetime(2026, 6, 3, 14, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that is set by hand."""

    at: datetime = BEGAN

    def __call__(self) -> datetime:
        """Now."""
        return self.at

    def pass_(self, **span: float) -> None:
        """So much time passes."""
        self.at += timedelta(**span)


@dataclass
class World:
    """An outbox on a record, its services, and its clock."""

    pool: Pool
    hook: Webhook
    mail: Mail
    clock: Clock = field(default_factory=Clock)
    policy: Policy = field(default_factory=lambda: Policy(least="info", most_a_day=50))

    def outbox(self) -> Outbox:
        """A new one, as after a restart."""
        urls = [
            f"json://127.0.0.1:{self.hook.port}/?cto=2&rto=2",
            f"mailto://127.0.0.1:{self.mail.port}?from=a@example.org&to=b@example.org&cto=2&rto=2",
        ]
        return Outbox(self.pool, targets_of([SecretStr(url) for url in urls], None), self.policy, self.clock)

    def told(self, sql: str, *values: object) -> None:
        """Something happens on record."""
        with transaction(self.pool) as cursor:
            cursor.execute(sql, values)

    def service(self, name: str, state: str) -> None:
        """A service comes into a state now."""
        self.told(
            "INSERT INTO health_events (at, service, state, detail) VALUES (%s, %s, %s, 'as seen')",
            self.clock.at, name, state,
        )  # fmt: skip

    def control(self, action: str, reason: str) -> None:
        """Somebody orders something."""
        self.told(
            "INSERT INTO trading_controls (action, actor, reason, given_at) VALUES (%s, 'a test', %s, %s)",
            action, reason, self.clock.at,
        )  # fmt: skip


@pytest.fixture
def world(pool: Pool) -> Iterator[World]:
    """Both services are up, and alerting has begun."""
    with webhook() as hook, mail_server() as mail:
        made = World(pool, hook, mail)
        made.outbox().look()
        made.clock.pass_(seconds=10)
        yield made


def test_each_event_is_told_once_to_each_service(world: World) -> None:
    """Whatever is looked at again, and by whom: one message each, to the webhook and by mail."""
    world.service("ingestion", "failed")
    world.control("suspend", "too much lost")
    for _ in range(3):
        box = world.outbox()
        box.look()
        assert box.send() == []
        world.clock.pass_(seconds=5)
    expected = ["ingestion is failed", "Trading: suspend, by a test"]
    assert sorted(world.hook.titles) == sorted(world.mail.subjects) == sorted(expected)
    assert world.hook.taken[0]["type"] == "failure", "critical"


def test_a_service_that_is_down_for_an_hour_loses_nothing_and_holds_up_nobody(world: World) -> None:
    """The mail server is away and the webhook answers 503 in turn; afterwards each has each message once."""
    box = world.outbox()
    world.mail.down()
    for minute in range(60):
        world.hook.status = 503 if 20 <= minute < 40 else 200
        if minute % 25 == 0:
            world.control("suspend", f"minute {minute}")
        box.look()
        box.send()
        world.clock.pass_(minutes=1)
    world.mail.up()
    world.clock.pass_(hours=1)
    box.send()
    assert len(world.hook.taken) == 3
    assert len({told["message"] for told in world.hook.taken}) == 3
    assert len(world.mail.subjects) == 3
    assert AlertStore(world.pool).waiting() == {}


def test_a_target_that_is_down_is_asked_less_and_less(world: World) -> None:
    """In three hours of looks every five seconds: at 30, 60, 120 … seconds, then hourly."""
    world.hook.status = 500
    world.control("suspend", "for the webhook")
    box = world.outbox()
    box.look()
    for _ in range(3 * 720):
        box.send()
        world.clock.pass_(seconds=5)
    assert world.hook.asked <= 10
    (raised,) = AlertStore(world.pool).latest(5)
    assert {one.outcome for one in raised.deliveries} == {"sent", "pending"}
    assert "500" in next(one.trouble for one in raised.deliveries if one.outcome == "pending")


def test_a_service_is_told_to_be_degraded_once_it_has_been_for_a_minute(world: World) -> None:
    """Slow at a start, or for half a minute, is on record and no message; a minute is one."""
    box = world.outbox()
    for state, seconds in (("degraded", 30), ("ok", 30), ("degraded", 59), ("failed", 1), ("ok", 90), ("degraded", 59)):
        world.service("news", state)
        world.clock.pass_(seconds=seconds)
        box.look()
    box.send()
    assert [title for title in world.hook.titles if "degraded" in title] == []
    assert world.hook.titles.count("news is failed") == 1
    world.clock.pass_(seconds=1)
    box.look()
    box.send()
    assert world.hook.titles[-1].endswith("news is degraded")


def test_only_a_change_of_state_is_news(world: World) -> None:
    """Failed, failed again, well, well again, failed: three messages. What was always well is none."""
    box = world.outbox()
    for state in ("ok", "failed", "failed", "ok", "ok", "failed"):
        world.service("news", state)
        box.look()
        world.clock.pass_(seconds=30)
    box.send()
    assert world.hook.titles.count("news is failed") == 2
    assert world.hook.titles.count("news is well again") == 1


def test_what_happened_before_alerting_began_is_not_told(world: World) -> None:
    """A record of years, or a service that failed a week ago: no flood at the first start."""
    old = BEGAN - timedelta(days=30)
    world.told(
        "INSERT INTO health_events (at, service, state, detail) SELECT %s, 'old ' || n, 'failed', 'x' "
        "FROM generate_series(1, 500) AS n", old,
    )  # fmt: skip
    box = world.outbox()
    assert box.look() == []
    assert box.send() == []
    assert world.hook.taken == []


def test_a_storm_is_a_few_messages_and_a_digest(world: World) -> None:
    """A hundred failures within one look, at most three messages: two alone, one that counts the others."""
    world.policy = Policy(least="info", most_a_day=3)
    for number in range(100):
        world.told(
            "INSERT INTO storage_events (kind, at, ok, detail) VALUES ('archive', %s, %s, %s)",
            world.clock.at, bool(number % 2), f"pass {number}",
        )  # fmt: skip
    box = world.outbox()
    box.look()
    box.send()
    assert len(world.hook.taken) == 3
    assert world.hook.titles[-1] == "98 alerts"
    assert AlertStore(world.pool).waiting() == {}


def test_the_dead_mans_switch_hears_of_complete_sessions_and_of_nothing_else(pool: Pool) -> None:
    """Of the present session once, when the switch is up again; a replay of the past and a failure are none of its."""
    with webhook() as hook:
        hook.status = 502
        clock = Clock(datetime(2026, 6, 3, 21, tzinfo=UTC))
        url = SecretStr(f"http://127.0.0.1:{hook.port}/ping/secret")
        box = Outbox(pool, targets_of([], url), Policy(), clock)
        box.look()
        with transaction(pool) as cursor:
            for number, day in enumerate((date(2010, 4, 1), date(2026, 6, 3))):
                cursor.execute("INSERT INTO replay_sessions VALUES (%s, %s, 5, %s)", [day, f"c{number}", clock.at])
            cursor.execute(
                "INSERT INTO health_events (at, service, state, detail) VALUES (%s, 'news', 'failed', 'x')", [clock.at]
            )
        box.look()
        assert "502" in box.send()[0]
        hook.status = 200
        clock.pass_(minutes=1)
        assert box.send() == []
        box.look()
        box.send()
    assert hook.taken == [{"text": "2026-06-03 is complete"}]
    assert {one.target for raised in box.store.latest(9) for one in raised.deliveries} == {DEAD_MAN}


def test_no_secret_of_a_url_is_kept_or_said(pool: Pool) -> None:
    """Names of targets, troubles on record and errors hold no part of the URL but its kind."""
    secret = "S3cretT0ken"
    target = AppriseTarget(SecretStr(f"json://user:{secret}@127.0.0.1:9/{secret}?cto=1&rto=1"))
    assert secret not in target.name
    clock = Clock()
    box = Outbox(pool, [target], Policy(least="info"), clock)
    box.look()
    with transaction(pool) as cursor:
        cursor.execute(
            "INSERT INTO health_events (at, service, state, detail) VALUES (%s, 'x', 'failed', 'y')", [BEGAN]
        )
    box.look()
    (trouble,) = box.send()
    assert secret not in trouble
    with transaction(pool) as cursor:
        cursor.execute("SELECT to_jsonb(d) FROM alert_deliveries AS d")
        assert secret not in json.dumps(cursor.fetchall())
    with pytest.raises(ConfigurationError) as caught:
        AppriseTarget(SecretStr(f"nosuch://{secret}"))
    assert secret not in str(caught.value)
    with pytest.raises(UnavailableError) as refused:
        target.send(Message("t", "b", "info", ()))
    assert secret not in str(refused.value)


def test_what_is_beyond_a_look_is_found_at_the_next_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A burst of more events than one look reads hides none of them, and nothing that comes after it."""
    monkeypatch.setattr("adapters.postgres.happenings.MOST", 3)
    box = world.outbox()
    for number in range(7):
        world.control("suspend", f"number {number}")
    found = [alert.body for _ in range(4) for alert in box.look()]
    assert found == [f"number {number}" for number in range(7)]

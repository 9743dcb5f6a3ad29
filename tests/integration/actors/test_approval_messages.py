"""The owner is asked by a webhook and by mail: each list once, with links that are kept nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from actors.alerting import Outbox
from adapters.alerts.approval_key import FILE, approval_key
from adapters.alerts.approvals import ApprovalMessages
from adapters.alerts.targets import targets_of
from adapters.postgres.approvals import ApprovalStore
from adapters.postgres.pool import Pool, transaction
from tests.fakes.approvals import CLOSED, ENDS, SESSION, a_list
from tests.fakes.message_services import Mail, Webhook, mail_server, webhook
from trading.alerts.policy import Policy
from trading.approval.asked import Silence
from trading.approval.links import is_genuine, parse

LINK = re.compile(r"https://inplay\.example/approve/([A-Za-z0-9_-]+)")
TITLE = "2 orders of 2026-11-16 to approve, account hybrid"


@dataclass
class World:
    """A record, a data folder, two services, and a clock that is set by hand."""

    pool: Pool
    home: Path
    hook: Webhook
    mail: Mail
    at: datetime = CLOSED - timedelta(hours=1)
    policy: Policy = field(default_factory=lambda: Policy(least="critical"))

    def pass_(self) -> None:
        """A run looks and sends, as after a restart."""
        urls = [
            f"json://127.0.0.1:{self.hook.port}/?cto=2&rto=2",
            f"mailto://127.0.0.1:{self.mail.port}?from=a@example.org&to=b@example.org&cto=2&rto=2",
        ]
        box = Outbox(
            self.pool, targets_of([SecretStr(url) for url in urls], None), self.policy, lambda: self.at,
            approvals=ApprovalMessages(self.pool, self.home, "https://inplay.example"),
        )  # fmt: skip
        box.look()
        box.send()

    def ask(self, silence: Silence = "hold", *, complete: bool = True) -> None:
        """The session's orders are planned."""
        ApprovalStore(self.pool).ask(a_list(silence=silence))
        if complete:
            self.complete()

    def complete(self) -> None:
        """The session is complete."""
        with transaction(self.pool) as cursor:
            cursor.execute("INSERT INTO replay_sessions VALUES (%s, 'c', 5, %s)", [SESSION, CLOSED])

    def told(self, place: int = -1) -> str:
        """The text of a message."""
        return str(self.hook.taken[place]["message"])

    def good(self, place: int = -1) -> list[str]:
        """The scopes of its links that the key of now has signed."""
        asked = ApprovalStore(self.pool).of(SESSION, "hybrid")
        assert asked is not None
        links = [parse(text) for text in LINK.findall(self.told(place))]
        return [link.scope for link in links if link and is_genuine(approval_key(self.home), asked, link)]


@pytest.fixture
def world(pool: Pool, home: Path) -> Iterator[World]:
    """Alerting has begun, an hour before the list is made."""
    home.mkdir()
    with webhook() as hook, mail_server() as mail:
        made = World(pool, home, hook, mail)
        made.pass_()
        made.at = CLOSED + timedelta(minutes=1)
        yield made


def test_a_list_is_told_once_to_each_service_with_links(world: World) -> None:
    """Whatever is looked at again after restarts, and though the owner only hears of critical alerts otherwise."""
    world.ask()
    for _ in range(3):
        world.pass_()
        world.at += timedelta(seconds=30)
    assert world.hook.titles == world.mail.subjects == [TITLE]
    assert world.good() == ["1", "2", "yes", "no"]
    assert "Orders without an answer by then are not placed" in world.told()


def test_nothing_is_told_before_the_session_is_complete(world: World) -> None:
    """A kill between the question and the orders: the list waits until they are there."""
    world.ask(complete=False)
    world.pass_()
    assert world.hook.taken == []
    world.complete()
    world.pass_()
    assert world.hook.titles == [TITLE]


def test_no_link_and_no_key_is_on_record(world: World) -> None:
    """Every row of every table, and every file but the key's own: no signature, and not the key."""
    world.ask()
    world.pass_()
    secrets = [approval_key(world.home).hex(), *(text.rsplit("-", 1)[1] for text in LINK.findall(world.told()))]
    signatures = [text.split("-", 2)[2] for text in LINK.findall(world.told())]
    assert len(signatures) == 4
    with transaction(world.pool) as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        tables = [name for (name,) in cursor.fetchall()]
        rows = []
        for name in tables:
            cursor.execute(f'SELECT to_jsonb(t) FROM "{name}" AS t'.encode())  # noqa: S608 - names of our own tables
            rows += cursor.fetchall()
    kept = json.dumps(rows)
    assert TITLE in kept
    assert not [one for one in [*secrets, *signatures] if one in kept]
    assert "inplay.example" not in kept
    assert [path.name for path in world.home.iterdir()] == [FILE]


@pytest.mark.parametrize(("silence", "said"), [("hold", "so they are not placed"), ("place", "so they are placed")])
def test_services_that_are_down_until_the_end_hear_what_holds(world: World, silence: Silence, said: str) -> None:
    """Both are away the whole night: afterwards one message without a link, and the record says what silence meant."""
    world.hook.status = 503
    world.mail.down()
    world.ask(silence)
    while world.at < ENDS:
        world.pass_()
        world.at += timedelta(hours=1)
    store = ApprovalStore(world.pool)
    stands = store.settle(SESSION, "hybrid", world.at)
    assert stands is not None
    assert {one.who for one in stands.answers.values()} == {"silence"}
    world.hook.status = 200
    world.mail.up()
    world.at += timedelta(hours=2)
    world.pass_()
    assert world.hook.titles == world.mail.subjects == [TITLE]
    assert said in world.told()
    assert LINK.findall(world.told()) == []


def test_a_list_that_nobody_could_be_told_of_in_time_is_told_afterwards_once(world: World) -> None:
    """The run was down until the end, as its decisions came after it: what holds is told, without a link."""
    world.ask()
    world.at = ENDS + timedelta(hours=1)
    for _ in range(2):
        world.pass_()
    assert world.hook.titles == [TITLE]
    assert "It is too late" in world.told()


def test_a_lost_key_is_told_with_new_links(world: World) -> None:
    """The file is gone in the night: a second message, whose links alone are good, says that the first ones are not."""
    world.ask()
    world.pass_()
    old = LINK.findall(world.told())
    (world.home / FILE).unlink()
    for _ in range(3):
        world.at += timedelta(minutes=1)
        world.pass_()
    assert world.hook.titles == [TITLE] * 2
    assert "links of earlier messages don't work any more" in world.told()
    assert (world.good(0), world.good(1)) == ([], ["1", "2", "yes", "no"])
    assert not set(old) & set(LINK.findall(world.told()))


def test_what_was_answered_before_it_could_be_sent_has_no_link(world: World) -> None:
    """By the command line, while the webhook was down: the message says what was decided."""
    world.hook.status = 503
    world.ask()
    world.pass_()
    store = ApprovalStore(world.pool)
    asked = store.of(SESSION, "hybrid")
    assert asked is not None
    ids = [one.order_id for one in asked.orders]
    store.answer(asked.number, ids, "no", who="command:me", reason="", at=world.at)
    world.hook.status = 200
    world.at += timedelta(hours=1)
    world.pass_()
    assert "refused at 2026-11-16" in world.told()
    assert LINK.findall(world.told()) == []


def test_quiet_hours_hold_the_list_back_until_they_end(world: World) -> None:
    """From 15:00 to 07:00 in New York the owner sleeps; the links that come then are still good."""
    world.policy = Policy(quiet_from=time(15), quiet_to=time(7))
    world.ask()
    world.pass_()
    assert world.hook.taken == []
    world.at = datetime(2026, 11, 17, 12, 0, 1, tzinfo=UTC)
    world.pass_()
    assert world.good() == ["1", "2", "yes", "no"]

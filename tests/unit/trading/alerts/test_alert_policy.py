"""When alerts go out, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from trading.alerts.alert import Alert, Severity
from trading.alerts.policy import LONGEST_LIST, Policy, digest, is_told, messages, next_try
from trading.errors import ConfigurationError

NOON = datetime(2026, 6, 3, 16, tzinfo=UTC)
"""12:00 in New York."""
NIGHT = datetime(2026, 6, 4, 3, tzinfo=UTC)
"""23:00 of the same day there."""


def alert(number: int, severity: Severity = "warning", at: datetime = NOON) -> Alert:
    """One of a number."""
    return Alert(alert_id=f"a:{number}", kind="check", severity=severity, title=f"title {number}", body="body", at=at)


def told(severities: list[Severity], sent: int = 0, at: datetime = NOON, policy: Policy | None = None) -> list[str]:
    """The titles of the messages that go out."""
    pending = [alert(number, severity) for number, severity in enumerate(severities)]
    return [message.title for message in messages(pending, sent, at, policy or Policy(most_a_day=4))]


def test_the_most_severe_go_first_and_the_rest_in_their_order() -> None:
    """A critical one overtakes two warnings."""
    assert told(["warning", "warning", "critical"]) == ["title 2", "title 0", "title 1"]


def test_beyond_the_most_a_day_the_last_message_is_a_digest() -> None:
    """Six of four: three alone, then one message that tells of the other three."""
    assert told(["warning"] * 6) == ["title 0", "title 1", "title 2", "3 alerts"]
    assert told(["warning"] * 4) == ["title 0", "title 1", "title 2", "title 3"]
    assert told(["warning"] * 3, sent=3) == ["3 alerts"]
    assert told(["warning"] * 3, sent=4) == []


def test_critical_alerts_may_be_as_many_again() -> None:
    """The day's four are used up: three critical ones go out, of six the last message is a digest."""
    assert told(["critical"] * 3, sent=4) == ["title 0", "title 1", "title 2"]
    assert told(["critical"] * 6, sent=4) == ["title 0", "title 1", "title 2", "3 alerts"]
    assert told(["critical"], sent=8) == []


def test_quiet_hours_reach_over_midnight_and_let_critical_alerts_through() -> None:
    """From 22:00 to 07:00 by the owner's clock, whatever UTC says."""
    policy = Policy(quiet_from=time(22), quiet_to=time(7), most_a_day=4)
    assert told(["warning", "critical"], at=NIGHT, policy=policy) == ["title 1"]
    assert told(["warning"], at=NOON, policy=policy) == ["title 0"]
    assert policy.is_quiet(datetime(2026, 6, 4, 10, 59, tzinfo=UTC))
    assert not policy.is_quiet(datetime(2026, 6, 4, 11, tzinfo=UTC))
    assert not Policy().is_quiet(NIGHT)


def test_what_waited_since_yesterday_is_one_message() -> None:
    """Three of yesterday and one of today: two messages."""
    old = [alert(number, at=NOON - timedelta(days=1)) for number in range(3)]
    sent = messages([*old, alert(9)], 0, NOON, Policy(most_a_day=4))
    assert [message.title for message in sent] == ["3 alerts", "title 9"]
    assert [len(message.alerts) for message in sent] == [3, 1]


def test_a_day_is_the_owners() -> None:
    """03:00 UTC is still the day that began at 04:00 UTC the day before."""
    assert Policy().day_began(NIGHT) == datetime(2026, 6, 3, 4, tzinfo=UTC)


def test_nothing_is_left_out_of_messages_without_a_bound() -> None:
    """Whatever the day's count, each alert is in one message, or waits."""
    for sent in range(10):
        for count in range(1, 12):
            pending = [alert(number, "critical" if number % 3 == 0 else "info") for number in range(count)]
            made = [
                one.alert_id
                for message in messages(pending, sent, NOON, Policy(most_a_day=4))
                for one in message.alerts
            ]
            assert len(made) == len(set(made))


def test_a_digest_counts_what_it_does_not_list() -> None:
    """Forty titles, then a number."""
    made = digest([alert(number) for number in range(LONGEST_LIST + 5)])
    assert len(made.body.splitlines()) == LONGEST_LIST + 1
    assert "and 5 more" in made.body


def test_severity_decides_who_is_told() -> None:
    """Below the least there is no message."""
    assert not is_told(alert(1, "info"), Policy(least="warning"))
    assert is_told(alert(1, "critical"), Policy(least="warning"))


def test_tries_come_later_and_later_up_to_an_hour() -> None:
    """30 s, 60 s, 120 s … 3,600 s, however often."""
    waits = [(next_try(tries, NOON) - NOON).total_seconds() for tries in (1, 2, 3, 7, 8, 10_000)]
    assert waits == [30, 60, 120, 1_920, 3_600, 3_600]


def test_one_message_a_day_is_refused() -> None:
    """There would be no room for the digest."""
    with pytest.raises(ConfigurationError, match="two at least"):
        Policy(most_a_day=1)


def test_what_asks_for_an_answer_goes_alone_whatever_the_count_and_the_least_severity() -> None:
    """Beyond the day's messages, beside the digest of yesterday, and to those who only hear of critical alerts."""
    asks = replace(alert(9), kind="approval", at=NOON - timedelta(days=1))
    old = [alert(number, at=NOON - timedelta(days=1)) for number in range(3)]
    for sent in (0, 4, 100):
        first, *others = messages([*old, asks], sent, NOON, Policy(most_a_day=4))
        assert (first.title, first.kind, first.alerts) == ("title 9", "alert", (asks,))
        assert [one.title for one in others] == (["3 alerts"] if sent == 0 else [])
    assert is_told(asks, Policy(least="critical"))
    assert messages([asks], 0, NIGHT, Policy(quiet_from=time(22), quiet_to=time(7))) == [], "the owner sleeps"

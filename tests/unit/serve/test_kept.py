"""Statistics that are measured off the request's path."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from threading import Event
from typing import Any, cast

import pytest

from research.measured_patterns import Statistics
from serve.kept import Kept
from tests.fakes.eventually import eventually
from trading.errors import UnavailableError

MONDAY, TUESDAY = date(2010, 1, 4), date(2010, 1, 5)


@dataclass(frozen=True)
class Reaching:
    """What matters of statistics here: how far they reach."""

    last_session: date


@dataclass
class Measuring:
    """A measurement that ends when it is let; it fails with what it is told to.

    Attributes:
        asked: how often it was begun.
    """

    last_session: date = MONDAY
    fails: Exception | None = None
    let: Event = field(default_factory=Event)
    asked: int = 0

    def __call__(self) -> Statistics:
        self.asked += 1
        self.let.wait(10)
        if self.fails:
            raise self.fails
        return cast("Any", Reaching(self.last_session))


def _ready(kept: Kept, session: date) -> bool:
    found = kept.at(session)
    return found is not None and found.last_session == session


def test_the_first_answer_is_waited_for_within_a_bound() -> None:
    """A measurement that takes longer than the bound is unavailable, goes on, and then answers; it ran once."""
    measuring = Measuring()
    kept = Kept(measuring, first_wait_s=0.01)
    for _ in range(3):
        with pytest.raises(UnavailableError, match="Ask again"):
            kept.at(MONDAY)
    measuring.let.set()
    patient = Kept(measuring, first_wait_s=10)
    assert _ready(patient, MONDAY)
    assert measuring.asked == 2  # one by each


def test_a_later_session_never_makes_a_request_wait() -> None:
    """While it is measured the earlier session's answer is given, and it says that it is the earlier one's."""
    measuring = Measuring()
    measuring.let.set()
    kept = Kept(measuring, first_wait_s=10)
    assert _ready(kept, MONDAY)
    measuring.let.clear()
    measuring.last_session = TUESDAY
    for _ in range(5):
        earlier = kept.at(TUESDAY)
        assert earlier is not None
        assert earlier.last_session == MONDAY
    measuring.let.set()
    eventually(lambda: _ready(kept, TUESDAY), what="Tuesday's statistics")
    assert measuring.asked == 2


def test_a_failure_is_told_and_tried_again() -> None:
    """An earlier answer doesn't hide that the later one can't be made; once it can, it is there."""
    measuring = Measuring()
    measuring.let.set()
    kept = Kept(measuring, first_wait_s=10)
    assert _ready(kept, MONDAY)
    measuring.last_session, measuring.fails = TUESDAY, UnavailableError("the database is away")

    def told() -> bool:
        try:
            return _ready(kept, TUESDAY)
        except UnavailableError as error:
            return "database is away" in str(error)

    eventually(told, what="the failure")
    measuring.fails = None
    eventually(lambda: _ready(kept, TUESDAY), what="Tuesday's statistics")


def test_without_a_session_nothing_is_measured() -> None:
    """An empty record has no statistics."""
    measuring = Measuring()
    assert Kept(measuring).at(None) is None
    assert measuring.asked == 0

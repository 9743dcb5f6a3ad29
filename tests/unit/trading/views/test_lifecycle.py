"""The life of ensembles is a fold of events: who decides at which session, and what may follow what."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.errors import LedgerError, ModelError, ModelRefusedError, UnknownModelError
from trading.views.lifecycle import Change, Event, Lifecycle, Role, made, registered, rolled_back

FIRST = date(2010, 4, 1)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = ("a", "b", "c", "d", "e")


class Registry:
    """The record in memory: changes hold from the session after the last one that has begun."""

    def __init__(self) -> None:
        self.life = Lifecycle()
        self.next = FIRST

    def put(self, changes: list[Change]) -> list[Change]:
        """The changes are events."""
        for change in changes:
            number = len(self.life.events) + 1
            event = Event(number, change.ensemble_id, change.role, self.next, "test", change.why, NOON)
            self.life = Lifecycle((*self.life.events, event), {**self.life.known_before, change.ensemble_id: FIRST})
        return changes

    def register(self, *names: str) -> None:
        """They are on record."""
        self.put([registered(name, "trained") for name in names])

    def make(self, name: str, role: Role) -> list[Change]:
        """It comes into the role."""
        return self.put(made(self.life, name, role, "better"))

    def back(self, name: str) -> list[Change]:
        """It is rolled back."""
        return self.put(rolled_back(self.life, name, "worse"))

    def session(self) -> date:
        """A session begins; what comes now holds from the next."""
        self.next += timedelta(days=1)
        return self.next - timedelta(days=1)


def test_a_promotion_holds_from_its_session_on_and_never_before() -> None:
    """Yesterday's session is answered as it was, whatever came later."""
    registry = Registry()
    registry.register("a", "b")
    registry.make("a", "champion")
    first = registry.session()
    registry.make("b", "champion")
    second = registry.session()
    assert registry.life.at(first - timedelta(days=1)).every == ()
    assert registry.life.at(first).champion == "a"
    assert registry.life.at(second).champion == "b"
    assert registry.life.role_of("a", second) == "retired"
    assert registry.life.role_of("b", first) == "registered"
    assert registry.life.at(second).known_before == {"a": FIRST, "b": FIRST}


def test_a_rollback_goes_back_to_whom_it_took_over_from_and_a_repeat_changes_nothing() -> None:
    """a, b, c in turn: back from c is b, back from b is a, and from a there is nothing to go back to."""
    registry = Registry()
    registry.register("a", "b", "c")
    for name in ("a", "b", "c"):
        registry.make(name, "champion")
        registry.session()
    assert [change.ensemble_id for change in registry.back("c")] == ["c", "b"]
    assert registry.back("c") == []
    assert registry.life.at(registry.session()).champion == "b"
    assert [change.ensemble_id for change in registry.back("b")] == ["b", "a"]
    with pytest.raises(ModelError, match="no champion before a"):
        registry.back("a")
    with pytest.raises(UnknownModelError, match="No ensemble d is on record"):
        registry.back("d")
    registry.register("d")
    with pytest.raises(ModelRefusedError, match="never champion"):
        registry.back("d")
    registry.make("c", "champion")
    assert registry.life.before("c") == "a", "it took over from a this time"


def test_there_is_one_challenger_and_few_shadows() -> None:
    """Who is replaced becomes a shadow; the earliest of three retires."""
    registry = Registry()
    registry.register(*NAMES)
    registry.make("a", "champion")
    for name in ("b", "c", "d", "e"):
        registry.make(name, "challenger")
    roles = registry.life.at(registry.session())
    assert (roles.champion, roles.challenger, roles.shadows) == ("a", "e", ("c", "d"))
    assert registry.life.latest()["b"] == "retired"
    assert roles.every == ("a", "e", "c", "d")
    registry.make("c", "champion")
    roles = registry.life.at(registry.session())
    assert (roles.champion, roles.challenger, roles.shadows) == ("c", "e", ("d",))


def test_what_is_not_on_record_or_may_not_follow_is_refused() -> None:
    """A champion is retired by another or by hand; it doesn't become a shadow."""
    registry = Registry()
    registry.register("a")
    with pytest.raises(ModelError, match="No ensemble z is on record"):
        registry.make("z", "champion")
    registry.make("a", "champion")
    assert registry.make("a", "champion") == []
    with pytest.raises(LedgerError, match="can't become 'shadow'"):
        registry.make("a", "shadow")
    registry.make("a", "retired")
    assert registry.life.at(registry.session()).champion is None


ASKED = st.sampled_from(["shadow", "challenger", "champion", "retired", "back", "session"])


@given(st.lists(st.tuples(st.sampled_from(NAMES), ASKED), max_size=40))
def test_whatever_is_asked_there_is_one_champion_one_challenger_and_the_past_stays(
    asked: list[tuple[str, str]],
) -> None:
    """Any order of promotions, rollbacks and sessions; each session is answered the same for ever."""
    registry = Registry()
    registry.register(*NAMES)
    seen = {}
    for name, what in asked:
        try:
            if what == "session":
                day = registry.session()
                seen[day] = registry.life.at(day)
            elif what == "back":
                registry.back(name)
            else:
                registry.make(name, what)  # type: ignore[arg-type]
        except (ModelError, LedgerError):
            continue
        roles = list(registry.life.latest().values())
        assert roles.count("champion") <= 1
        assert roles.count("challenger") <= 1
        assert roles.count("shadow") <= 2
    assert {day: registry.life.at(day).every for day in seen} == {day: found.every for day, found in seen.items()}

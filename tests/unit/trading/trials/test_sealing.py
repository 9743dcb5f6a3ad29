"""What may become of a sealed span, and what is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from trading.errors import ConfigurationError
from trading.trials.chain import Entry, Fact, chained
from trading.trials.sealing import (
    Bar,
    Sealed,
    Span,
    Verdict,
    judging,
    looking,
    ready_to_look,
    sealing,
    seals_of,
    setting_bar,
    still_sealed,
)

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
SESSIONS = [date(2020, 1, 1) + timedelta(days=day) for day in range(0, 200, 2)]
SPAN = Span(date(2020, 3, 1), date(2020, 3, 31))
BAR = Bar("auc", 0.55, "ensemble-a")
Step = Callable[[tuple[Sealed, ...]], Fact]

SEAL: Step = partial(sealing, span=SPAN, sessions=SESSIONS, why="test", at=NOON)
SET: Step = partial(setting_bar, span=None, bar=BAR, known_before=date(2020, 2, 1), spared=(), at=NOON)


def LOOK(seals: tuple[Sealed, ...]) -> Fact:  # noqa: N802 - stands beside the other steps
    """At whatever is ready."""
    return looking(seals, ready_to_look(seals, None), at=NOON)


def VERDICT(_: tuple[Sealed, ...]) -> Fact:  # noqa: N802
    """Missed."""
    return judging(SPAN, Verdict(0.5, False, 100, 15), at=NOON)


def after(*steps: Step) -> tuple[Sealed, ...]:
    """What holds after the steps."""
    entries: list[Entry] = []
    for step in steps:
        last = (entries[-1].seq, entries[-1].hash) if entries else (0, "0" * 64)
        entries += chained([step(seals_of(entries))], last_seq=last[0], last_hash=last[1])
    return seals_of(entries)


def test_a_span_is_sealed_until_it_was_looked_at() -> None:
    """Before the bar, with it, and not any more once the look is on record, verdict or none."""
    assert still_sealed(after(SEAL)) == (SPAN,)
    assert still_sealed(after(SEAL, SET)) == (SPAN,)
    assert still_sealed(after(SEAL, SET, LOOK)) == ()
    (done,) = after(SEAL, SET, LOOK, VERDICT)
    assert (done.burnt, done.verdict, done.bar) == (True, Verdict(0.5, False, 100, 15), BAR)


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        (date(2020, 3, 31), date(2020, 4, 30), "overlaps 2020-03-01 to 2020-03-31, which is sealed already"),
        (date(2020, 3, 10), date(2020, 3, 12), "overlaps"),
        (date(2020, 1, 1), date(2020, 12, 31), "reaches into the future: the last session on record is 2020-07-17"),
        (date(2030, 1, 1), date(2030, 2, 1), "future"),
        (date(2020, 5, 2), date(2020, 5, 1), "later than"),
        (date(2020, 1, 2), date(2020, 1, 2), "No session of 2020-01-02 to 2020-01-02 is on record"),
    ],
)
def test_what_cannot_be_sealed(first: date, last: date, why: str) -> None:
    """An overlap by one day, the future, a turned span, days without a session."""
    with pytest.raises(ConfigurationError, match=why):
        sealing(after(SEAL), Span(first, last), SESSIONS, why="", at=NOON)


def test_a_burnt_day_is_not_sealed_again() -> None:
    """It was looked at."""
    with pytest.raises(ConfigurationError, match="was looked at on 2026-11-28"):
        after(SEAL, SET, LOOK, VERDICT, SEAL)


def test_there_is_no_look_without_a_bar_no_second_look_and_no_bar_after_it() -> None:
    """Each refused in words."""
    with pytest.raises(ConfigurationError, match="No bar is registered"):
        after(SEAL, LOOK)
    with pytest.raises(ConfigurationError, match="It is burnt"):
        after(SEAL, SET, LOOK, VERDICT, LOOK)
    named = partial(setting_bar, span=SPAN, bar=BAR, known_before=date(2020, 2, 1), spared=(), at=NOON)
    with pytest.raises(ConfigurationError, match="can't be changed after the look"):
        after(SEAL, SET, LOOK, VERDICT, named)
    with pytest.raises(ConfigurationError, match=r"It is burnt\. There is no second look"):
        ready_to_look(after(SEAL, SET, LOOK, VERDICT), SPAN)


def test_a_look_that_was_cut_off_counts() -> None:
    """It has no verdict, and the next one is refused."""
    with pytest.raises(ConfigurationError, match="no verdict on record: it was cut off, and counts all the same"):
        ready_to_look(after(SEAL, SET, LOOK), SPAN)


def test_a_bar_may_become_higher_before_the_look_and_the_look_is_against_the_latest() -> None:
    """A look that expected the earlier bar doesn't take place."""
    higher = partial(
        setting_bar, span=None, bar=Bar("auc", 0.6, "ensemble-a"), known_before=date(2020, 2, 1), spared=(), at=NOON
    )
    seen = ready_to_look(after(SEAL, SET), None)
    with pytest.raises(ConfigurationError, match=r"became auc of at least 0\.6 by ensemble-a meanwhile"):
        looking(after(SEAL, SET, higher), seen, at=NOON)
    assert after(SEAL, SET, higher)[0].bar == Bar("auc", 0.6, "ensemble-a")


def test_a_model_that_saw_the_span_is_not_judged_on_it() -> None:
    """It learned from outcomes known in it; one that learned later with the span cut out, or ended before it, may."""

    def known(before: date, *spared: str) -> Step:
        return partial(setting_bar, span=None, bar=BAR, known_before=before, spared=spared, at=NOON)

    with pytest.raises(ConfigurationError, match="it saw what it would be judged on"):
        after(SEAL, known(date(2020, 3, 2)))
    with pytest.raises(ConfigurationError, match="it saw what"):
        after(SEAL, known(date(2020, 6, 1), "2020-04-01 to 2020-04-30"))
    after(SEAL, known(date(2020, 3, 1)))
    after(SEAL, known(date(2020, 6, 1), "2020-03-01 to 2020-03-31"))


def test_a_span_is_named_where_several_are_sealed() -> None:
    """None, an unknown one, or one of two."""
    other = partial(sealing, span=Span(date(2020, 4, 1), date(2020, 4, 30)), sessions=SESSIONS, why="", at=NOON)
    for steps, span, why in (
        ((), None, "No span is sealed"),
        ((SEAL,), Span(SPAN.first, SPAN.first), "was never sealed"),
        ((SEAL, other), None, "Several spans are sealed"),
        ((SEAL, SET, LOOK, VERDICT), None, "No other span is sealed"),
    ):
        with pytest.raises(ConfigurationError, match=why):
            ready_to_look(after(*steps), span)
    with pytest.raises(ConfigurationError, match="No bar is registered for 2020-04-01"):
        ready_to_look(after(SEAL, other), Span(date(2020, 4, 1), date(2020, 4, 30)))

"""What readers ask of the actors: no more than needed, and nothing older than the record is answered with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from adapters.postgres.queries import ScanRow
from serve.resources import scanner, signals
from serve.sources import Service
from tests.fakes.bare_sources import bare_sources
from trading.errors import BadDataError, UnavailableError

MONDAY, TUESDAY, WEDNESDAY = date(2010, 1, 4), date(2010, 1, 5), date(2010, 1, 6)


@dataclass
class Scripted:
    """Actors that give prepared answers, one after the other, or raise them.

    Attributes:
        answers: what is asked -> the answers to come.
        asked: what was asked, with its arguments.
    """

    answers: dict[Any, list[Any]]
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def ask(self, service: Service[Any], method: Callable[..., Any], *args: Any) -> Any:
        """The next answer."""
        self.asked.append((service.name, *args))
        answer = self.answers[method].pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def score(self, features: npt.NDArray[np.float32], versions: Sequence[str]) -> Any:
        """Nothing scores here."""
        raise NotImplementedError(features, versions)


@dataclass
class Recorded:
    """A record of which the latest complete session and the latest scan are there."""

    complete: date | None = TUESDAY
    rows: tuple[ScanRow, ...] = ()

    def progress(self) -> Any:
        """The latest complete session."""
        return SimpleNamespace(last_session=self.complete)

    def last_scan(self, limit: int) -> tuple[date | None, list[ScanRow]]:
        """The latest scan."""
        return self.complete, list(self.rows[:limit])


def features(session: date) -> Any:
    """Features that reach to the session."""
    return SimpleNamespace(session=session)


@pytest.mark.parametrize("first", [features(MONDAY), UnavailableError("no session since the start")])
def test_services_behind_the_record_are_brought_up_first(first: Any) -> None:
    """After a restart the features are Monday's or none; the coordinator is asked once, and Tuesday's come of it."""
    actors = Scripted(
        {signals.PatternRecognition.latest: [first, features(TUESDAY)], signals.Coordinator.refresh: [None]}
    )
    found = signals._latest(bare_sources(actors=actors, queries=Recorded()), ("AAPL",))
    assert found.session == TUESDAY
    assert [service for service, *_ in actors.asked] == ["pattern_recognition", "coordinator", "pattern_recognition"]
    assert actors.asked[1] == ("coordinator", TUESDAY)


@pytest.mark.parametrize("taken", [BadDataError("another segment"), UnavailableError("lost in a restart")])
def test_services_that_the_next_session_takes_away_are_asked_again(
    taken: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that goes on begins Wednesday while Tuesday is brought up: the answer is Wednesday's, and no defect."""
    monkeypatch.setattr(signals, "PAUSE_S", 0.0)
    behind = UnavailableError("no session since the start")
    actors = Scripted(
        {
            signals.PatternRecognition.latest: [behind, behind, features(WEDNESDAY)],
            signals.Coordinator.refresh: [taken, taken],
        }
    )
    assert signals._latest(bare_sources(actors=actors, queries=Recorded()), ("AAPL",)).session == WEDNESDAY


def test_services_that_never_come_up_are_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client is told to try again."""
    monkeypatch.setattr(signals, "BROUGHT_UP_S", -1.0)
    actors = Scripted({signals.PatternRecognition.latest: [features(MONDAY)]})
    with pytest.raises(UnavailableError, match="on their way"):
        signals._latest(bare_sources(actors=actors, queries=Recorded()), ("AAPL",))


def test_services_level_with_the_record_are_asked_once() -> None:
    """Nothing is refreshed that is as late as the record."""
    actors = Scripted({signals.PatternRecognition.latest: [features(TUESDAY)]})
    assert signals._latest(bare_sources(actors=actors, queries=Recorded()), ("AAPL",)).session == TUESDAY
    assert len(actors.asked) == 1


def test_before_the_first_session_there_is_nothing_to_bring_up() -> None:
    """The service's own refusal is what the client reads."""
    actors = Scripted({signals.PatternRecognition.latest: [UnavailableError("no session since the start")]})
    with pytest.raises(UnavailableError, match="since the start"):
        signals._latest(bare_sources(actors=actors, queries=Recorded(complete=None)), ("AAPL",))
    assert len(actors.asked) == 1


@pytest.mark.parametrize(
    ("told", "considered", "excluded"),
    [((TUESDAY, {"illiquid": 11}), 12, {"illiquid": 11}), ((MONDAY, {"illiquid": 9}), None, {}), (None, None, {})],
    ids=["of this session", "of an earlier one", "none since the start"],
)
def test_exclusions_of_another_session_are_not_shown(
    told: Any, considered: int | None, excluded: dict[str, int]
) -> None:
    """One stock in play and eleven left out are twelve considered; without this session's exclusions it is unknown."""
    row = ScanRow("AAPL", 1, 0.9, {"move": 0.8}, "up 4.1 %")
    actors = Scripted({scanner.Scanner.last_exclusions: [told]})
    found = scanner.read(bare_sources(actors=actors, queries=Recorded(rows=(row,))), 10)
    assert (found.considered, found.excluded) == (considered, excluded)
    assert [stock.symbol for stock in found.in_play] == ["AAPL"]

"""What the readers share: things made once, and the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from serve.report import Reporting, latest_report
from serve.sources import Service, Sources
from tests.fakes.bare_sources import bare_sources
from trading.errors import UnavailableError


@dataclass
class Journal:
    """A journal of which only the last entry is read."""

    last: str = "first entry"

    def last_hash(self) -> str:
        """Of the last entry."""
        return self.last


@dataclass
class FakeReporting:
    """The actors, of which only the reporting service is there; it numbers its reports."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    away: bool = False

    def ask(self, service: Service[Any], method: Callable[..., Any], *args: Any) -> Any:
        """The number of the report."""
        self.asked.append((service.name, method, *args))
        if self.away:
            raise UnavailableError("away")
        return len(self.asked)

    def score(self, features: npt.NDArray[np.float32], versions: Sequence[str]) -> Any:
        """Nothing scores here."""
        raise NotImplementedError(features, versions)


def test_what_is_made_once_is_the_same_for_all_threads_and_others_for_other_sources() -> None:
    """Eight threads that begin together get one object; other sources get their own."""
    sources, other, start = bare_sources(), bare_sources(), Barrier(8)

    def make(_sources: Sources) -> object:
        return object()

    def ask(_turn: int) -> object:
        start.wait(10)
        return sources.once(make)

    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(ask, range(8)))
    assert found == {sources.once(make)}
    assert other.once(make) not in found


def test_the_report_is_asked_for_again_only_when_there_are_new_entries() -> None:
    """Three looks and one new entry are two questions, each with the seed of the run."""
    journal, actors = Journal(), FakeReporting()
    sources = bare_sources(accounts=journal, actors=actors, seed=7)
    assert [latest_report(sources) for _ in range(2)] == [1, 1]
    journal.last = "second entry"
    assert latest_report(sources) == 2
    assert actors.asked == [("reporting", Reporting.report, 7)] * 2


def test_a_report_that_could_not_be_had_is_asked_for_again() -> None:
    """The service was away at the first look; what is kept is an answer, never a failure."""
    actors = FakeReporting(away=True)
    sources = bare_sources(accounts=Journal(), actors=actors, seed=7)
    with pytest.raises(UnavailableError):
        latest_report(sources)
    actors.away = False
    assert latest_report(sources) == 2

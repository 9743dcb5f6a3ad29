"""The actors can do what the resources ask of them."""

from __future__ import annotations

import inspect

import pytest

from actors.coordinator import Coordinator
from actors.news import News
from actors.pattern_recognition import PatternRecognition
from actors.reporting import Reporting
from actors.scanner import Scanner
from serve import report
from serve.resources import catalysts, scanner, signals

ASKED: dict[type, type] = {
    scanner.Scanner: Scanner,
    catalysts.NewsService: News,
    signals.PatternRecognition: PatternRecognition,
    signals.Coordinator: Coordinator,
    report.Reporting: Reporting,
}
"""What is asked -> the class of the actor."""


def checked_by_mypy(
    made: tuple[Scanner, News, PatternRecognition, Coordinator, Reporting],
) -> tuple[
    scanner.Scanner, catalysts.NewsService, signals.PatternRecognition, signals.Coordinator, report.Reporting
]:  # fmt: skip
    """Each actor where a resource's Protocol is wanted: arguments and answers of another type are a type error."""
    return made


@pytest.mark.parametrize(("asked", "actor"), ASKED.items(), ids=lambda one: one.__name__)
def test_the_actor_has_the_methods_that_are_asked(asked: type, actor: type) -> None:
    """By name and with the same parameters: Ray calls them by name."""
    methods = {name: method for name, method in vars(asked).items() if inspect.isfunction(method) and name[0] != "_"}
    assert methods
    for name, method in methods.items():
        assert list(inspect.signature(getattr(actor, name)).parameters) == list(inspect.signature(method).parameters)

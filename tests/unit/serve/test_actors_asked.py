"""The actors can do what the resources ask of them."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from actors.coordinator import Coordinator
from actors.news import News
from actors.pattern_recognition import PatternRecognition
from actors.reporting import Reporting
from actors.scanner import Scanner
from serve import report
from serve.resources import catalysts, scanner, signals
from serve.sources import Service

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


SERVICES: dict[Service[Any], Any] = {
    scanner.SCANNER: Scanner,
    catalysts.NEWS: News,
    signals.PATTERN_RECOGNITION: PatternRecognition,
    signals.COORDINATOR: Coordinator,
    report.REPORTING: Reporting,
}


@pytest.mark.parametrize(("service", "actor"), SERVICES.items(), ids=lambda one: getattr(one, "name", ""))
def test_a_service_has_the_name_of_its_actor(service: Service[Any], actor: Any) -> None:
    """Ray finds it by that name."""
    assert service.name == actor.name


@pytest.mark.parametrize(("asked", "actor"), ASKED.items(), ids=lambda one: one.__name__)
def test_the_actor_has_the_methods_that_are_asked(asked: type, actor: type) -> None:
    """By name and with the same parameters: Ray calls them by name."""
    methods = {name: method for name, method in vars(asked).items() if inspect.isfunction(method) and name[0] != "_"}
    assert methods
    for name, method in methods.items():
        assert list(inspect.signature(getattr(actor, name)).parameters) == list(inspect.signature(method).parameters)

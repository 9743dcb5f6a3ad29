"""Explanations over HTTP: of which symbol, known when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from serve.api import create_app
from serve.resources import (
    explanations,
)
from tests.fakes.answering import FakePlatform
from tests.fakes.client import TOKEN, Client, client_of, problem_of


@pytest.fixture
def platform() -> FakePlatform:
    """A platform in the middle of its replay."""
    return FakePlatform()


@pytest.fixture
def client(platform: FakePlatform) -> Iterator[Client]:
    """A client with the token."""
    with client_of(create_app(platform, TOKEN)) as found:
        yield found


def test_an_explanation_is_asked_for_a_day_or_an_instant_with_its_zone(client: Client, platform: FakePlatform) -> None:
    """The reader gets what was meant; a time without a zone, a word and an impossible symbol are refused."""
    assert client.get("/v1/explanations/AAPL", params={"at": "2010-05-06"}).status_code == 200
    assert client.get("/v1/explanations/AAPL", params={"at": "2010-05-06T15:59-04:00"}).status_code == 200
    assert client.get("/v1/explanations/AAPL", params={"at": "2010-05-06", "features": "true"}).status_code == 200
    assert platform.asked == [
        (explanations.read, ("AAPL", date(2010, 5, 6), False, False)),
        (explanations.read, ("AAPL", datetime(2010, 5, 6, 19, 59, tzinfo=UTC), False, False)),
        (explanations.read, ("AAPL", date(2010, 5, 6), True, False)),
    ]
    for at in ("2010-05-06T15:59", "noon"):
        refused = problem_of(client.get("/v1/explanations/AAPL", params={"at": at}))
        assert (refused.status, "query.at" in str(refused.errors)) == (422, True)
    assert client.get("/v1/explanations/aapl!").status_code == 422

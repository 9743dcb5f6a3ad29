"""Signals over HTTP: by GET and by POST, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from serve.api import create_app
from serve.resources import (
    signals,
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


def test_unknown_is_null(client: Client) -> None:
    """A model without an opinion is null in the JSON, with the key there: X has no known events in the fake."""
    signal = client.get("/v1/signals", params={"symbols": "X"}).json()["signals"][0]
    assert signal["p_catalyst"] is None
    assert signal["strength"] is None
    assert signal["p_pattern"] > 0


def test_post_scores_each_symbol_once_in_order(client: Client, platform: FakePlatform) -> None:
    """Repeats are scored once, the order is the caller's, symbols without bars are named."""
    answer = client.post("/v1/signals", json={"symbols": ["F", "AAPL", "F", "ZZZZ"]}).json()
    assert [signal["symbol"] for signal in answer["signals"]] == ["F", "AAPL"]
    assert answer["unknown_symbols"] == ["ZZZZ"]
    assert platform.asked == [(signals.read, (["F", "AAPL", "ZZZZ"], 3))]


def test_get_with_symbols_says_the_same_as_post(client: Client) -> None:
    """The form for curl answers byte for byte what POST answers."""
    by_get = client.get("/v1/signals", params={"symbols": "AAPL,F"})
    assert by_get.content == client.post("/v1/signals", json={"symbols": ["AAPL", "F"]}).content


def test_500_symbols_are_taken(client: Client) -> None:
    """The documented most is taken by both forms."""
    symbols = [f"S{k}" for k in range(500)]
    for answer in (
        client.post("/v1/signals", json={"symbols": symbols}),
        client.get("/v1/signals", params={"symbols": ",".join(symbols)}),
    ):
        assert answer.status_code == 200
        assert len(answer.json()["unknown_symbols"]) == 500


@pytest.mark.parametrize(
    "body",
    [
        {"symbols": []},
        {"symbols": [f"S{k}" for k in range(501)]},
        {"symbols": ["aapl"]},
        {"symbols": ["AAPL; DROP TABLE bars"]},
        {"symbols": ["TOOLONGSYMBOL"]},
        {"symbols": "AAPL"},
        {"symbols": [None]},
        {"symbols": ["AAPL"], "force": True},
        {},
        ["AAPL"],
    ],
)
def test_bodies_that_do_not_fit_are_explained(client: Client, platform: FakePlatform, body: Any) -> None:
    """A body off the schema is 422, says where it is wrong, and reaches no reader."""
    answer = client.post("/v1/signals", json=body)
    assert answer.status_code == 422
    assert problem_of(answer).errors[0].startswith("body")
    assert platform.asked == []


def test_a_body_that_is_no_json_is_explained(client: Client) -> None:
    """Half a JSON text is 422 with problem details."""
    answer = client.post("/v1/signals", content=b'{"symbols": [', headers={"Content-Type": "application/json"})
    assert problem_of(answer).status == 422


def test_many_errors_are_cut_short_and_counted(client: Client) -> None:
    """500 bad symbols are explained by 20 lines and the number of the others: 500 - 20 = 480."""
    problem = problem_of(client.post("/v1/signals", json={"symbols": ["no"] * 500}))
    assert len(problem.errors) == 21
    assert problem.errors[-1] == "and 480 more"

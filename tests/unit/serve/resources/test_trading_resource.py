"""Trading over HTTP: it is suspended and resumed with the token only, and its state is told in two places."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.status import _trading
from serve.api import create_app
from serve.resources import trading
from tests.fakes.answering import FakePlatform
from tests.fakes.client import TOKEN, Client, client_of


@pytest.fixture
def client() -> Iterator[Client]:
    """A client with the token."""
    with client_of(create_app(FakePlatform(), TOKEN)) as one:
        yield one


def test_suspending_tells_the_reason_until_it_is_resumed(client: Client) -> None:
    """Suspending tells the reason until it is resumed."""
    assert client.post("/v1/trading/suspend", json={"reason": "a look at the fills"}).json()["suspended"] == (
        "a look at the fills"
    )
    assert client.get("/v1/trading").json()["suspended"] == "a look at the fills"
    assert client.post("/v1/trading/resume").json()["suspended"] is None


def test_a_body_is_not_needed_and_an_empty_or_endless_reason_is_refused(client: Client) -> None:
    """A body is not needed and an empty or endless reason is refused."""
    assert client.post("/v1/trading/suspend").json()["suspended"] == "by HTTP"
    for reason in ("", "x" * 201):
        assert client.post("/v1/trading/resume", json={"reason": reason}).status_code == 422
    assert client.get("/v1/trading").json()["suspended"] == "by HTTP"


@pytest.mark.parametrize("path", ["suspend", "resume"])
@pytest.mark.parametrize("reason", ["a\x00b", "x\n\x1b[31mred", "\u202egnp", "a\u200bb", "   "])
def test_a_reason_that_cannot_be_kept_or_shown_is_refused_in_words(client: Client, path: str, reason: str) -> None:
    """Neither a defect nor a line that a terminal obeys; the answer says that nothing was done, and why."""
    answer = client.post(f"/v1/trading/{path}", json={"reason": reason})
    assert answer.status_code == 422
    assert "nothing was done" in answer.json()["detail"]
    assert "reason" in answer.json()["errors"][0]


def test_a_reason_is_kept_without_the_blanks_around_it(client: Client) -> None:
    """Line breaks at the end are blanks, too."""
    assert client.post("/v1/trading/suspend", json={"reason": " a look\n"}).json()["suspended"] == "a look"


@pytest.mark.parametrize(
    "path",
    [
        "patterns/statistics?condition=a%00b", "patterns/statistics?condition=rsi&label=%1b[31m",
        "explanations/AAPL?at=2010-05-06%00", "explanations/AA%00PL", "signals?symbols=AAPL,%00", "news?symbol=A%0aB",
    ],
)  # fmt: skip
def test_no_text_of_any_route_takes_control_characters(client: Client, path: str) -> None:
    """Each is refused before anything is asked."""
    answer = client.get(f"/v1/{path}")
    assert answer.status_code == 422, answer.text


def test_every_text_that_comes_in_has_a_rule() -> None:
    """A parameter or a field of a body that is free text has the pattern of plain text, or a narrower one."""
    document = create_app(FakePlatform(), TOKEN).openapi()
    taken = [
        (path, parameter["name"], parameter["schema"])
        for path, operations in document["paths"].items()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
    ]
    bodies = {
        reference["$ref"].rsplit("/", 1)[-1]
        for operations in document["paths"].values()
        for operation in operations.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        for reference in [content["schema"], *content["schema"].get("anyOf", [])]
        if "$ref" in reference
    }
    taken += [
        (name, field, schema)
        for name in bodies
        for field, schema in document["components"]["schemas"][name]["properties"].items()
    ]
    free = [
        (where, name)
        for where, name, schema in taken
        for one in [schema, *schema.get("anyOf", []), schema.get("items", {})]
        if one.get("type") == "string" and not {"pattern", "enum", "format", "const"} & {*one, *schema}
    ]
    assert (len(taken) > 10, free) == (True, [])


@pytest.mark.parametrize("path", ["suspend", "resume"])
def test_without_the_token_nothing_is_changed_and_reading_does_not_change_it_either(path: str) -> None:
    """Without the token nothing is changed and reading does not change it either."""
    platform = FakePlatform()
    with client_of(create_app(platform, TOKEN), None) as stranger:
        assert stranger.post(f"/v1/trading/{path}").status_code == 401
    with client_of(create_app(platform, TOKEN)) as owner:
        assert owner.get(f"/v1/trading/{path}").status_code == 405
    assert platform.asked == []


def test_the_status_has_progress_services_and_trading_as_their_own_routes_do(client: Client) -> None:
    """The status has progress services and trading as their own routes do."""
    found = client.get("/v1/status").json()
    assert found["progress"] == client.get("/v1/progress").json()
    assert found["services"] == client.get("/v1/health").json()["state"]
    assert found["trading"] == client.get("/v1/trading").json()
    assert found["trading"]["broker"]["open_orders"] == 4


def test_the_status_line_names_trouble_and_what_arming_has_left() -> None:
    """The status line names trouble and what arming has left; nothing is said where there is no broker."""
    found = FakePlatform().answer(trading.read)
    assert found.broker is not None
    lines = dict(_trading(found))
    assert lines["trading"] == "may open positions"
    assert "4 open orders, 0 without an answer" in lines["broker"]
    assert "NOT" not in lines["broker"]
    assert lines["lookahead"] == "2026-11-20 passed: 100 values"
    away = found.broker.model_copy(update={"broker": "alpaca-live", "connected": False, "detail": "nobody answers"})
    armed = found.model_copy(
        update={"broker": away, "armed_until": away.looked_at, "limit_usd": 5_000.0, "spent_usd": 1_020.0}
    )
    line = dict(_trading(armed))["broker"]
    assert "NOT CONNECTED: nobody answers" in line
    assert "armed until 2026-11-20 21:35 UTC, $1,020.00 of $5,000.00 spent" in line
    unarmed = armed.model_copy(update={"armed_until": None, "may_open": False, "blocked": "trading is suspended: so"})
    assert dict(_trading(unarmed))["trading"] == "BLOCKED, trading is suspended: so; exits go on"
    assert "not armed" in dict(_trading(unarmed))["broker"]
    assert "broker" not in dict(_trading(FakePlatform(done=0).answer(trading.read)))

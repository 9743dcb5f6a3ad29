"""What the API answers: the readers' values unchanged, bounds, and errors as problem details."""

from __future__ import annotations

import math
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from serve.answers.portfolio import Portfolio
from serve.api import create_app
from serve.asking import Asker
from serve.edge import MAX_BODY_BYTES
from serve.resources import (
    catalysts,
    costs,
    equity,
    explanations,
    health,
    model_comparison,
    model_monitoring,
    models,
    news,
    orders,
    pattern_statistics,
    patterns,
    performance,
    portfolio,
    positions,
    progress,
    regime,
    reports,
    scanner,
    signals,
    storage,
    trades,
    trading,
)
from serve.schema import Estimate
from tests.fakes.answering import FakePlatform
from tests.fakes.client import TOKEN, Client, client_of, problem_of
from tests.fakes.replay import Replay
from trading.errors import BadDataError, ModelError, UnavailableError

QUESTIONS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "/v1/signals": (signals.read, (None, 100)),
    "/v1/scanner": (scanner.read, (100,)),
    "/v1/regime": (regime.read, (None,)),
    "/v1/explanations/{symbol}": (explanations.read, ("AAPL", None, False)),
    "/v1/patterns": (patterns.read, (200,)),
    "/v1/patterns/statistics": (pattern_statistics.read, ("all", None, 200)),
    "/v1/catalysts": (catalysts.read, (100,)),
    "/v1/news": (news.read, (None, 20)),
    "/v1/portfolio": (portfolio.read, ()),
    "/v1/positions": (positions.read, (None, 100)),
    "/v1/orders": (orders.read, (None, 100)),
    "/v1/trades": (trades.read, (None, 100)),
    "/v1/performance": (performance.read, ()),
    "/v1/equity": (equity.read, ()),
    "/v1/models": (models.read, ()),
    "/v1/models/compare": (model_comparison.read, (None,)),
    "/v1/models/monitoring": (model_monitoring.read, ()),
    "/v1/progress": (progress.read, ()),
    "/v1/health": (health.read, ()),
    "/v1/storage": (storage.read, ()),
    "/v1/costs": (costs.read, ()),
    "/v1/reports": (reports.read_list, ()),
    "/v1/trading": (trading.read, ()),
}
"""Path -> its reader and the arguments it gets when nothing is asked for. `_asked` fills in path parameters."""
BESIDE = {
    "/v1/stream", "/healthz", "/v1/reports/{name}", "/v1/status", "/v1/trading/suspend", "/v1/trading/resume",
    *(f"/v1/models/{{ensemble_id}}/{change}" for change in ("promote", "rollback", "retire")),
}  # fmt: skip
"""Paths that answer something else than one question."""


@pytest.fixture
def platform() -> FakePlatform:
    """A platform in the middle of its replay."""
    return FakePlatform()


@pytest.fixture
def client(platform: FakePlatform) -> Iterator[Client]:
    """A client with the token."""
    with client_of(create_app(platform, TOKEN)) as found:
        yield found


def _asked(path: str) -> str:
    return path.replace("{symbol}", "AAPL")


@pytest.mark.parametrize("path", QUESTIONS)
def test_an_answer_is_what_the_reader_said(client: Client, path: str) -> None:
    """Each route passes its reader's answer on without adding, dropping or rounding anything."""
    reader, arguments = QUESTIONS[path]
    said = FakePlatform().answer(reader, *arguments)
    answer = client.get(_asked(path))
    assert answer.status_code == 200, answer.text
    assert answer.json() == said.model_dump(mode="json")


@pytest.mark.parametrize("path", QUESTIONS)
def test_a_platform_that_just_started_answers_too(path: str) -> None:
    """Before the first session every route answers 200 with empty lists and nulls."""
    with client_of(create_app(FakePlatform(done=0), TOKEN)) as client:
        assert client.get(_asked(path)).status_code == 200


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_schemas_refuse_what_is_no_number(value: float) -> None:
    """NaN and infinity can't get into an answer."""
    with pytest.raises(ValidationError):
        Estimate(value=value)


@pytest.mark.parametrize(
    "query",
    [
        "/v1/trades?limit=0",
        "/v1/trades?limit=501",
        "/v1/trades?limit=x",
        "/v1/trades?limit=1e9",
        "/v1/positions?book=me",
        "/v1/signals?symbols=",
        "/v1/signals?symbols=AAPL,,F",
        "/v1/signals?symbols=aapl",
        f"/v1/signals?symbols={'A' * 6000}",
    ],
)
def test_queries_out_of_bounds_are_explained(client: Client, platform: FakePlatform, query: str) -> None:
    """A query outside its bounds is 422, says which parameter, and reaches no reader."""
    assert problem_of(client.get(query)).errors[0].startswith("query")
    assert platform.asked == []


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_refused(client: Client, platform: FakePlatform, declared: bool) -> None:  # noqa: FBT001
    """A body over the limit is 413, whether its length is declared or it comes in pieces."""
    body = b'{"symbols": ["' + b"A" * MAX_BODY_BYTES + b'"]}'

    async def pieces() -> AsyncIterator[bytes]:
        yield body[:1000]
        yield body[1000:]

    content = body if declared else pieces()
    answer = client.post("/v1/signals", content=content, headers={"Content-Type": "application/json"})
    assert problem_of(answer).status == 413
    assert platform.asked == []


def test_limits_and_books_reach_the_reader(client: Client, platform: FakePlatform) -> None:
    """The caller's limit and account are what the reader is asked for."""
    rows = client.get("/v1/trades", params={"book": "rule", "limit": 3}).json()["trades"]
    assert platform.asked == [(trades.read, ("rule", 3))]
    assert [row["book"] for row in rows] == ["rule"] * 3


def test_unknown_addresses_and_methods_are_problems(client: Client) -> None:
    """404 points at the reference and 405 says what is allowed."""
    assert "/docs" in problem_of(client.get("/v1/nope")).detail
    answer = client.ask("DELETE", "/v1/portfolio")
    assert problem_of(answer).status == 405
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("error", [UnavailableError("The database is away."), ModelError("No model yet.")])
def test_an_unavailable_platform_is_503(client: Client, platform: FakePlatform, error: Exception) -> None:
    """What may pass is 503 with the reason and when to try again, and passes."""
    platform.failing[portfolio.read] = error
    answer = client.get("/v1/portfolio")
    assert problem_of(answer).detail == str(error)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    platform.failing.clear()
    assert client.get("/v1/portfolio").status_code == 200


@pytest.mark.parametrize("error", [KeyError("secret=hunter2"), BadDataError("secret=hunter2"), TypeError("secret")])
def test_a_defect_is_500_without_its_text(client: Client, platform: FakePlatform, error: Exception) -> None:
    """A defect is 500 that says nothing of the inside, with the security headers, and the next request works."""
    platform.failing[portfolio.read] = error
    answer = client.get("/v1/portfolio")
    assert problem_of(answer).status == 500
    assert "secret" not in answer.text
    assert "content-security-policy" in answer.headers
    platform.failing.clear()
    assert client.get("/v1/portfolio").status_code == 200


class Hanging:
    """A portfolio that is read until `release` is set."""

    def __init__(self) -> None:
        self.release = threading.Event()

    def read(self, _replay: Replay) -> Portfolio:
        """The prepared portfolio, once released."""
        assert self.release.wait(30), "the test never released the reader"
        return FakePlatform().answer(portfolio.read)


def hung(hanging: Hanging) -> FakePlatform:
    """A platform whose portfolio hangs."""
    return FakePlatform(answers={portfolio.read: hanging.read})


def test_a_reader_that_hangs_costs_a_thread_and_a_503() -> None:
    """A hanging question is 503 after its time; with a second thread the other questions are answered meanwhile."""
    hanging = Hanging()
    app = create_app(hung(hanging), TOKEN, asker=Asker(threads=2, timeout_s=1.0))
    with client_of(app) as client:
        try:
            assert problem_of(client.get("/v1/portfolio")).status == 503
            assert client.get("/v1/health").status_code == 200
        finally:
            hanging.release.set()


def test_hanging_questions_take_no_more_than_their_threads() -> None:
    """With the only thread hung every further question is 503 too, and all is well when it comes back."""
    hanging = Hanging()
    platform = hung(hanging)
    app = create_app(platform, TOKEN, asker=Asker(threads=1, timeout_s=0.2))
    with client_of(app) as client:
        try:
            assert client.get("/v1/portfolio").status_code == 503
            assert client.get("/v1/health").status_code == 503
            assert platform.asked == [(portfolio.read, ())]
        finally:
            hanging.release.set()
        for _ in range(50):
            if client.get("/v1/health").status_code == 200:
                return
        pytest.fail("the thread did not come back")


def test_the_reference_describes_every_route_and_its_errors(client: Client) -> None:
    """/openapi.json names each route's answer, its errors as problem details, and the token."""
    document = client.get("/openapi.json").json()
    assert set(QUESTIONS) | BESIDE == set(document["paths"])
    for path in QUESTIONS:
        operation = document["paths"][path]["get"]
        assert operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        for status in ("401", "422", "503"):
            assert "application/problem+json" in operation["responses"][status]["content"], (path, status)
        assert operation["security"] == [{"HTTPBearer": []}]
    assert "Problem" in document["components"]["schemas"]


def test_every_field_of_every_answer_that_is_a_number_is_described(client: Client) -> None:
    """No float in the reference stands without a description or a unit in its name."""
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    bare = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, what in schema.get("properties", {}).items()
        if "number" in str(what) and "description" not in what and not field.endswith("_usd") and "examples" not in what
    ]
    # the benchmark's three measures carry the descriptions of the accounts' measures of the same name
    assert bare == ["Benchmark.total_return", "Benchmark.sharpe", "Benchmark.max_drawdown"]

"""What the API answers: the backend's values unchanged, bounds, and errors as problem details."""

import math
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from serve import answers
from serve.api import create_app
from serve.asking import Asker
from serve.edge import MAX_BODY_BYTES
from serve.schemas import Estimate, Portfolio, Problem
from tests.fakes.backend import FakeBackend
from tests.fakes.client import TOKEN, Client, client_of
from trading.errors import BadDataError, ModelError, UnavailableError
from trading.market.regimes import Regime

QUESTIONS = {
    "/v1/signals": "signals",
    "/v1/portfolio": "portfolio",
    "/v1/positions": "positions",
    "/v1/orders": "orders",
    "/v1/trades": "trades",
    "/v1/scanner": "scanner",
    "/v1/models": "models",
    "/v1/performance": "performance",
    "/v1/equity": "equity_curves",
    "/v1/patterns": "patterns",
    "/v1/patterns/statistics": "pattern_statistics",
    "/v1/catalysts": "catalysts",
    "/v1/regime": "regime",
    "/v1/news": "news",
    "/v1/health": "health",
    "/v1/progress": "progress",
    "/v1/storage": "storage",
    "/v1/costs": "costs",
    "/v1/trading": "trading",
    "/v1/explanations/{symbol}": "explanation",
}
"""Path parameters are filled in by `_asked`."""
BESIDE = {"/v1/stream", "/healthz", "/v1/status", "/v1/trading/suspend", "/v1/trading/resume"}
"""Paths that answer something else than one question."""
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "signals": (None, 100),
    "positions": (None, 100),
    "orders": (None, 100),
    "trades": (None, 100),
    "scanner": (100,),
    "patterns": (200,),
    "pattern_statistics": ("all", None, 200),
    "catalysts": (100,),
    "regime": (None,),
    "news": (None, 20),
    "explanation": ("AAPL", None),
}


@pytest.fixture
def backend() -> FakeBackend:
    """A platform in the middle of its replay."""
    return FakeBackend()


@pytest.fixture
def client(backend: FakeBackend) -> Iterator[Client]:
    """A client with the token."""
    with client_of(create_app(backend, TOKEN)) as found:
        yield found


def problem_of(answer: Any) -> Problem:
    """The problem details of an answer, checked against their schema."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate_json(answer.content)
    assert problem.status == answer.status_code
    return problem


def _asked(path: str) -> str:
    return path.replace("{symbol}", "AAPL")


@pytest.mark.parametrize(("path", "question"), QUESTIONS.items())
def test_an_answer_is_what_the_backend_said(client: Client, path: str, question: str) -> None:
    """Each route passes the backend's answer on without adding, dropping or rounding anything."""
    said = getattr(FakeBackend(), question)(*ARGUMENTS.get(question, ()))
    answer = client.get(_asked(path))
    assert answer.status_code == 200, answer.text
    assert answer.json() == said.model_dump(mode="json")


@pytest.mark.parametrize(("path", "question"), QUESTIONS.items())
def test_a_platform_that_just_started_answers_too(path: str, question: str) -> None:
    """Before the first session every route answers 200 with empty lists and nulls."""
    with client_of(create_app(FakeBackend(done=0), TOKEN)) as client:
        assert client.get(_asked(path)).status_code == 200, question


def test_unknown_is_null(client: Client) -> None:
    """A model without an opinion is null in the JSON, with the key there: X has no known events in the fake."""
    signal = client.get("/v1/signals", params={"symbols": "X"}).json()["signals"][0]
    assert signal["p_catalyst"] is None
    assert signal["strength"] is None
    assert signal["p_pattern"] > 0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_schemas_refuse_what_is_no_number(value: float) -> None:
    """NaN and infinity can't get into an answer."""
    with pytest.raises(ValidationError):
        Estimate(value=value)


def test_post_scores_each_symbol_once_in_order(client: Client, backend: FakeBackend) -> None:
    """Repeats are scored once, the order is the caller's, symbols without bars are named."""
    answer = client.post("/v1/signals", json={"symbols": ["F", "AAPL", "F", "ZZZZ"]}).json()
    assert [signal["symbol"] for signal in answer["signals"]] == ["F", "AAPL"]
    assert answer["unknown_symbols"] == ["ZZZZ"]
    assert backend.asked == [("signals", (["F", "AAPL", "ZZZZ"], 3))]


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
def test_bodies_that_do_not_fit_are_explained(client: Client, backend: FakeBackend, body: Any) -> None:
    """A body off the schema is 422, says where it is wrong, and reaches no backend."""
    answer = client.post("/v1/signals", json=body)
    assert answer.status_code == 422
    assert problem_of(answer).errors[0].startswith("body")
    assert backend.asked == []


def test_a_body_that_is_no_json_is_explained(client: Client) -> None:
    """Half a JSON text is 422 with problem details."""
    answer = client.post("/v1/signals", content=b'{"symbols": [', headers={"Content-Type": "application/json"})
    assert problem_of(answer).status == 422


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
def test_queries_out_of_bounds_are_explained(client: Client, backend: FakeBackend, query: str) -> None:
    """A query outside its bounds is 422, says which parameter, and reaches no backend."""
    assert problem_of(client.get(query)).errors[0].startswith("query")
    assert backend.asked == []


def test_many_errors_are_cut_short_and_counted(client: Client) -> None:
    """500 bad symbols are explained by 20 lines and the number of the others: 500 - 20 = 480."""
    problem = problem_of(client.post("/v1/signals", json={"symbols": ["no"] * 500}))
    assert len(problem.errors) == 21
    assert problem.errors[-1] == "and 480 more"


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_refused(client: Client, backend: FakeBackend, declared: bool) -> None:  # noqa: FBT001
    """A body over the limit is 413, whether its length is declared or it comes in pieces."""
    body = b'{"symbols": ["' + b"A" * MAX_BODY_BYTES + b'"]}'

    async def pieces() -> AsyncIterator[bytes]:
        yield body[:1000]
        yield body[1000:]

    content = body if declared else pieces()
    answer = client.post("/v1/signals", content=content, headers={"Content-Type": "application/json"})
    assert problem_of(answer).status == 413
    assert backend.asked == []


def test_limits_and_books_reach_the_backend(client: Client, backend: FakeBackend) -> None:
    """The caller's limit and account are what the backend is asked for."""
    rows = client.get("/v1/trades", params={"book": "rule", "limit": 3}).json()["trades"]
    assert backend.asked == [("trades", ("rule", 3))]
    assert [row["book"] for row in rows] == ["rule"] * 3


def test_unknown_addresses_and_methods_are_problems(client: Client) -> None:
    """404 points at the reference and 405 says what is allowed."""
    assert "/docs" in problem_of(client.get("/v1/nope")).detail
    answer = client.ask("DELETE", "/v1/portfolio")
    assert problem_of(answer).status == 405
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("error", [UnavailableError("The database is away."), ModelError("No model yet.")])
def test_an_unavailable_platform_is_503(client: Client, backend: FakeBackend, error: Exception) -> None:
    """What may pass is 503 with the reason and when to try again, and passes."""
    backend.failing["portfolio"] = error
    answer = client.get("/v1/portfolio")
    assert problem_of(answer).detail == str(error)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    backend.failing.clear()
    assert client.get("/v1/portfolio").status_code == 200


@pytest.mark.parametrize("error", [KeyError("secret=hunter2"), BadDataError("secret=hunter2"), TypeError("secret")])
def test_a_defect_is_500_without_its_text(client: Client, backend: FakeBackend, error: Exception) -> None:
    """A defect is 500 that says nothing of the inside, with the security headers, and the next request works."""
    backend.failing["portfolio"] = error
    answer = client.get("/v1/portfolio")
    assert problem_of(answer).status == 500
    assert "secret" not in answer.text
    assert "content-security-policy" in answer.headers
    backend.failing.clear()
    assert client.get("/v1/portfolio").status_code == 200


class Hanging(FakeBackend):
    """A backend whose portfolio hangs until `release` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()

    def portfolio(self) -> Portfolio:
        assert self.release.wait(30), "the test never released the backend"
        return super().portfolio()


def test_a_backend_that_hangs_costs_a_thread_and_a_503() -> None:
    """A hanging question is 503 after its time; with a second thread the other questions are answered meanwhile."""
    backend = Hanging()
    app = create_app(backend, TOKEN, asker=Asker(threads=2, timeout_s=1.0))
    with client_of(app) as client:
        try:
            assert problem_of(client.get("/v1/portfolio")).status == 503
            assert client.get("/v1/health").status_code == 200
        finally:
            backend.release.set()


def test_hanging_questions_take_no_more_than_their_threads() -> None:
    """With the only thread hung every further question is 503 too, and all is well when it comes back."""
    backend = Hanging()
    app = create_app(backend, TOKEN, asker=Asker(threads=1, timeout_s=0.2))
    with client_of(app) as client:
        try:
            assert client.get("/v1/portfolio").status_code == 503
            assert client.get("/v1/health").status_code == 503
            assert [name for name, _ in backend.asked] == []
        finally:
            backend.release.set()
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


def test_a_regime_of_a_session_can_be_asked_for(client: Client, backend: FakeBackend) -> None:
    """The session is passed on as a day, one without a regime is all nulls, and what is no day is refused."""
    last = client.get("/v1/regime").json()["session"]
    assert client.get(f"/v1/regime?session={last}").json()["trend"] == "bull"
    assert backend.asked[-1] == ("regime", (date.fromisoformat(last),))
    none = client.get("/v1/regime?session=1999-01-04").json()
    assert {none["session"], none["words"], none["trend"], none["volatility_points"]} == {None}
    assert client.get("/v1/regime?session=yesterday").status_code == 422


def test_the_answer_is_the_regime_on_record() -> None:
    """Every field of the record is in the answer under its own name; no record is nulls and empty lists."""
    found = Regime(
        date(2010, 5, 6), "bear", "low", "VIX", "technical", ("Energy",), ("Utilities",), "a bear market",
        volatility_points=24.91, catalyst_share=0.25, sector_dispersion=0.02,
    )  # fmt: skip
    told = answers.regime(found).model_dump()
    assert told == {**asdict(found), "leaders": ["Energy"], "laggards": ["Utilities"]}
    unknown = answers.regime(None).model_dump()
    assert set(unknown) == set(told)
    assert [value for value in unknown.values() if value] == []


def test_an_explanation_is_asked_for_a_day_or_an_instant_with_its_zone(client: Client, backend: FakeBackend) -> None:
    """The backend gets what was meant; a time without a zone, a word and an impossible symbol are refused."""
    assert client.get("/v1/explanations/AAPL", params={"at": "2010-05-06"}).status_code == 200
    assert client.get("/v1/explanations/AAPL", params={"at": "2010-05-06T15:59-04:00"}).status_code == 200
    assert backend.asked == [
        ("explanation", ("AAPL", date(2010, 5, 6))),
        ("explanation", ("AAPL", datetime(2010, 5, 6, 19, 59, tzinfo=UTC))),
    ]
    for at in ("2010-05-06T15:59", "noon"):
        refused = problem_of(client.get("/v1/explanations/AAPL", params={"at": at}))
        assert (refused.status, "query.at" in str(refused.errors)) == (422, True)
    assert client.get("/v1/explanations/aapl!").status_code == 422

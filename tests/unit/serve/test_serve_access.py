"""Who may ask: the token, and what a refused client learns."""

import re
from collections.abc import Iterator

import pytest

from serve.api import create_app
from tests.fakes.answering import FakePlatform
from tests.fakes.client import TOKEN, Client, client_of
from trading.errors import ConfigurationError

PATHS = sorted(set(create_app(FakePlatform(), TOKEN).openapi()["paths"]) - {"/healthz"})


@pytest.fixture
def platform() -> FakePlatform:
    """A platform in the middle of its replay."""
    return FakePlatform()


@pytest.fixture
def stranger(platform: FakePlatform) -> Iterator[Client]:
    """A client without a token."""
    with client_of(create_app(platform, TOKEN), token=None) as client:
        yield client


def test_there_are_routes_to_protect() -> None:
    """The list that the next test walks holds the whole interface of the issue."""
    wanted = {"signals", "portfolio", "trades", "scanner", "health", "positions", "orders", "models", "performance"}
    assert {f"/v1/{name}" for name in wanted} <= set(PATHS)


@pytest.mark.parametrize(
    "path", [*PATHS, "/v1", "/v1/nope", "/nope", "/healthz%2f..%2fv1/portfolio", "//v1/portfolio", "/metrics"]
)
def test_nothing_answers_without_the_token(stranger: Client, platform: FakePlatform, path: str) -> None:
    """Without the token every path is 401 with a challenge, whether it exists or not, and no reader is asked."""
    answer = stranger.get(f"http://inplay.test{path}")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert platform.asked == []


@pytest.mark.parametrize(
    "header",
    [
        "Bearer wrong-horse-battery-staple",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer caf\xe9",
        f"Bearer {TOKEN} {TOKEN}",
    ],
)
def test_a_wrong_token_is_refused(stranger: Client, platform: FakePlatform, header: str) -> None:
    """Anything but `Bearer` and exactly the token is 401 and names the token as invalid."""
    answer = stranger.get("/v1/portfolio", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert platform.asked == []


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER  {TOKEN}"])
def test_the_token_opens(stranger: Client, header: str) -> None:
    """The token opens; the word Bearer is matched without regard to case (RFC 9110, section 11.1)."""
    assert stranger.get("/v1/portfolio", headers={"Authorization": header}).status_code == 200


def test_a_broken_body_without_token_is_still_401(stranger: Client) -> None:
    """The gate stands before the parser: a stranger never learns what a body should look like."""
    assert stranger.post("/v1/signals", content=b"{", headers={"Content-Type": "application/json"}).status_code == 401


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/healthz", "/static/app.js", "/static/style.css"])
def test_open_paths_hold_no_data(stranger: Client, platform: FakePlatform, path: str) -> None:
    """The page, the reference and the probe open without the token and without asking a reader."""
    assert stranger.get(path).status_code == 200
    assert platform.asked == []


def test_the_token_is_in_nothing_that_is_open(stranger: Client) -> None:
    """No open answer and no refusal repeats the token."""
    for path in ("/", "/docs", "/openapi.json", "/healthz", "/v1/portfolio"):
        assert TOKEN not in stranger.get(path).text


def test_a_short_token_is_refused_at_start() -> None:
    """A token that can be guessed stops the start with a text that says what to do."""
    with pytest.raises(ConfigurationError, match="at least 16"):
        create_app(FakePlatform(), "x" * 15)


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/v1/portfolio", "/nope", "/static/nope.js"])
def test_every_answer_carries_the_security_headers(stranger: Client, path: str) -> None:
    """Answers and refusals alike forbid framing, sniffing, other hosts and inline scripts; no origin is let in."""
    headers = stranger.get(path, headers={"Origin": "https://evil.example"}).headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'self';", policy)
    assert "http:" not in policy
    assert "https:" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


def test_a_preflight_from_another_origin_gets_nothing(stranger: Client) -> None:
    """A browser on another page can't make the user's browser ask."""
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    answer = stranger.ask("OPTIONS", "/v1/portfolio", headers=headers)
    assert answer.status_code == 401
    assert "access-control-allow-origin" not in answer.headers


def test_answers_are_not_kept_by_caches(stranger: Client) -> None:
    """What needs the token is never stored by a cache between."""
    answer = stranger.get("/v1/portfolio", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.headers["cache-control"] == "no-store"


def test_files_outside_the_page_folder_are_out_of_reach(stranger: Client) -> None:
    """No path under /static leads out of its folder."""
    for path in (
        "/static/../index.html",
        "/static/%2e%2e/%2e%2e/api.py",
        "/static/..%2f..%2fapi.py",
        "/static//etc/passwd",
    ):
        answer = stranger.get(f"http://inplay.test{path}")
        assert answer.status_code in {401, 404}, path
        assert "import" not in answer.text

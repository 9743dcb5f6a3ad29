"""The API and the scoring on a real local Ray Serve."""

import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
import ray
from ray import serve as ray_serve
from ray.exceptions import RayError

from serve.app import APP_NAME, build_app, serve_down, serve_up
from serve.connections import CALLBACK, MOST_WAITING
from serve.resources import portfolio
from tests.fakes.answering import FakePlatform
from tests.fakes.client import TOKEN
from tests.fakes.eventually import eventually
from tests.fakes.scoring import VERSIONS, Means, ScoringPlatform

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a running application."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ.update(CALLBACK)  # as a run does, before its Ray starts
    ray.init(
        address="local", num_cpus=2, include_dashboard=False, object_store_memory=100_000_000, logging_level="ERROR"
    )
    try:
        yield serve_up(build_app(ScoringPlatform, Means, TOKEN), port=port)
        serve_down()
    finally:
        ray.shutdown()
        for name in CALLBACK:
            os.environ.pop(name, None)


def get(url: str, path: str, **options: Any) -> httpx.Response:
    """The answer to a client with the token."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.get(url + path, headers=headers, timeout=30, trust_env=False, **options)


def test_the_application_answers_over_http(url: str) -> None:
    """With the token the reader's answer comes over a real socket, without it 401, and the page is there."""
    assert get(url, "/v1/portfolio").json() == FakePlatform().answer(portfolio.read).model_dump(mode="json")
    assert httpx.get(f"{url}/v1/portfolio", trust_env=False).status_code == 401
    assert "<title>inplay</title>" in httpx.get(url, trust_env=False).text


def test_strangers_with_half_their_headers_keep_nobody_out(url: str) -> None:
    """Twice as many as may wait, without a token: the first are closed, and a client is answered meanwhile."""
    port = int(url.rsplit(":", 1)[1])
    held = []
    for _ in range(2 * MOST_WAITING):
        stranger = socket.create_connection(("127.0.0.1", port), timeout=30)
        stranger.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ")
        held.append(stranger)
    assert get(url, "/v1/portfolio").status_code == 200
    assert held[0].recv(10) == b""
    for stranger in held:
        stranger.close()


def test_events_stream_through_serve(url: str) -> None:
    """The first event arrives while the stream is still open."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.stream("GET", f"{url}/v1/stream", headers=headers, timeout=30, trust_env=False) as answer:
        assert next(answer.iter_lines()) == "event: progress"


def test_the_same_features_give_the_same_bytes_before_and_after_a_kill(url: str) -> None:
    """A replica killed with -9 comes back in another process, scores the same bytes, and the API recovers by itself."""
    ensemble = ray_serve.get_deployment_handle("Ensemble", APP_NAME)
    features = np.random.default_rng(7).random((500, 90), dtype=np.float32)
    before = ensemble.score.remote(features, VERSIONS).result(timeout_s=30).tobytes()
    assert before == features.mean(axis=1).tobytes()
    pid = ensemble.pid.remote().result(timeout_s=30)
    os.kill(pid, signal.SIGKILL)

    def restarted() -> bool:
        try:
            return bool(ensemble.pid.remote().result(timeout_s=5) != pid)
        except (RayError, TimeoutError):
            return False

    eventually(restarted, what="the replica's restart", timeout_s=60)
    assert ensemble.score.remote(features, VERSIONS).result(timeout_s=30).tobytes() == before
    eventually(lambda: get(url, "/v1/signals?symbols=AAPL").status_code == 200, what="signals", timeout_s=60)
